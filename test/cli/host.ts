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
  /** Told what is written, as it is. */
  readonly told?: (stream: "out" | "err", text: string) => void;
  /** Given the function that has models read again. */
  readonly reloads?: (reload: () => void) => void;
}

/** Runs one command line in this process. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const out = memory(surroundings.terminal, (text) => surroundings.told?.("out", text));
  const err = memory(surroundings.terminal, (text) => surroundings.told?.("err", text));
  const { stdin = "", env = {} } = surroundings;
  const host: Host = {
    argv,
    env,
    version: surroundings.version ?? "1.2.3",
    stdin: () => (typeof stdin === "string" ? Readable.from([Buffer.from(stdin)]) : stdin),
    stdout: out.stream,
    stderr: err.stream,
    onSignal: (listener) => surroundings.signals?.(listener),
    onReload: (listener) => surroundings.reloads?.(listener),
    leave: (code) => surroundings.leave?.(code),
  };
  const code = await main(host);
  return { code, out: out.text(), err: err.text() };
}

function memory(terminal: Terminal = {}, told: (text: string) => void) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      told(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, terminal), text: () => Buffer.concat(chunks).toString() };
}
