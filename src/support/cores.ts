/** How many cores this process may use. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

/** Cores by affinity, and by the quota of the process's control group where there is one. At least 1. */
export function availableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quota())));
}

/** Cores of the machine, also those that this process may not use; by the quota of the control group where there is one. */
export function coresInAll(): number {
  return Math.max(1, Math.min(cpus().length, Math.ceil(quota())));
}

/** Cores' worth of time per period (Linux control groups, version 2 and 1); Infinity without a limit. */
function quota(): number {
  const [most, period] = (read("/sys/fs/cgroup/cpu.max") ?? "max").split(" ");
  if (most !== "max") return Number(most) / Number(period);
  const oldMost = Number(read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") ?? -1);
  const oldPeriod = Number(read("/sys/fs/cgroup/cpu/cpu.cfs_period_us") ?? 0);
  return oldMost > 0 && oldPeriod > 0 ? oldMost / oldPeriod : Infinity;
}

/** Null where there is no such file: another system, or no limit. */
function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}
