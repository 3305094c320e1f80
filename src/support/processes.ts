/** Who a process is, so that what it left behind can be told from what a living one still uses. */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process on some host; a pid alone is used again by the system, pid and start time are not. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks since boot at which it started; "x" where the system does not tell. */
  readonly started: string;
}

let self: ProcessIdentity | undefined;

/** This process. */
export function thisProcess(): ProcessIdentity {
  self ??= { host: hostname(), pid: process.pid, started: startTime(process.pid) ?? unknownStart };
  return self;
}

/** Whether a process still runs; in doubt it does. Of another host's processes nothing is known. */
export function liveness({ host, pid, started }: ProcessIdentity): "alive" | "dead" | "unknown" {
  if (host !== thisProcess().host) return "unknown";
  if (!isRunning(pid)) return "dead";
  const current = started === unknownStart ? null : startTime(pid);
  return current === null || current === started ? "alive" : "dead";
}

/** `pid.started.host`, fit for a file name; `parseIdentity` reads it back. */
export function formatIdentity({ host, pid, started }: ProcessIdentity): string {
  return `${pid}.${started}.${encodeURIComponent(host).slice(0, 100)}`;
}

/** Null where the text names no process. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const match = /^(\d{1,10})\.(\d{1,20}|x)\.([^/]*)$/.exec(text);
  if (!match) return null;
  const own = thisProcess();
  const [, pid, started, host] = match as unknown as [string, string, string, string];
  const isOurs = host === encodeURIComponent(own.host).slice(0, 100);
  return { pid: Number(pid), started, host: isOurs ? own.host : host };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // somebody else's
  }
}

const unknownStart = "x";

/** Field 22 of /proc/PID/stat; the second field, a name in parentheses, may hold blanks. A zombie has ended. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : (fields[19] ?? null);
  } catch {
    return null; // no /proc here, no file to be had, or the process has ended just now
  }
}
