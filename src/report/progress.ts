/** Listeners that tell of a training while it runs: warnings only, or a plain line per epoch. */
import type { Listener } from "../train/events.ts";
import { eventLines } from "./eventLines.ts";
import { notice } from "./notice.ts";
import type { Style } from "./style.ts";

export interface Progress {
  readonly listen: Listener;
  /** Leaves the terminal as it was; to be called before anything else is printed. */
  readonly stop: () => void;
}

/** What is drawn on; a terminal knows its size. */
export interface ProgressStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Warnings only. */
export function quietProgress(stream: ProgressStream, style: Style): Progress {
  return {
    listen: (event) => {
      if (event.event === "warning") stream.write(`${notice(event.event, event.message, style)}\n`);
    },
    stop: () => {},
  };
}

/** One line at the start, one per epoch, one per notice. */
export function lineProgress(stream: ProgressStream, style: Style): Progress {
  const lineOf = eventLines(style);
  return {
    listen: (event) => {
      const line = lineOf(event);
      if (line !== undefined) stream.write(`${line}\n`);
    },
    stop: () => {},
  };
}
