/** Rows in, answers out: bytes of stdin or a file, and a sink that is stdout or a file that appears when complete. */
import { addAbortSignal, type Readable } from "node:stream";
import { inflated, readFileBytes } from "../data/formats/source.ts";
import { ioProblem } from "../support/files.ts";
import { writeFile } from "../support/fileWriter.ts";
import type { Context } from "./command.ts";
import type { Output } from "./output.ts";

/** Inflates gzip. Ends with an error when it is interrupted. Throws UserError, for damaged gzip too. */
export async function* rowBytes(
  file: string | null,
  context: Context,
  interruption: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (file === null) yield* inflated(stdinBytes(context, interruption), "stdin");
  else yield* readFileBytes(file);
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
  commit(): void;
  discard(): void;
}

export function outputSink(output: Output): Sink {
  return { write: (chunk) => output.write(chunk), commit() {}, discard() {} };
}

/** Throws UserError(io), here and later. */
export function fileSink(path: string): Sink {
  const file = writeFile(path);
  let isOpen = true;
  return {
    async write(chunk) {
      file.write(chunk);
    },
    commit() {
      isOpen = false;
      file.commit();
    },
    discard() {
      if (isOpen) file.discard();
      isOpen = false;
    },
  };
}
