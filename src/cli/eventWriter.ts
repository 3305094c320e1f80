/** Training events as JSON Lines on a stream that may fail: training goes on, and the failure is reported afterwards. */
import { jsonLine } from "../report/terminal.ts";
import type { Listener } from "../train/events.ts";
import { type Output, ReaderGone } from "./output.ts";

export interface EventWriter {
  readonly listen: Listener;
  /** Resolves when all events so far are written, or can't be. */
  written(): Promise<void>;
  /** Throws what went wrong with the stream. A reader that went away is not a failure: it has what it wanted. */
  throwIfFailed(): void;
}

export function eventWriter(out: Output): EventWriter {
  let last: Promise<void> = Promise.resolve();
  let failure: unknown;
  const write = async (line: string) => {
    if (failure !== undefined) return;
    await out.line(line).catch((error: unknown) => {
      failure = error;
    });
  };
  return {
    listen(event) {
      const isLogged = event.event === "start" || event.event === "epoch" || event.event === "end";
      if (!isLogged) return;
      const line = jsonLine(event);
      last = last.then(() => write(line));
    },
    written: () => last,
    throwIfFailed() {
      if (failure !== undefined && !(failure instanceof ReaderGone)) throw failure;
    },
  };
}
