/** The bytes of data files, inflated where they are gzip. Knows nothing of what the bytes mean. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, type Gunzip } from "node:zlib";
import { ioProblem } from "../../support/files.ts";
import { stdinPath } from "./files.ts";
import { dataError } from "./problems.ts";
import { peek, withoutUtf16 } from "./utf16.ts";

/** Bytes read or inflated at a time: large enough that a call costs nothing. */
const chunkBytes = 2 ** 20;

/** Inflated bytes that no bomb check questions, and how many times its own size a file may inflate to above. */
const freeBytes = 2 ** 30;
const largestRatio = 200;

/** The bytes of a file: inflated if it is gzip, as UTF-8 if it is UTF-16. Throws UserError: io, data if damaged. */
export async function* readFileBytes(
  file: string,
  /** Told, before the first bytes come, whether they are inflated ones. */
  onKind?: (isGzip: boolean) => void,
): AsyncGenerator<Uint8Array> {
  if (file === stdinPath) {
    yield* inflated(heldStdin(), "stdin", { onKind });
    return;
  }
  const size = await fileSize(file);
  if (size === 0) throw dataError({ file, message: "the file is empty" });
  yield* inflated(fileChunks(file), file, { mustBeGzip: file.endsWith(".gz"), onKind });
}

/** Size in bytes, or null for a pipe or a device. Throws UserError(io) for a directory or no file at all. */
export async function fileSize(file: string): Promise<number | null> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) throw Object.assign(new Error("EISDIR"), { code: "EISDIR" });
    return stats.isFile() ? stats.size : null;
  } catch (error) {
    throw ioProblem(error, file, "read");
  }
}

interface InflateOptions {
  readonly mustBeGzip?: boolean;
  readonly onKind?: ((isGzip: boolean) => void) | undefined;
}

/**
 * The bytes of a stream, inflated if they start as gzip does, as UTF-8 if they start as UTF-16 does. Throws
 * UserError(data) for what is damaged.
 */
export function inflated(
  source: AsyncIterable<Uint8Array>,
  file: string | undefined,
  options: InflateOptions = {},
): AsyncGenerator<Uint8Array> {
  return withoutUtf16(gunzipped(source, file, options), file);
}

async function* gunzipped(
  source: AsyncIterable<Uint8Array>,
  file: string | undefined,
  options: InflateOptions,
): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const { start, rest } = await peek(chunks);
  const isGzip = start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b;
  options.onKind?.(isGzip);
  if (isGzip) {
    yield* gunzip(start, rest, file);
    return;
  }
  if (options.mustBeGzip && start.length > 0) {
    throw dataError({ file, message: "not gzip data", expected: "gzip, as the name ends in .gz" });
  }
  if (start.length > 0) yield start;
  yield* rest;
}

let held: Promise<readonly Uint8Array[]> | null = null;

/** All of stdin, kept: a table may be read twice, before and after it is known which columns hold texts. */
async function* heldStdin(): AsyncGenerator<Uint8Array> {
  held ??= (async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of fileChunks("/dev/stdin", 0)) chunks.push(chunk);
    return chunks;
  })();
  yield* await held;
}

async function* fileChunks(file: string, fd?: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: chunkBytes, ...(fd === undefined ? {} : { fd }) });
  } catch (error) {
    throw ioProblem(error, file, "read");
  }
}

async function* gunzip(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  file: string | undefined,
): AsyncGenerator<Uint8Array> {
  let fed = 0;
  async function* compressed() {
    fed += start.length;
    yield start;
    for await (const chunk of rest) {
      fed += chunk.length;
      yield chunk;
    }
  }
  const inflate = createGunzip({ chunkSize: chunkBytes });
  // Inflation runs on another thread, one chunk ahead of whoever reads.
  const done = pipeline(Readable.from(compressed(), { objectMode: true }), inflate);
  done.catch(() => {}); // told by the loop below, which fails with the same error
  let inflatedBytes = 0;
  try {
    for await (const chunk of inflate) {
      inflatedBytes += chunk.length;
      if (inflatedBytes > freeBytes && inflatedBytes > largestRatio * fed) {
        throw dataError({
          file,
          message: `inflates to more than ${largestRatio} times its size`,
          expected: "data, not a decompression bomb",
        });
      }
      yield chunk;
    }
  } catch (error) {
    throw gzipProblem(error, file);
  }
  if (consumed(inflate) < fed) {
    throw dataError({ file, message: "bytes that are not gzip follow the gzip data" });
  }
}

function consumed(inflate: Gunzip): number {
  return inflate.bytesWritten;
}

/** zlib's faults as sentences; any other error stays as it is. */
function gzipProblem(error: unknown, file: string | undefined): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === "Z_BUF_ERROR") return dataError({ file, message: "the gzip data is cut short" }, error);
  if (code?.startsWith("Z_")) {
    return dataError({ file, message: `the gzip data is damaged (${(error as Error).message})` }, error);
  }
  return error;
}
