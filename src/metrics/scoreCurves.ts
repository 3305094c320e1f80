/** ROC and precision-recall curves of one class in bounded memory: scores are counted in bins of their logit. */

/** Bins of equal width on the logit, 1/51 each: areas agree with exact ones to about three digits. */
const bins = 2048;
const farthestLogit = 20;

/** Points nearer than this on both axes are not told apart: a curve has at most some 400. */
const resolution = 1 / 200;

export type CurvePoint = readonly [x: number, y: number];

export class ScoreCurves {
  private readonly positive = new Uint32Array(bins);
  private readonly negative = new Uint32Array(bins);

  /** @param score a probability; NaN is not counted */
  add(score: number, isPositive: boolean): void {
    if (Number.isNaN(score)) return;
    const logit = Math.log(score / (1 - score));
    const place = Math.floor(((logit + farthestLogit) / (2 * farthestLogit)) * bins);
    const bin = Math.min(bins - 1, Math.max(0, place));
    (isPositive ? this.positive : this.negative)[bin]!++;
  }

  /** [false positive rate, true positive rate] from the highest threshold down; null where a side has no rows. */
  roc(): CurvePoint[] | null {
    const [positives, negatives] = this.totals();
    if (positives * negatives === 0) return null;
    const points: CurvePoint[] = [[0, 0]];
    this.fromHighest((right, wrong) => {
      append(points, [wrong / negatives, right / positives]);
    });
    return points;
  }

  /** Share of pairs of a positive and a negative row that are in order, ties counting half; null as for `roc`. */
  rocArea(): number | null {
    const [positives, negatives] = this.totals();
    if (positives * negatives === 0) return null;
    let [area, before, under] = [0, 0, 0];
    this.fromHighest((right, wrong) => {
      area += (wrong - before) * ((right + under) / 2);
      [under, before] = [right, wrong];
    });
    return area / positives / negatives;
  }

  /** [recall, precision] from the highest threshold down; null without positive rows. */
  precisionRecall(): CurvePoint[] | null {
    const [positives] = this.totals();
    if (positives === 0) return null;
    const points: CurvePoint[] = [];
    this.fromHighest((right, wrong) => {
      const point: CurvePoint = [right / positives, right / (right + wrong)];
      if (points.length === 0) points.push([0, point[1]]);
      append(points, point);
    });
    return points;
  }

  /** Σ (R_n − R_{n−1}) P_n; null without positive rows. */
  averagePrecision(): number | null {
    const [positives] = this.totals();
    if (positives === 0) return null;
    let [sum, before] = [0, 0];
    this.fromHighest((right, wrong) => {
      sum += (right - before) * (right / (right + wrong));
      before = right;
    });
    return sum / positives;
  }

  private totals(): [positives: number, negatives: number] {
    const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
    return [sum(this.positive), sum(this.negative)];
  }

  /** Visits the thresholds that rows lie at: how many positive and negative rows score at least that. */
  private fromHighest(visit: (right: number, wrong: number) => void): void {
    let [right, wrong] = [0, 0];
    for (let bin = bins - 1; bin >= 0; bin--) {
      const [more, worse] = [this.positive[bin]!, this.negative[bin]!];
      if (more + worse === 0) continue;
      right += more;
      wrong += worse;
      visit(right, wrong);
    }
  }
}

/** Adds a point, in the last one's stead where both are as good as one, but never the first. */
function append(points: CurvePoint[], point: CurvePoint): void {
  const [x, y] = points.at(-2) ?? [Number.NaN, Number.NaN];
  const isNear = Math.abs(point[0] - x) < resolution && Math.abs(point[1] - y) < resolution;
  if (isNear && points.length > 1) points.pop();
  points.push(point);
}
