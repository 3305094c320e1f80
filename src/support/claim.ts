/**
 * A file that says who uses something, for as long as they live: its name is the process, it is touched every few
 * seconds, and where the system has locks it is locked. Of a process that cannot be seen from here (another machine,
 * another container) one of these tells whether it lives; a claim that is silent for long is nobody's.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isMissing, removeIfThere, systemError, writeAll } from "./files.ts";
import { formatIdentity, isOnThisKernel, liveness, type ProcessIdentity, thisProcess } from "./processes.ts";
import { hasLocks, takeLock } from "./systemLock.ts";

/**
 * A beat is late by no more than the longest single command or file takes. Twelve of them missing is no delay:
 * the process is gone, or its machine stands still, and then the process sees afterwards that its claim is lost.
 */
export const patience = { secondsPerBeat: 5, secondsOfSilence: 60 } as const;

export interface Claim {
  /**
   * Says in the file that what it claims is held, locks it where that works, and touches it from now on. Throws system
   * errors.
   */
  hold(): void;
  /** Whether somebody has taken the claim away: this process stood still for too long. */
  isLost(): boolean;
  /** Gives it back; a second call does nothing. */
  release(): void;
}

/** Makes the file, which must not be there. Throws system errors. */
export function makeClaim(path: string): Claim {
  // Claims are of one process: nothing that is there is opened, and no link followed.
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
  const file = openSync(path, flags, 0o666);
  let isOpen = true;
  let beat: NodeJS.Timeout | undefined;
  const isLost = () => !isOpen || fstatSync(file).nlink === 0;
  return {
    isLost,
    hold() {
      const isLocked = takeLock(file, "exclusive");
      writeAll(file, [Buffer.from(`${JSON.stringify({ ...thisProcess(), locked: isLocked })}\n`)]);
      beat = setInterval(() => touch(file), 1000 * patience.secondsPerBeat).unref();
    },
    release() {
      if (!isOpen) return;
      clearInterval(beat);
      const wasLost = isLost();
      isOpen = false;
      closeSync(file);
      if (!wasLost) removeIfThere(path);
    },
  };
}

/** What is to be seen of a claim that is not this process's own. */
export interface Seen {
  /** Whether its process holds what it claims; else it only wants it. */
  readonly isHeld: boolean;
  readonly isGone: boolean;
}

/** Looks at the claim of a process; null where it is not there any more. Throws system errors. */
export function lookAt(path: string, identity: ProcessIdentity): Seen | null {
  const stats = entryAt(path);
  if (stats === null) return null;
  const isHeld = stats.size > 0;
  const state = liveness(identity);
  if (state !== "unknown") return { isHeld, isGone: state === "dead" };
  if (isHeld && isOnThisKernel(identity) && hasLocks()) {
    const isLocked = lockState(path);
    if (isLocked !== null) return { isHeld, isGone: !isLocked };
  }
  return { isHeld, isGone: isSilent(stats, path) };
}

/** Null: the claim is of a process that had no locks. */
function lockState(path: string): boolean | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  try {
    const text = Buffer.alloc(1024);
    const isLockable = text.toString("latin1", 0, readSync(file, text)).includes('"locked":true');
    // Shared, so that two who look at once do not take each other for the holder.
    return isLockable ? !takeLock(file, "shared") : null;
  } finally {
    closeSync(file);
  }
}

/** By the clock of the file system alone, whatever those of the machines say. */
function isSilent({ mtimeMs }: Stats, path: string): boolean {
  return clockBeside(path) - mtimeMs > 1000 * patience.secondsOfSilence;
}

let probes = 0;

/** What a file made now in the same directory is dated with. */
function clockBeside(path: string): number {
  const probe = join(dirname(path), `.nnt-tmp-${formatIdentity(thisProcess())}-${++probes}00000`);
  const file = openSync(probe, "wx");
  try {
    return fstatSync(file).mtimeMs;
  } finally {
    closeSync(file);
    unlinkSync(probe);
  }
}

/** Writes what stands there already: so the file gets its date from the same clock as all others of its place. */
function touch(file: number): void {
  try {
    writeSync(file, "{", 0);
  } catch {
    // The next beat tries again; a claim that cannot be kept is lost, and whoever writes looks.
  }
}

function entryAt(path: string): Stats | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) throw systemError("ELOOP");
  return stats ?? null;
}
