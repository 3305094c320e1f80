/** How well scores rank the rows of a class above the others: areas under curves, as scikit-learn has them. */

/** Scores of one class with whether each row is of it; grows as batches come. */
export class Ranking {
  private scores = new Float64Array(1024);
  private positive = new Uint8Array(1024);
  private count = 0;

  add(score: number, isPositive: boolean): void {
    if (this.count === this.scores.length) this.grow();
    this.scores[this.count] = score;
    this.positive[this.count++] = isPositive ? 1 : 0;
  }

  /**
   * Share of pairs of a positive and a negative row in which the positive one scores higher, ties counting
   * half: the area under the ROC curve. NaN where there are no such pairs.
   */
  rocArea(): number {
    let [wins, positives, negatives] = [0, 0, 0];
    this.fromLowest((tiedPositives, tied) => {
      const tiedNegatives = tied - tiedPositives;
      wins += tiedPositives * (negatives + tiedNegatives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
    });
    return positives * negatives === 0 ? Number.NaN : wins / (positives * negatives);
  }

  /** Σ (R_n − R_{n−1}) P_n over thresholds from the highest down. NaN without positive rows. */
  averagePrecision(): number {
    let total = 0;
    for (let i = 0; i < this.count; i++) total += this.positive[i]!;
    let [left, rows, sum] = [total, this.count, 0];
    this.fromLowest((tiedPositives, tied) => {
      sum += tiedPositives * (left / rows);
      left -= tiedPositives;
      rows -= tied;
    });
    return total === 0 ? Number.NaN : sum / total;
  }

  /** Visits the distinct scores in ascending order: how many rows have the score, and how many are positive. */
  private fromLowest(visit: (positives: number, rows: number) => void): void {
    const { scores, positive } = this;
    const order = Uint32Array.from({ length: this.count }, (_, i) => i);
    order.sort((a, b) => scores[a]! - scores[b]!);
    for (let first = 0, end = 0; first < order.length; first = end) {
      let positives = 0;
      const score = scores[order[first]!]!;
      do positives += positive[order[end++]!]!;
      while (end < order.length && scores[order[end]!] === score);
      visit(positives, end - first);
    }
  }

  private grow(): void {
    const [scores, positive] = [this.scores, this.positive];
    this.scores = new Float64Array(2 * scores.length);
    this.positive = new Uint8Array(2 * positive.length);
    this.scores.set(scores);
    this.positive.set(positive);
  }
}
