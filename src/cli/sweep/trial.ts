/** One trial as a process of its own: `nnt train` with a spec, whose events are read from its stdout. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { EndEvent, TrainEvent } from "../../train/events.ts";

export interface TrialProcess {
  readonly argv: readonly string[];
  /** Aborted: the trial is asked to save and end. */
  readonly signal: AbortSignal;
  readonly listen: (event: TrainEvent) => void;
}

export interface TrialEnd {
  /** null: it ended without. */
  readonly end: EndEvent | null;
  /** null: killed by a signal. */
  readonly code: number | null;
  readonly killedBy: string | null;
  /** What it wrote to stderr. */
  readonly text: string;
}

export function runTrial({ argv, signal, listen }: TrialProcess): Promise<TrialEnd> {
  const program = process.argv[1]!;
  // In a process group of its own: Ctrl-C is for the sweep, which passes it on. The channel tells the trial
  // when the sweep is gone.
  const child = spawn(process.execPath, [...process.execArgv, program, ...argv], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const stop = () => child.kill("SIGTERM");
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  let end: EndEvent | null = null;
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const event = parseEvent(line);
    if (event?.event === "end") end = event;
    if (event) listen(event);
  });
  let text = "";
  child.stderr!.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, killedBy) => {
      signal.removeEventListener("abort", stop);
      done({ end, code, killedBy, text });
    });
  });
}

/** null for a line that a killed process left half written. */
function parseEvent(line: string): TrainEvent | null {
  try {
    return JSON.parse(line) as TrainEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
