/**
 * `metrics.jsonl`: one event per line, appended; after a crash it is truncated to what the checkpoint covers, so that
 * a resumed run neither repeats nor misses a line. Does not know what the events mean.
 *
 * The order that makes this work: an epoch's line is written and synced before the checkpoint that contains
 * the epoch is saved. So a checkpoint's lines are always there, and lines beyond it can be dropped.
 */

import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ioProblem, isThere, syncDirectory, writeAll } from "../support/files.ts";
import { openInside, readInside } from "../support/inside.ts";
import type { Progress } from "./checkpoint.ts";

export interface MetricsLog {
  /** Appends one line, whole or not at all. Throws UserError(io). */
  append(event: object): void;
  /** Makes the lines survive a power cut: before each checkpoint. Throws UserError(io). */
  sync(): void;
  close(): void;
}

/** A line of the log. */
export type LoggedEvent = Readonly<Record<string, unknown>>;

/**
 * The lines that a checkpoint's progress covers (null: none); changes nothing. A torn last line, an "end" and all that
 * follows are left out. Throws UserError(io).
 */
export function linesUpTo(path: string, progress: Progress | null): LoggedEvent[] {
  return isThere(path) ? coveredLines(readInside(path), progress).events : [];
}

/**
 * Opens the log for appending, cut back to the lines that a checkpoint's progress covers; what was kept is handed back.
 * Throws UserError(io).
 */
export function openMetricsLog(
  path: string,
  progress: Progress | null,
): { log: MetricsLog; kept: LoggedEvent[] } {
  const isNew = !isThere(path);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;
  const file = attempt(path, "open", () => openInside(path, flags));
  try {
    if (isNew) attempt(path, "sync", () => syncDirectory(dirname(path)));
    const { events, bytes } = attempt(path, "read", () => coveredLines(readFileSync(file), progress));
    attempt(path, "write", () => {
      if (bytes < fstatSync(file).size) ftruncateSync(file, bytes);
    });
    return { log: logOf(path, file), kept: events };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** The complete lines of a log; for reports. Throws UserError(io). */
export function readMetricsLog(path: string): LoggedEvent[] {
  return [...wholeLines(readInside(path))].map(({ event }) => event);
}

function logOf(path: string, file: number): MetricsLog {
  let isOpen = true;
  return {
    append(event) {
      attempt(path, "write", () => {
        const before = fstatSync(file).size;
        try {
          writeAll(file, [Buffer.from(`${JSON.stringify(event)}\n`)]);
        } catch (error) {
          ftruncateSync(file, before);
          throw error;
        }
      });
    },
    sync: () => attempt(path, "sync", () => fdatasyncSync(file)),
    close() {
      const wasOpen = isOpen;
      isOpen = false;
      if (wasOpen) attempt(path, "close", () => closeSync(file));
    },
  };
}

/** The first lines that a checkpoint covers, and how many bytes they take. */
function coveredLines(content: Buffer, progress: Progress | null): { events: LoggedEvent[]; bytes: number } {
  const events: LoggedEvent[] = [];
  let bytes = 0;
  if (progress === null) return { events, bytes };
  for (const { event, end } of wholeLines(content)) {
    const { event: kind, epoch = 0, step = 0 } = event as { event?: unknown; epoch?: number; step?: number };
    const isBeyond = kind === "end" || step > progress.step || epoch > progress.epoch;
    if (isBeyond) break;
    events.push(event);
    bytes = end;
  }
  return { events, bytes };
}

/** Lines up to the first torn one: without its newline, or not a JSON object. */
function* wholeLines(content: Buffer): Generator<{ event: LoggedEvent; end: number }> {
  let start = 0;
  for (let newline = content.indexOf(10); newline >= 0; newline = content.indexOf(10, start)) {
    const event = parseLine(content.toString("utf8", start, newline));
    if (!event) return;
    start = newline + 1;
    yield { event, end: start };
  }
}

/** Null for an incomplete line. */
function parseLine(line: string): LoggedEvent | null {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === "object" && event !== null && !Array.isArray(event) ? { ...event } : null;
  } catch {
    return null;
  }
}

function attempt<T>(path: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw ioProblem(error, path, doing);
  }
}
