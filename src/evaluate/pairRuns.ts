/** Compares the best models of runs on the same rows, to tell their differences from chance. */
import { pathsIn } from "../checkpoint/runDirectory.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import { type McNemar, mcNemar, type PairedDifference, pairedDifference } from "../metrics/paired.ts";
import { UserError } from "../support/errors.ts";
import { rowScores } from "./rowScores.ts";

export interface PairedRuns {
  readonly split: string;
  readonly rows: number;
  /** By metric, the difference of every run from the first; null for the first. */
  readonly metrics: Readonly<Record<string, readonly (PairedDifference | null)[]>>;
  readonly mcnemar: readonly (McNemar | null)[] | null;
}

/** Returns the reason why not, where data or models are missing or the runs were tested on different rows. */
export async function pairRuns(
  directories: readonly string[],
  choice: KernelsChoice,
  warn: (message: string) => void = () => {},
): Promise<PairedRuns | string> {
  const { backend } = await openKernels(choice);
  try {
    const k = new Kernels(backend);
    const measured = [];
    for (const directory of directories) {
      const scores = await rowScores(k, pathsIn(directory).best);
      for (const message of scores.warnings) warn(`${directory}: ${message}`);
      measured.push(scores);
    }
    const [first, ...others] = measured;
    if (!first || others.some(({ fingerprint }) => fingerprint !== first.fingerprint))
      return "the runs were tested on different rows, so they cannot be compared row by row";
    const names = Object.keys(first.scores).filter((name) => others.every(({ scores }) => scores[name]));
    const against = <T>(name: string, compare: (a: Float64Array, b: Float64Array) => T) => [
      null,
      ...others.map(({ scores }) => compare(first.scores[name]!, scores[name]!)),
    ];
    return {
      split: first.split,
      rows: first.rows,
      metrics: Object.fromEntries(names.map((name) => [name, against(name, pairedDifference)])),
      mcnemar: names.includes("accuracy") ? against("accuracy", mcNemar) : null,
    };
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  } finally {
    await backend.close();
  }
}
