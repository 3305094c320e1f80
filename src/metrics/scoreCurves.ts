/** ROC and precision-recall curves of one class in bounded memory: scores are counted in narrow bins. */

/**
 * Bins of a score p below ½ are those of its float's exponent and first five bits of mantissa, 32 an octave;
 * above, those of 1 − p: as narrow as near 0. Areas agree with exact ones to about three digits.
 */
const octaves = 24;
const perOctave = 32;
const half = octaves * perOctave;
const bins = 2 * half;
const droppedBits = 18;
const binOfHalf = 126 * perOctave;
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Points nearer than this on both axes are not told apart: a curve has at most some 400. */
const resolution = 1 / 200;

export type CurvePoint = readonly [x: number, y: number];

export interface Curves {
  /** [false positive rate, true positive rate]; null where there are no positive or no negative rows. */
  readonly roc: readonly CurvePoint[] | null;
  /** Share of pairs of a positive and a negative row that are in order, ties counting half. */
  readonly rocArea: number | null;
  /** [recall, precision]; null without positive rows. */
  readonly precisionRecall: readonly CurvePoint[] | null;
  /** Σ (R_n − R_{n−1}) P_n. */
  readonly averagePrecision: number | null;
}

export class ScoreCurves {
  private readonly positive = new Uint32Array(bins);
  private readonly negative = new Uint32Array(bins);
  private positives = 0;
  private negatives = 0;

  /** @param score a probability; NaN is not counted */
  add(score: number, isPositive: boolean): void {
    if (Number.isNaN(score)) return;
    float[0] = score < 0.5 ? score : 1 - score;
    const depth = Math.min(half - 1, Math.max(0, binOfHalf - (bits[0]! >>> droppedBits)));
    const bin = score < 0.5 ? half - depth : half + depth;
    if (isPositive) {
      this.positive[bin]! += 1;
      this.positives++;
    } else {
      this.negative[bin]! += 1;
      this.negatives++;
    }
  }

  /** From the highest threshold down, in one go. */
  curves(): Curves {
    const { positives, negatives } = this;
    const roc: [number, number][] = [[0, 0]];
    const precisionRecall: [number, number][] = [];
    let [right, wrong, area, precisionSum] = [0, 0, 0, 0];
    for (let bin = bins - 1; bin >= 0; bin--) {
      const more = this.positive[bin]!;
      const worse = this.negative[bin]!;
      if (more + worse === 0) continue;
      area += worse * (right + more / 2);
      right += more;
      wrong += worse;
      const precision = right / (right + wrong);
      precisionSum += more * precision;
      if (precisionRecall.length === 0) precisionRecall.push([0, precision]);
      append(roc, wrong / negatives, right / positives);
      append(precisionRecall, right / positives, precision);
    }
    const hasBoth = positives * negatives > 0;
    return {
      roc: hasBoth ? roc : null,
      rocArea: hasBoth ? area / positives / negatives : null,
      precisionRecall: positives > 0 ? precisionRecall : null,
      averagePrecision: positives > 0 ? precisionSum / positives : null,
    };
  }
}

/** Adds a point, in the last one's stead where both are as good as one, but never the first. */
function append(points: [number, number][], x: number, y: number): void {
  const before = points[points.length - 2];
  const isNear = before && Math.abs(x - before[0]) < resolution && Math.abs(y - before[1]) < resolution;
  if (isNear) {
    const last = points[points.length - 1]!;
    last[0] = x;
    last[1] = y;
  } else points.push([x, y]);
}
