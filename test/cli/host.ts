/** A process for `main` that lives in memory: what it writes can be read, signals can be sent. */
import { Readable, Writable } from "node:stream";
import { type Host, main } from "../../src/cli/main.ts";
import type { StopSignal } from "../../src/cli/signals.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Surroundings {
  readonly env?: Record<string, string>;
  readonly stdin?: string | Readable;
  readonly terminal?: Terminal;
  /** nnt's own: what models say that wrote them. */
  readonly version?: string;
  /** Told when the process would have ended at once. */
  readonly leave?: (code: number) => void;
  /** Given the function that sends a signal, once the command runs. */
  readonly signals?: (send: (signal: StopSignal) => void) => void;
}

/** Runs one command line in this process. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const out = memory(surroundings.terminal);
  const err = memory(surroundings.terminal);
  const { stdin = "", env = {} } = surroundings;
  const host: Host = {
    argv,
    env,
    version: surroundings.version ?? "1.2.3",
    stdin: () => (typeof stdin === "string" ? Readable.from([Buffer.from(stdin)]) : stdin),
    stdout: out.stream,
    stderr: err.stream,
    onSignal: (listener) => surroundings.signals?.(listener),
    leave: (code) => surroundings.leave?.(code),
  };
  const code = await main(host);
  return { code, out: out.text(), err: err.text() };
}

function memory(terminal: Terminal = {}) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, terminal), text: () => Buffer.concat(chunks).toString() };
}
