/** What is kept of predicted numbers, batch by batch, to compute metrics of regressions. */
import { allRows, GroupedSums, type Sample } from "./bootstrap.ts";
import type { StatsOptions, Values } from "./classification.ts";
import { Scores } from "./scores.ts";

/** What metrics of one output follow from, over all rows or a sample; y are the targets, s the predictions. */
export interface OutputView {
  readonly rows: number;
  /** Σ (y − s)². */
  readonly squaredError: number;
  /** Σ |y − s|. */
  readonly absoluteError: number;
  /** Σ (y − ȳ)². */
  readonly targetSpread: number;
  /** Σ (e − ē)² of the errors e = y − s. */
  readonly errorSpread: number;
  /** Of quantiles: Σ of the mean over them of max(q (y − s), (q − 1)(y − s)), and the rows between the outermost. */
  readonly pinball: number;
  readonly covered: number;
  /** Over all rows, whatever the sample. */
  readonly largestError: number;
  /** Median of |y − s|. */
  medianError(): number;
}

export type RegressionView = readonly OutputView[];

const slots = {
  rows: 0,
  squared: 1,
  absolute: 2,
  y: 3,
  yy: 4,
  e: 5,
  ee: 6,
  pinball: 7,
  covered: 8,
  width: 9,
} as const;

/** Which of the quantiles is the prediction: the median. */
export const medianAt = (quantiles: readonly number[]) => quantiles.indexOf(0.5);

/** Predictions and targets [rows × outputs]; with quantiles, predictions [rows × outputs × quantiles], ascending. */
export class RegressionStats {
  private readonly sums: GroupedSums;
  private readonly errors: readonly Scores[] | null;
  private readonly largest: Float64Array;
  /** Sums of squares are taken around the first row's numbers, so that large offsets cost no digits. */
  private readonly origins: Float64Array;
  private readonly quantiles: readonly number[] | undefined;
  private rows = 0;

  constructor(
    private readonly outputs: number,
    { keepsAll, isGrouped, quantiles }: StatsOptions,
  ) {
    this.quantiles = quantiles;
    this.sums = new GroupedSums(slots.width * outputs, isGrouped);
    this.errors = keepsAll ? Array.from({ length: outputs }, () => new Scores(false)) : null;
    this.largest = new Float64Array(outputs);
    this.origins = new Float64Array(2 * outputs);
  }

  add(predictions: Values, targets: Values): void {
    const { outputs, origins, largest, errors, quantiles } = this;
    const told = quantiles?.length ?? 1;
    const middle = quantiles ? medianAt(quantiles) : 0;
    const { values } = this.sums;
    for (let first = 0; first < targets.length; first += outputs) {
      const at = this.sums.at(this.rows);
      for (let j = 0; j < outputs; j++) {
        const y = targets[first + j]!;
        const own = (first + j) * told;
        const e = y - predictions[own + middle]!;
        if (this.rows === 0) {
          origins[2 * j] = y;
          origins[2 * j + 1] = e;
        }
        const [dy, de] = [y - origins[2 * j]!, e - origins[2 * j + 1]!];
        const error = Math.abs(e);
        const sums = at + slots.width * j;
        values[sums]! += 1;
        values[sums + slots.squared]! += error * error;
        values[sums + slots.absolute]! += error;
        values[sums + slots.y]! += dy;
        values[sums + slots.yy]! += dy * dy;
        values[sums + slots.e]! += de;
        values[sums + slots.ee]! += de * de;
        if (quantiles) this.addQuantiles(sums, predictions, own, y, quantiles);
        largest[j] = Math.max(largest[j]!, error);
        if (errors) errors[j]!.add(error, false);
      }
      this.rows++;
    }
  }

  /** Of one output: those from number `first` on. */
  private addQuantiles(
    sums: number,
    s: Values,
    first: number,
    y: number,
    quantiles: readonly number[],
  ): void {
    const { values } = this.sums;
    for (const [i, q] of quantiles.entries()) {
      const r = y - s[first + i]!;
      values[sums + slots.pinball]! += Math.max(q * r, (q - 1) * r) / quantiles.length;
    }
    const isCovered = s[first]! <= y && y <= s[first + quantiles.length - 1]!;
    if (isCovered) values[sums + slots.covered]! += 1;
  }

  view(sample: Sample = allRows): RegressionView {
    const sums = this.sums.total(sample);
    return Array.from({ length: this.outputs }, (_, j) => {
      const own = sums.subarray(slots.width * j, slots.width * (j + 1));
      const rows = own[slots.rows]!;
      return {
        rows,
        squaredError: own[slots.squared]!,
        absoluteError: own[slots.absolute]!,
        targetSpread: spread(own[slots.yy]!, own[slots.y]!, rows),
        errorSpread: spread(own[slots.ee]!, own[slots.e]!, rows),
        pinball: own[slots.pinball]!,
        covered: own[slots.covered]!,
        largestError: this.largest[j]!,
        medianError: () => median(this.errors![j]!, sample),
      };
    });
  }
}

/** Σ (x − x̄)² from Σx² and Σx. */
function spread(squares: number, sum: number, rows: number): number {
  return Math.max(0, squares - (sum * sum) / rows);
}

/** Half of the rows lie below: between the two middle ones where their number is even. */
function median(errors: Scores, sample: Sample): number {
  const { values, rows, count } = errors.levels(sample);
  let total = 0;
  for (let i = 0; i < count; i++) total += rows[i]!;
  const at = (position: number) => {
    let below = 0;
    for (let i = 0; i < count; i++) {
      below += rows[i]!;
      if (below > position) return values[i]!;
    }
    return Number.NaN;
  };
  return total % 2 === 1 ? at((total - 1) / 2) : (at(total / 2 - 1) + at(total / 2)) / 2;
}
