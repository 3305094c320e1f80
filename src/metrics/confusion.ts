/** The confusion matrix of a classification and what follows from it, as scikit-learn defines it. */
import type { Sample } from "./bootstrap.ts";

/** Counts [classes × classes]: row = true class, column = predicted class. */
export class Confusion {
  readonly counts: Float64Array;

  constructor(readonly classes: number) {
    this.counts = new Float64Array(classes * classes);
  }

  add(actual: number, predicted: number): void {
    this.counts[actual * this.classes + predicted]! += 1;
  }

  at(actual: number, predicted: number): number {
    return this.counts[actual * this.classes + predicted]!;
  }

  /** The counts in a sample: every cell's apart, as rows of a Poisson sample are. */
  drawn(sample: Sample): Confusion {
    const drawn = new Confusion(this.classes);
    for (let i = 0; i < this.counts.length; i++) drawn.counts[i] = sample.count(this.counts[i]!);
    return drawn;
  }

  /** As nested rows, for people and JSON. */
  rows(): number[][] {
    const { classes, counts } = this;
    return Array.from({ length: classes }, (_, r) => [...counts.subarray(r * classes, (r + 1) * classes)]);
  }
}

/** One class against all others. A ratio of nothing to nothing is 0, as scikit-learn's default has it. */
export interface ClassScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows of the class. */
  readonly support: number;
  /** Rows taken for the class. */
  readonly predicted: number;
}

export function perClass(confusion: Confusion): ClassScores[] {
  return Array.from({ length: confusion.classes }, (_, c) => {
    let [support, predicted] = [0, 0];
    for (let other = 0; other < confusion.classes; other++) {
      support += confusion.at(c, other);
      predicted += confusion.at(other, c);
    }
    return classScores(confusion.at(c, c), predicted, support);
  });
}

/** Scores of a class with `right` rows found among `predicted`, out of `support`. */
export function classScores(right: number, predicted: number, support: number): ClassScores {
  return {
    precision: ratio(right, predicted),
    recall: ratio(right, support),
    f1: ratio(2 * right, predicted + support),
    support,
    predicted,
  };
}

/** Mean over the classes that occur as truth or prediction. */
export function macro(scores: readonly ClassScores[], of: (score: ClassScores) => number): number {
  const seen = scores.filter(({ support, predicted }) => support + predicted > 0);
  return ratio(
    seen.reduce((sum, score) => sum + of(score), 0),
    seen.length,
  );
}

/** Mean over the classes, by their share of rows. */
export function weighted(scores: readonly ClassScores[], of: (score: ClassScores) => number): number {
  const rows = scores.reduce((sum, { support }) => sum + support, 0);
  return ratio(
    scores.reduce((sum, score) => sum + score.support * of(score), 0),
    rows,
  );
}

export function accuracy(confusion: Confusion): number {
  const { right, rows } = margins(confusion);
  return right / rows;
}

/** Mean recall over the classes that have rows. */
export function balancedAccuracy(confusion: Confusion): number {
  const present = perClass(confusion).filter(({ support }) => support > 0);
  return present.reduce((sum, { recall }) => sum + recall, 0) / present.length;
}

/** Correlation of truth and prediction: (n·right − Σ p_c t_c)/√((n² − Σp²)(n² − Σt²)); Gorodkin 2004. */
export function matthews(confusion: Confusion): number {
  const { right, rows, agreement, squaresOfPredicted, squaresOfSupport } = margins(confusion);
  const spread = Math.sqrt((rows ** 2 - squaresOfPredicted) * (rows ** 2 - squaresOfSupport));
  return ratio(rows * right - agreement, spread);
}

/** Agreement beyond chance: (p₀ − p_e)/(1 − p_e). */
export function cohenKappa(confusion: Confusion): number {
  const { right, rows, agreement } = margins(confusion);
  return ratio(rows * right - agreement, rows ** 2 - agreement);
}

function margins(confusion: Confusion) {
  const scores = perClass(confusion);
  const sum = (of: (score: ClassScores) => number) => scores.reduce((total, score) => total + of(score), 0);
  let right = 0;
  for (let c = 0; c < confusion.classes; c++) right += confusion.at(c, c);
  return {
    right,
    rows: sum(({ support }) => support),
    agreement: sum(({ support, predicted }) => support * predicted),
    squaresOfPredicted: sum(({ predicted }) => predicted ** 2),
    squaresOfSupport: sum(({ support }) => support ** 2),
  };
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
