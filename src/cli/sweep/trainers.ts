/**
 * Processes that train: each runs one `nnt train` after the other, so that starting and warming up is paid for
 * once. What kills one ends the run it had; the next run gets a new one.
 */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import type { EndEvent, TrainEvent } from "../../train/events.ts";

export interface TrainRequest {
  readonly argv: readonly string[];
  /** Aborted: the run is asked to save and end. */
  readonly signal: AbortSignal;
  readonly listen: (event: TrainEvent) => void;
}

export interface TrainEnd {
  /** null: it ended without. */
  readonly end: EndEvent | null;
  /** null: killed by a signal. */
  readonly code: number | null;
  readonly killedBy: string | null;
  /** What it wrote to stderr. */
  readonly text: string;
}

export interface ToTrainer {
  readonly argv: readonly string[];
}

/** What a run writes, and what it ended with. */
export type FromTrainer = { readonly out: string } | { readonly err: string } | { readonly code: number };

export class Trainers {
  private readonly idle = new Set<ChildProcess>();

  /** Runs a command line of `nnt train --json`. */
  async train(request: TrainRequest): Promise<TrainEnd> {
    const [process = this.start()] = this.idle;
    this.idle.delete(process);
    const end = await trainIn(process, request);
    if (process.connected) this.idle.add(process);
    return end;
  }

  /** To be called when no run is under way. */
  close(): void {
    for (const process of this.idle) if (process.connected) process.disconnect();
  }

  private start(): ChildProcess {
    const program = new URL(`./trainerProcess${extname(import.meta.url)}`, import.meta.url);
    // In a process group of its own: Ctrl-C is for the sweep, which passes it on.
    const child = fork(program, { detached: true, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    child.on("exit", () => this.idle.delete(child));
    return child;
  }
}

function trainIn(process: ChildProcess, { argv, signal, listen }: TrainRequest): Promise<TrainEnd> {
  const stop = () => process.kill("SIGTERM");
  let end: EndEvent | null = null;
  let text = "";
  return new Promise<TrainEnd>((done, fail) => {
    const add = (chunk: unknown) => {
      text += chunk;
    };
    const hear = (message: FromTrainer) => {
      if ("err" in message) add(message.err);
      else if ("code" in message) finish(message.code, null);
      else {
        const event = JSON.parse(message.out) as TrainEvent;
        if (event.event === "end") end = event;
        listen(event);
      }
    };
    const finish = (code: number | null, killedBy: string | null) => {
      signal.removeEventListener("abort", stop);
      process.off("message", hear).off("close", finish).off("error", fail);
      process.stderr!.off("data", add);
      done({ end, code, killedBy, text });
    };
    process.on("message", hear).on("close", finish).on("error", fail);
    process.stderr!.on("data", add); // what the runtime itself says when it dies
    signal.addEventListener("abort", stop, { once: true });
    // One that did not get it would be waited for for ever; one that died meanwhile says so by "close".
    process.send({ argv } satisfies ToTrainer, (error) => error && process.kill("SIGKILL"));
    if (signal.aborted) stop();
  });
}
