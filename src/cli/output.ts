/** One output stream: writes that are waited for and whose failures are noticed. */
import type { Writable } from "node:stream";
import { colourStyle, type Environment, plainStyle, type Style, wantsColour } from "../report/style.ts";
import { ioProblem } from "../support/files.ts";

/** A stream as a process has it: perhaps a terminal of some width. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The reader of stdout went away (EPIPE): not a failure, but nothing is left to do. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

const widthWithoutTerminal = 100;

export class Output {
  private loadedStyle: Promise<Style> | undefined;

  constructor(
    readonly name: string,
    readonly stream: OutputStream,
    readonly env: Environment,
  ) {
    stream.on("error", () => {}); // told to the one who writes; without a listener it would be thrown as well
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  get columns(): number {
    return this.stream.columns || widthWithoutTerminal;
  }

  get hasColour(): boolean {
    return wantsColour(this.isTerminal, this.env);
  }

  style(): Promise<Style> {
    this.loadedStyle ??= this.hasColour ? colourStyle() : Promise.resolve(plainStyle);
    return this.loadedStyle;
  }

  /** Resolves when the system has taken it; throws `ReaderGone`, or a `UserError` (5) such as a full disk. */
  write(chunk: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write(chunk, (error) => (error ? reject(this.failure(error)) : resolve()));
    });
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  private failure(error: Error & { code?: string }): Error {
    // After a broken pipe, a stream is destroyed and names that instead.
    const readerIsGone = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
    if (readerIsGone) return new ReaderGone(this.name, { cause: error });
    const problem = ioProblem(error, this.name, "write");
    return problem instanceof Error ? problem : error;
  }
}
