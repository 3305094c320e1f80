/** Listeners that tell of a training while it runs: warnings only, or a plain line per epoch. */
import type { Listener } from "../train/events.ts";
import { eventLines } from "./eventLines.ts";
import { notice } from "./notice.ts";
import type { Style } from "./style.ts";
import { terminalLine } from "./terminal.ts";

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
      if (event.event === "warning") writeLines(stream, [notice(event.event, event.message, style)]);
    },
    stop: () => {},
  };
}

/** One line at the start, one per epoch, one per notice. */
export function lineProgress(stream: ProgressStream, style: Style): Progress {
  const linesOf = eventLines(style);
  return { listen: (event) => writeLines(stream, linesOf(event)), stop: () => {} };
}

/** Lines to be kept, through the gate to terminals. */
export function writeLines(stream: ProgressStream, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(lines.map((line) => `${terminalLine(line)}\n`).join(""));
}
