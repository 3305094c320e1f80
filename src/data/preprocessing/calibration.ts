/**
 * What was fitted on the validation rows, after training: how sure the model may sound, where it says yes, and
 * how wrong it has been. Plain JSON, a part of the preprocessing in a model file.
 */
import { exitCodes, UserError } from "../../support/errors.ts";
import type { IntervalKind, Reach } from "./intervals.ts";

export interface Calibration {
  /** Logits are divided by it before they become probabilities; null: 1. */
  readonly temperature: number | null;
  /** Probabilities above which the second of two classes, or each label, is predicted; null: the likelier one. */
  readonly thresholds: readonly number[] | null;
  /** null: none was asked for. */
  readonly conformal: Conformal | null;
}

/** How far answers to validation rows were from the truth: split conformal prediction, Papadopoulos 2002. */
export interface Conformal {
  readonly rows: number;
  /** Of numbers, what scores measure; absent: |y − s|. */
  readonly of?: IntervalKind;
  /** Of every target: at index i what (i + 1) · every of the rows do not exceed; 1 − p of the true class, or of numbers as `of` says. */
  readonly scores: readonly (readonly number[])[];
  readonly every: number;
}

/** Of more rows, not every score is kept. */
const mostScores = 1000;

export function conformalOf(scores: readonly Float64Array[], of: IntervalKind = "error"): Conformal {
  const rows = scores[0]!.length;
  const every = Math.ceil(rows / mostScores);
  const kept = scores.map((own) => {
    const sorted = own.slice().sort();
    return Array.from({ length: Math.floor(rows / every) }, (_, i) => sorted[(i + 1) * every - 1]!);
  });
  return { rows, every, ...(of !== "error" && { of }), scores: kept };
}

/**
 * The score of every target that a new row exceeds with probability 1 − level at most, if it is drawn as the
 * validation rows were: the ⌈(n + 1) · level⌉-th smallest of n. Throws UserError(usage) where there are too few.
 */
export function reachOf({ rows, scores, every, of = "error" }: Conformal, level: number): Reach {
  const rank = Math.ceil((rows + 1) * level - 1e-9);
  const index = Math.max(0, Math.ceil(rank / every) - 1);
  if (index < scores[0]!.length) return { of, distances: scores.map((own) => own[index]!) };
  throw new UserError(exitCodes.usage, {
    message: `--interval ${level}: ${rows} validation rows are too few to promise that`,
    expected: `a share of at most ${Math.floor((1000 * scores[0]!.length * every) / (rows + 1)) / 1000}`,
  });
}
