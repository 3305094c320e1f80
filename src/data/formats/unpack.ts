/** What files may be packed with, one row each: told by their first bytes, unpacked as a stream. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, type Gunzip } from "node:zlib";
import { Decompress, type ZstdError, ZstdErrorCode } from "fzstd";
import { dataError } from "./problems.ts";

/** Bytes inflated at a time: large enough that a call costs nothing. */
const chunkBytes = 2 ** 20;

/** Inflated bytes that no bomb check questions, and how many times its own size a file may inflate to above. */
const freeBytes = 2 ** 30;
const largestRatio = 200;

type Unpacker = (
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  file: string | undefined,
) => AsyncGenerator<Uint8Array>;

const packings = {
  gzip: { named: /\.gz$/i, begins: [0x1f, 0x8b] },
  zstd: { named: /\.zst$/i, begins: [0x28, 0xb5] },
} as const;
export type Packing = keyof typeof packings;
const names = Object.keys(packings) as Packing[];

export const unpackers = { gzip: gunzip, zstd: unzstd } satisfies Record<Packing, Unpacker>;

export function packingNamed(file: string): Packing | null {
  return names.find((name) => packings[name].named.test(file)) ?? null;
}

export function packingOf(start: Uint8Array): Packing | null {
  return names.find((name) => packings[name].begins.every((byte, at) => start[at] === byte)) ?? null;
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
      refuseBomb(inflatedBytes, fed, file);
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

/** Frame after frame; their checksums are not compared. */
async function* unzstd(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  file: string | undefined,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const decompress = new Decompress((bytes) => ready.push(bytes));
  let [fed, inflatedBytes] = [0, 0];
  const taken = (chunk: Uint8Array, isLast: boolean): Uint8Array[] => {
    try {
      decompress.push(chunk, isLast);
    } catch (error) {
      throw zstdProblem(error, file);
    }
    fed += chunk.length;
    const bytes = ready.splice(0).filter(({ length }) => length > 0);
    for (const { length } of bytes) inflatedBytes += length;
    refuseBomb(inflatedBytes, fed, file);
    return bytes;
  };
  yield* taken(start, false);
  for await (const chunk of rest) yield* taken(chunk, false);
  yield* taken(new Uint8Array(0), true);
}

function refuseBomb(inflatedBytes: number, fed: number, file: string | undefined): void {
  if (inflatedBytes <= freeBytes || inflatedBytes <= largestRatio * fed) return;
  throw dataError({
    file,
    message: `inflates to more than ${largestRatio} times its size`,
    expected: "data, not a decompression bomb",
  });
}

function zstdProblem(error: unknown, file: string | undefined): unknown {
  const { code, message } = error as ZstdError;
  if (code === ZstdErrorCode.UnexpectedEOF)
    return dataError({ file, message: "the zstd data is cut short" }, error);
  return dataError({ file, message: `the zstd data is damaged (${message})` }, error);
}
