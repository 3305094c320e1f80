/** How well scores rank the rows of a class above the others: areas under curves, as scikit-learn has them. */
import { allRows, type Sample } from "./bootstrap.ts";
import { Scores } from "./scores.ts";

/** Probabilities of one class with whether each row is of it. */
export class Ranking {
  private readonly scores = new Scores(true);

  add(score: number, isPositive: boolean): void {
    this.scores.add(score, isPositive);
  }

  /**
   * Share of pairs of a positive and a negative row in which the positive one scores higher, ties counting
   * half: the area under the ROC curve. NaN where there are no such pairs.
   */
  rocArea(sample: Sample = allRows): number {
    const { rows, marked, count } = this.scores.levels(sample);
    let [wins, positives, negatives] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const [more, worse] = [marked[i]!, rows[i]! - marked[i]!];
      wins += more * (negatives + worse / 2);
      positives += more;
      negatives += worse;
    }
    return positives * negatives === 0 ? Number.NaN : wins / (positives * negatives);
  }

  /** Σ (R_n − R_{n−1}) P_n over thresholds from the highest down. NaN without positive rows. */
  averagePrecision(sample: Sample = allRows): number {
    const { rows, marked, count } = this.scores.levels(sample);
    let [right, all, sum] = [0, 0, 0];
    for (let i = count - 1; i >= 0; i--) {
      right += marked[i]!;
      all += rows[i]!;
      sum += marked[i]! * (right / all);
    }
    return right === 0 ? Number.NaN : sum / right;
  }
}
