/** Rows in, answers out: rows of stdin or a file, and a sink that is stdout or a file that appears when complete. */
import { once } from "node:events";
import { addAbortSignal, type Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { alone, type Peers } from "../cluster/peers.ts";
import { bytesOfFirst } from "../cluster/talk.ts";
import type { Written } from "../data/formats/notation.ts";
import type { RowBatch } from "../data/formats/rowBatch.ts";
import { openRows, rowsOfStream } from "../data/formats/rows.ts";
import { inflated } from "../data/formats/source.ts";
import { isGzipNamed, type RowFormat } from "../support/fileFormats.ts";
import { ioProblem } from "../support/files.ts";
import { writeFile } from "../support/fileWriter.ts";
import type { Context } from "./command.ts";
import type { Output } from "./output.ts";

/**
 * Opens rows that have at least the given columns; of several processes, the first passes stdin on. Stdin ends with an error when it is interrupted. Throws UserError.
 * @param file null: stdin
 * @param format null: what the file's name and first bytes tell, else CSV
 */
export function inputRows(
  file: string | null,
  format: RowFormat | null,
  context: Context,
  {
    interruption,
    peers = alone,
    threads = null,
  }: { readonly interruption: AbortSignal; readonly peers?: Peers; readonly threads?: number | null },
): (columns: readonly string[], written: Written) => AsyncGenerator<RowBatch> {
  const stdin = () => inflated(bytesOfFirst(peers, stdinBytes(context, interruption)), "stdin");
  return (columns, written) => {
    const options = { ...written, format, columns };
    return file === null ? rowsOfStream(stdin(), "stdin", options) : openRows(file, { ...options, threads });
  };
}

/** Says on stderr what it is waiting for when stdin is a terminal. */
async function* stdinBytes(context: Context, interruption: AbortSignal): AsyncGenerator<Uint8Array> {
  const stdin: Readable & { readonly isTTY?: boolean } = context.stdin();
  if (stdin.isTTY) await context.err.line("reading rows from the terminal; press Ctrl-D to end");
  try {
    for await (const chunk of addAbortSignal(interruption, stdin)) yield chunk as Uint8Array;
  } catch (error) {
    throw ioProblem(error, "stdin", "read");
  }
}

/** Ends by either `commit` or `discard`. */
export interface Sink {
  write(chunk: Uint8Array | string): Promise<void>;
  commit(): Promise<void>;
  discard(): void;
}

export function outputSink(output: Output): Sink {
  return { write: (chunk) => output.write(chunk), async commit() {}, discard() {} };
}

/** A file, packed with gzip where its name ends so. Throws UserError(io), here and later. */
export function fileSink(path: string): Sink {
  const file = writeFile(path);
  const packer = isGzipNamed(path) ? packing((chunk) => file.write(chunk)) : null;
  let isOpen = true;
  return {
    async write(chunk) {
      if (packer) await packer.write(chunk);
      else file.write(chunk);
    },
    async commit() {
      await packer?.end();
      isOpen = false;
      file.commit();
    },
    discard() {
      if (isOpen) file.discard();
      isOpen = false;
    },
  };
}

/** Packs what is written with gzip; what `take` throws, `write` and `end` throw. */
function packing(take: (chunk: Uint8Array) => void) {
  const gzip = createGzip();
  let failure: unknown = null;
  gzip.on("data", (chunk: Buffer) => {
    try {
      if (failure === null) take(chunk);
    } catch (error) {
      failure = error;
    }
  });
  const check = () => {
    if (failure !== null) throw failure;
  };
  return {
    async write(chunk: Uint8Array | string) {
      // A copy: the bytes given are the caller's again as soon as this returns.
      if (!gzip.write(typeof chunk === "string" ? chunk : Buffer.from(chunk))) await once(gzip, "drain");
      check();
    },
    async end() {
      gzip.end();
      await once(gzip, "end");
      check();
    },
  };
}
