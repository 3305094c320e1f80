/** The system's own locks on open files, where kernels/lock was built: they end with the process, and not before. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { ownFile } from "./ownFile.ts";

interface Addon {
  /** 1: the lock is ours now. */
  lock(file: number, exclusive: 0 | 1): 0 | 1;
}

const require = createRequire(import.meta.url);
const built = fileURLToPath(ownFile("build/lock.node"));

let loaded: Addon | null | undefined;

/** Takes the lock of an open file without waiting; false where somebody has it, or there are no locks here. */
export function takeLock(file: number, mode: "shared" | "exclusive"): boolean {
  return addon()?.lock(file, mode === "exclusive" ? 1 : 0) === 1;
}

/** Whether a lock that cannot be taken is a lock that somebody has. */
export function hasLocks(): boolean {
  return addon() !== null;
}

function addon(): Addon | null {
  if (loaded === undefined) {
    try {
      const place = `@nnt/kernels-${process.platform}-${process.arch}/lock.node`;
      loaded = require(existsSync(built) ? built : place) as Addon;
    } catch {
      loaded = null; // not built for this machine: heartbeats alone decide
    }
  }
  return loaded;
}
