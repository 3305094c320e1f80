/** The bytes of data files, inflated where they are packed. Knows nothing of what the bytes mean. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ioProblem } from "../../support/files.ts";
import { stdinPath } from "./files.ts";
import { dataError } from "./problems.ts";
import { type Packing, packingNamed, packingOf, unpackers } from "./unpack.ts";
import { peek, withoutUtf16 } from "./utf16.ts";

/** Bytes read or inflated at a time: large enough that a call costs nothing. */
const chunkBytes = 2 ** 20;

/** The bytes of a file: inflated if it is packed, as UTF-8 if it is UTF-16. Throws UserError: io, data if damaged. */
export async function* readFileBytes(
  file: string,
  /** Told, before the first bytes come, whether they are inflated ones. */
  onKind?: (isPacked: boolean) => void,
): AsyncGenerator<Uint8Array> {
  if (file === stdinPath) {
    yield* inflated(heldStdin(), "stdin", { onKind });
    return;
  }
  const size = await fileSize(file);
  if (size === 0) throw dataError({ file, message: "the file is empty" });
  yield* inflated(fileChunks(file), file, { named: packingNamed(file), onKind });
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
  /** What the file's name promises. */
  readonly named?: Packing | null;
  readonly onKind?: ((isPacked: boolean) => void) | undefined;
}

/**
 * The bytes of a stream, inflated if they start as gzip or zstd does, as UTF-8 if they start as UTF-16 does. Throws
 * UserError(data) for what is damaged.
 */
export function inflated(
  source: AsyncIterable<Uint8Array>,
  file: string | undefined,
  options: InflateOptions = {},
): AsyncGenerator<Uint8Array> {
  return withoutUtf16(unpacked(source, file, options), file);
}

async function* unpacked(
  source: AsyncIterable<Uint8Array>,
  file: string | undefined,
  options: InflateOptions,
): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const { start, rest } = await peek(chunks);
  const { named = null } = options;
  const packing = packingOf(start);
  options.onKind?.(packing !== null);
  if (packing) {
    yield* unpackers[packing](start, rest, file);
    return;
  }
  if (named && start.length > 0)
    throw dataError({ file, message: `not ${named} data`, expected: `${named}, as the name says` });
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
