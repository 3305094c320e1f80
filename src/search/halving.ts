/**
 * Successive halving, asynchronous: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020),
 * algorithm 2. Trials run to the first of several rungs; the best 1/η of those on a rung are promoted to the next.
 */
import type { MethodSpec } from "../config/schema.ts";
import { newPoint, randomPoint } from "./draws.ts";
import type { Job, Known, SearchSettings } from "./strategy.ts";

type HalvingSpec = Extract<MethodSpec, { name: "halving" }>;

/** Promotes the best trial it can, from the highest rung; else starts a new trial; null when neither is possible. */
export function halvingJob(
  settings: SearchSettings,
  rungs: readonly number[],
  { reduction }: HalvingSpec,
  trials: number,
  before: readonly Known[],
): Job | null {
  for (let rung = rungs.length - 2; rung >= 0; rung--) {
    const next = rungs[rung + 1]!;
    const standing = before
      .filter(({ epochs, loss }) => epochs === rungs[rung] && loss !== undefined)
      .sort((a, b) => a.loss! - b.loss!);
    const good = standing.slice(0, Math.floor(standing.length / reduction));
    const isGone = ({ trial }: Known) => before.some((job) => job.trial === trial && job.epochs === next);
    const job = good.find((one) => one.loss !== Infinity && !isGone(one));
    if (job) return { trial: job.trial, epochs: next, point: job.point };
  }
  const begun = before.filter(({ epochs }) => epochs === rungs[0]);
  const trial = begun.length + 1;
  if (trial > trials) return null;
  const point = newPoint(begun, (attempt) => randomPoint(settings, trial, attempt));
  return { trial, epochs: rungs[0]!, point };
}

/**
 * The epochs of the rungs: the last is a whole trial, and each one before has 1/η of the next. Only as many rungs as
 * leave at least one trial on the last.
 */
export function rungsOf(epochs: number, { reduction, min_epochs }: HalvingSpec, trials: number): number[] {
  const rungs = [epochs];
  for (let share = reduction; share <= trials; share *= reduction) {
    const rung = Math.round(epochs / share);
    if (rung < min_epochs || rung === rungs[0]) break;
    rungs.unshift(rung);
  }
  return rungs;
}
