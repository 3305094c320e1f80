/**
 * Conformal intervals of numbers: how odd a truth is beside an answer, and the interval of truths that are no odder. What
 * oddness is measured by is what the model knows of a row, so that widths follow it.
 */

/**
 * By what an interval's width goes: nothing (|y − s|, Papadopoulos 2002), the predicted deviation (|y − s|/σ, Lei et al. 2018),
 * or the outermost quantiles (max(l − y, y − u), conformalized quantile regression of Romano, Patterson and Candès 2019).
 */
export type IntervalKind = "error" | "deviation" | "quantiles";

/** What a row was answered with, as the decoder has it. */
interface Told {
  readonly predictions: ArrayLike<number>;
  readonly deviations: ArrayLike<number> | null;
  readonly quantiles: ArrayLike<number> | null;
  readonly levels: readonly number[] | null;
}

/** How far truths may be from answers, per target, and how that is measured. */
export interface Reach {
  readonly of: IntervalKind;
  readonly distances: readonly number[];
}

export function intervalKindOf({ deviations, quantiles }: Told): IntervalKind {
  return quantiles ? "quantiles" : deviations ? "deviation" : "error";
}

/** How odd the number y is beside the row last decoded, for target j. */
export function oddness(told: Told, j: number, y: number): number {
  const s = told.predictions[j]!;
  switch (intervalKindOf(told)) {
    case "error":
      return Math.abs(y - s);
    case "deviation":
      return Math.min(Math.abs(y - s) / told.deviations![j]!, Number.MAX_VALUE);
    case "quantiles": {
      const [low, high] = outermost(told, j);
      return Math.max(low - y, y - high);
    }
  }
}

/** The interval of numbers that are no odder than `reach` says, for target j of the row last decoded. */
export function endsOf(
  told: Told,
  { of, distances }: Reach,
  j: number,
): readonly [low: number, high: number] {
  const [s, distance] = [told.predictions[j]!, distances[j]!];
  if (of !== "quantiles") {
    const half = of === "deviation" ? distance * told.deviations![j]! : distance;
    return [s - half, s + half];
  }
  const [low, high] = outermost(told, j);
  // Quantiles that were too far apart are moved together, at most until they meet.
  const inwards = Math.min(-distance, (high - low) / 2);
  return [low + inwards, high - inwards];
}

function outermost({ quantiles, levels }: Told, j: number): readonly [low: number, high: number] {
  const n = levels!.length;
  return [quantiles![j * n]!, quantiles![(j + 1) * n - 1]!];
}
