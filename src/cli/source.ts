/** Rows as bytes: of stdin or a file, inflated where they are gzip. */
import { addAbortSignal, type Readable } from "node:stream";
import { inflated, readFileBytes } from "../data/formats/source.ts";
import { ioProblem } from "../support/files.ts";
import type { Context } from "./main.ts";

/** Ends with an error when it is interrupted. Throws UserError, for damaged gzip too. */
export async function* rowBytes(
  file: string | null,
  context: Context,
  interruption: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (file === null) yield* inflated(stdinBytes(context, interruption), "stdin");
  else yield* readFileBytes(file);
}

/** Says on stderr what is waited for when stdin is a person. */
async function* stdinBytes(context: Context, interruption: AbortSignal): AsyncGenerator<Uint8Array> {
  const stdin: Readable & { readonly isTTY?: boolean } = context.stdin();
  if (stdin.isTTY) await context.err.line("reading rows from the terminal; Ctrl-D ends them");
  try {
    for await (const chunk of addAbortSignal(interruption, stdin)) yield chunk as Uint8Array;
  } catch (error) {
    throw ioProblem(error, "stdin", "read");
  }
}
