/** One output stream: writes that are waited for and whose failures are noticed. */
import type { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { WorkflowCommand } from "../report/github.ts";
import { colourStyle, type Environment, plainStyle, type Style, wantsColour } from "../report/style.ts";
import { jsonLine, terminalLine, terminalText } from "../report/terminal.ts";
import { ioProblem } from "../support/files.ts";

/** A stream as a process has it: perhaps a terminal of some width. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The reader of stdout is gone (EPIPE): not a failure, but there is nothing left to do. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

const widthWithoutTerminal = 100;

export class Output {
  private readonly decoder = new StringDecoder();

  constructor(
    readonly name: string,
    readonly stream: OutputStream,
    readonly env: Environment,
  ) {
    stream.on("error", () => {}); // reported to the writer; without a listener it would be thrown as well
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
    return this.hasColour ? colourStyle() : Promise.resolve(plainStyle);
  }

  /** A line; whatever text it holds, it stays one line, and nothing but marked colours reaches a terminal raw. */
  line(text: string): Promise<void> {
    return this.lines([text]);
  }

  /** Lines, as `line` each. */
  async lines(texts: readonly string[]): Promise<void> {
    await this.send(texts.map((text) => `${terminalLine(text)}\n`).join(""));
  }

  /** A value as a line of JSON. */
  async json(value: unknown): Promise<void> {
    await this.send(`${jsonLine(value)}\n`);
  }

  /** A line in place of the one that is shown; it is not ended. */
  async redraw(text: string): Promise<void> {
    await this.send(`\r\u001b[K${terminalLine(text)}`);
  }

  /** The beginning of a line, for an answer to stand behind it. */
  async prompt(text: string): Promise<void> {
    await this.send(terminalLine(text));
  }

  /** What the service that records this stream is told. */
  async command(command: WorkflowCommand): Promise<void> {
    await this.send(`${command.text}\n`);
  }

  /** Data for a program or a file, as it is; on a terminal made safe to look at. */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (!this.isTerminal) return this.send(chunk);
    await this.send(terminalText(typeof chunk === "string" ? chunk : this.decoder.write(Buffer.from(chunk))));
  }

  /** Resolves when the system has taken it; throws `ReaderGone`, or a `UserError` (5) such as a full disk. */
  private send(chunk: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write(chunk, (error) => (error ? reject(this.failure(error)) : resolve()));
    });
  }

  private failure(error: Error & { code?: string }): Error {
    // After a broken pipe, a stream is destroyed and names that instead.
    const readerIsGone = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
    if (readerIsGone) return new ReaderGone(this.name, { cause: error });
    const problem = ioProblem(error, this.name, "write");
    return problem instanceof Error ? problem : error;
  }
}
