/** Who a process is, so that what it left behind can be told from what a living one still uses. */

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * A process on some machine. A pid alone is used again by the system, and containers count their processes each from
 * one: boot, namespace, pid and start time together belong to one process only. "x" stands for what the system does not tell.
 */
export interface ProcessIdentity {
  /** For people: two machines may have one name, and one machine gets another. */
  readonly host: string;
  /** Of this start of this kernel. */
  readonly boot: string;
  /** In which the pid counts. */
  readonly namespace: string;
  readonly pid: number;
  /** Clock ticks since boot at which it started. */
  readonly started: string;
}

let self: ProcessIdentity | undefined;

/** This process. */
export function thisProcess(): ProcessIdentity {
  self ??= {
    host: hostname(),
    boot: bootId(),
    namespace: pidNamespace(),
    pid: process.pid,
    started: startTime(process.pid) ?? unknown,
  };
  return self;
}

/** Whether a process still runs; in doubt it does. What other kernels and namespaces run cannot be seen from here. */
export function liveness(identity: ProcessIdentity): "alive" | "dead" | "unknown" {
  if (!isSeenFromHere(identity)) return "unknown";
  const { pid, started } = identity;
  if (!isRunning(pid)) return "dead";
  const current = started === unknown ? null : startTime(pid);
  return current === null || current === started ? "alive" : "dead";
}

/** Whether a process runs, or ran, on the kernel that runs this one. */
export function isOnThisKernel({ boot }: ProcessIdentity): boolean {
  return boot !== unknown && boot === thisProcess().boot;
}

/** `pid.started.boot.namespace.host`, fit for a file name; `parseIdentity` reads it back. */
export function formatIdentity({ host, boot, namespace, pid, started }: ProcessIdentity): string {
  return `${pid}.${started}.${boot}.${namespace}.${encodeURIComponent(host).slice(0, 100)}`;
}

/** Null where the text names no process. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const match = /^(\d{1,10})\.(\d{1,20}|x)\.([\da-f]{1,32}|x)\.(\d{1,20}|x)\.([^/]*)$/.exec(text);
  if (!match) return null;
  const own = thisProcess();
  const [, pid, started, boot, namespace, host] = match as unknown as [
    string,
    ...[string, string, string, string, string],
  ];
  const isOurs = host === encodeURIComponent(own.host).slice(0, 100);
  return { pid: Number(pid), started, boot, namespace, host: isOurs ? own.host : host };
}

/** Where the system tells no boot, the host's name has to do. */
function isSeenFromHere(identity: ProcessIdentity): boolean {
  const own = thisProcess();
  if (identity.boot !== own.boot || identity.namespace !== own.namespace) return false;
  return own.boot !== unknown || identity.host === own.host;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // somebody else's
  }
}

const unknown = "x";

function bootId(): string {
  const id = told(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  return /^[\da-f-]+$/.exec(id.trim())?.[0].replaceAll("-", "").slice(0, 16) || unknown;
}

/** The number in `pid:[4026531836]`. */
function pidNamespace(): string {
  return /\d+/.exec(told(() => readlinkSync("/proc/self/ns/pid")))?.[0] ?? unknown;
}

/** Field 22 of /proc/PID/stat; the second field, a name in parentheses, may hold blanks. A zombie has ended. */
function startTime(pid: number): string | null {
  const stat = told(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "ended" : (fields[19] ?? null);
}

/** Empty where there is no /proc, no file to be had, or the process has ended just now. */
function told(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
