/** The two passes over a run's system calls: it is killed at them, or they fail. Each tells what came out wrong. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { uniform } from "../chance.ts";
import {
  leftBy,
  type Outcome,
  outcome,
  type Point,
  run,
  runAndKill,
  runIntoFault,
  wrongAfterFault,
} from "./runs.ts";

export interface Setting {
  readonly folder: string;
  readonly points: readonly Point[];
  /** Of the run that nothing happened to. */
  readonly expected: Outcome;
  /** What runs that met a fault have left and been resumed from: from equal files once is enough. */
  readonly resumed: Set<string>;
}

export interface Verdict {
  /** Kills, or faults, that took place. */
  readonly hits: number;
  /** Differences and breaches, in words; none is what we want. */
  readonly wrong: readonly string[];
}

/**
 * Kills a run at `first`, then what resumes it at random points, early ones above all, `kills` times in all or until it ends by
 * itself; resumes it a last time unharmed and compares.
 */
export async function killAndResume(
  { folder, points, expected }: Setting,
  name: string,
  first: Point,
  kills: number,
  seed: number,
): Promise<Verdict> {
  const chance = uniform(seed);
  const told: string[] = [];
  let hits = 0;
  for (let point = first; hits < kills; point = points[Math.floor(chance() ** 2 * points.length)]!) {
    told.push(`${point.call} ${point.nth}`);
    const { code, signal, err } = await runAndKill(folder, name, point);
    if (signal !== "SIGKILL" && code !== 137) {
      if (code === 0) break;
      return { hits, wrong: [`${told.join(", ")}: exit code ${code} ${err}`] };
    }
    hits++;
  }
  return { hits, wrong: await endAndCompare(folder, name, expected, `killed at ${told.join(", ")}`) };
}

/**
 * Lets one call of a run fail, once or from then on: it says so with exit code 5, or it can do without and has
 * saved what an unharmed run saves. Then resumes it without faults and compares.
 */
export async function failAndResume(
  { folder, expected, resumed }: Setting,
  name: string,
  point: Point,
  error: string,
  forever: boolean,
): Promise<Verdict> {
  const told = `${point.call} ${point.nth}${forever ? " and all that follow" : ""}: ${error}`;
  const { code, err, isOnDisk } = await runIntoFault(folder, name, point, error, forever);
  if (!isOnDisk) return { hits: 0, wrong: await endAndCompare(folder, name, expected, told) };
  const wrong: string[] = [];
  if (code === 0)
    wrong.push(...differences(folder, name, expected).map((what) => `exit code 0, but ${what}`));
  else if (code !== 5) wrong.push(`exit code ${code}: ${err.trim()}`);
  else if (!/^(?:warning: .*\n)*nnt: (?:trial \d+: )?\S+: cannot [a-z ]+: /.test(err))
    wrong.push(`says ${err.trim()}`);
  // Where nothing can be removed any more, temporary files stay until the next run sweeps them.
  if (point.call !== "unlink") wrong.push(...wrongAfterFault(folder, name));
  const left = leftBy(folder, name);
  const again = resumed.has(left) ? [] : await endAndCompare(folder, name, expected, told);
  if (again.length === 0) {
    resumed.add(left);
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  return { hits: 1, wrong: [...wrong.map((what) => `${told}: ${what}`), ...again] };
}

async function endAndCompare(
  folder: string,
  name: string,
  expected: Outcome,
  told: string,
): Promise<string[]> {
  const { code, err } = await run(folder, name, null);
  if (code !== 0) return [`${told}: resuming ended with ${code}: ${err.trim()}`];
  const different = differences(folder, name, expected);
  if (different.length === 0) rmSync(join(folder, name), { recursive: true });
  return different.map((what) => `${told}: ${what}`);
}

function differences(folder: string, name: string, expected: Outcome): string[] {
  const found = outcome(folder, name);
  const files = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return files.filter((file) => found[file] !== expected[file]).map((file) => `${file} differs`);
}

/** The errors that a call can meet. */
export function errorsOf({ call }: Point): readonly string[] {
  if (call === "openat") return ["ENOSPC", "EACCES", "EMFILE", "EIO"];
  if (call === "mkdir" || call === "link") return ["ENOSPC", "EACCES", "EIO"];
  if (call === "rename" || call === "unlink") return ["EACCES", "EIO"];
  return ["ENOSPC", "EIO"];
}

/** Runs the tasks, some at a time, taking the next when one is done; tells of each. */
export async function some<T>(
  tasks: Iterable<() => Promise<T>>,
  atATime: number,
  tell: (result: T) => void,
): Promise<void> {
  const queue = tasks[Symbol.iterator]();
  const work = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) tell(await next.value());
  };
  await Promise.all(Array.from({ length: atATime }, work));
}
