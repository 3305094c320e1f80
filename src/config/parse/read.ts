/** A spec file's bytes → its text; refuses what cannot be a spec before anything is parsed. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { exitCodes, UserError } from "../../support/errors.ts";
import { ioProblem } from "../../support/files.ts";

/** A spec has a few hundred bytes; what takes the parser's time is bounded in yaml.ts. */
const mostBytes = 512 * 1024;

/** @throws UserError `io` when the file cannot be read, `usage` when it is not a text or too large. */
export function readSpecFile(file: string): string {
  const bytes = readUpTo(file, mostBytes + 1);
  if (bytes.length > mostBytes) {
    throw wrong(file, "larger than 512 kB", "a spec: is this a data or model file?");
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw wrong(file, "encoded as UTF-16", "UTF-8");
  }
  const text = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .replace(/\r(?!\n)/g, "\n");
  const bad = text.search(/[\0\uFFFD]/);
  if (bad >= 0 && (text[bad] === "\0" || !isUtf8(bytes))) {
    const before = text.slice(0, bad).split("\n");
    const message = text[bad] === "\0" ? "a byte 0" : "bytes that are not UTF-8";
    const place = { line: before.length, column: before.at(-1)!.length + 1 };
    throw new UserError(exitCodes.usage, {
      file,
      ...place,
      message,
      expected: "a text file in UTF-8",
    });
  }
  return text;
}

/** What may have been meant by a name that is no spec's. */
function withHint(error: unknown, file: string): unknown {
  const spec = join(file, "spec.yaml");
  const hint =
    file === "-"
      ? 'a spec is a file; /dev/stdin is one, too, and data.path: "-" reads rows from stdin'
      : existsSync(spec)
        ? `a run's spec is in its directory: ${spec}`
        : null;
  if (!(error instanceof UserError) || hint === null) return error;
  return new UserError(error.exitCode, { ...error.problems[0]!, hint }, { cause: error });
}

const wrong = (file: string, message: string, expected: string) =>
  new UserError(exitCodes.usage, { file, message, expected });

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8"), "utf8").equals(bytes);
}

/** Never more than `limit` bytes, also of a device or pipe that has no end. */
function readUpTo(file: string, limit: number): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const buffer = Buffer.alloc(limit);
    let length = 0;
    for (let read = -1; read !== 0 && length < limit; length += read) {
      read = readSync(descriptor, buffer, length, limit - length, null);
    }
    return buffer.subarray(0, length);
  } catch (error) {
    throw withHint(ioProblem(error, file, "read"), file);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
