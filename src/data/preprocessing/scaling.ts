/** How numbers are scaled: fitted as scikit-learn's scalers of these names are, and applied. */
import type { ScaleName } from "../../config/schema.ts";
import type { RawValues } from "../table/cells.ts";
import { type Moments, meanAndDeviation, range } from "../table/statistics.ts";
import { normalQuantile } from "./normal.ts";
import type { ColumnScaling, QuantileScaling, Scaling } from "./preprocessing.ts";

/** Quantiles kept of a column: as many as scikit-learn's QuantileTransformer keeps. */
const mostQuantiles = 1000;

/** A rank is kept this far from 0 and 1, as by scikit-learn: nothing is scaled beyond ±5.2. */
export const rankMargin = 1e-7;

/** The scaling of that name for these values, of which NaN count nowhere. `known`: as of {@link fitScaling}. */
export function fitColumnScaling(
  name: ScaleName,
  values: RawValues,
  known: Moments | null = null,
): ColumnScaling {
  if (name === "quantile_normal") return { name, quantiles: quantilesOf(values) };
  if (name === "robust_clip") return { name, ...robustEnds(values) };
  if (name !== "log") return fitScaling(name, values, known);
  const { center, scale } = fitScaling("standard", Float64Array.from(values, signedLog));
  return { name, center, scale };
}

/** Whether a scaling of that name is linear, as those of targets are. */
export function isLinearName(name: ScaleName): name is Scaling["name"] {
  return name !== "log" && name !== "robust_clip" && name !== "quantile_normal";
}

/**
 * As StandardScaler, MinMaxScaler, RobustScaler: a column that is constant (up to rounding) is only moved, by a
 * scale of 1.
 * @param known of all values, where `values` are a sample
 */
export function fitScaling(
  name: Scaling["name"],
  values: ArrayLike<number>,
  known: Moments | null = null,
): Scaling {
  if (name === "standard") {
    const { mean, deviation } = known ?? meanAndDeviation(values);
    const isConstant = deviation <= 10 * 2 ** -52 * Math.abs(mean);
    return { name, center: mean, scale: isConstant ? 1 : deviation };
  }
  if (name === "minmax") {
    const { min, max } = known ?? range(values);
    if (min > max) return { name, center: 0, scale: 1 };
    return { name, center: min, scale: max > min ? max - min : 1 };
  }
  if (name === "robust") {
    const sorted = sortedNumbers(values);
    if (sorted.length === 0) return { name, center: 0, scale: 1 };
    const spread = quantile(sorted, 0.75) - quantile(sorted, 0.25);
    return { name, center: quantile(sorted, 0.5), scale: spread || 1 };
  }
  return { name, center: 0, scale: 1 };
}

/**
 * Median and quartiles' distance, of a column whose quartiles are equal half its range: so that columns of few
 * values other than one are not blown up (Holzmüller et al. 2024).
 */
function robustEnds(values: ArrayLike<number>): { center: number; scale: number } {
  const sorted = sortedNumbers(values);
  if (sorted.length === 0) return { center: 0, scale: 1 };
  const quartiles = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const scale = quartiles || (sorted.at(-1)! - sorted[0]!) / 2;
  return { center: quantile(sorted, 0.5), scale: scale || 1 };
}

/** Where `robust_clip` bends, and what it never passes; Holzmüller et al. 2024. */
const clipAt = 3;

/** z/√(1 + (z/3)²). */
function smoothlyClipped(z: number): number {
  return z / Math.hypot(1, z / clipAt);
}

/** x as an input. */
export function scaler(scaling: ColumnScaling): (x: number) => number {
  if (scaling.name === "quantile_normal") return (x) => normalQuantile(clipped(rankOf(x, scaling)));
  const { center, scale } = scaling;
  if (scaling.name === "robust_clip") return (x) => smoothlyClipped((x - center) / scale);
  return scaling.name === "log" ? (x) => (signedLog(x) - center) / scale : (x) => (x - center) / scale;
}

function signedLog(x: number): number {
  return Math.sign(x) * Math.log1p(Math.abs(x));
}

/** Where x lies among the quantiles, from 0 to 1; the middle of those equal to it. */
function rankOf(x: number, { quantiles }: QuantileScaling): number {
  const last = quantiles.length - 1;
  if (last < 1) return 0.5;
  const below = positionIn(quantiles, (quantile) => quantile < x);
  const upTo = positionIn(quantiles, (quantile) => quantile <= x);
  if (upTo > below) return (below + upTo - 1) / 2 / last;
  if (below === 0) return 0;
  if (below > last) return 1;
  const left = quantiles[below - 1]!;
  return (below - 1 + (x - left) / (quantiles[below]! - left)) / last;
}

/** How many of ascending numbers, from the first on, are so. */
function positionIn(numbers: readonly number[], isSo: (number: number) => boolean): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(numbers[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function clipped(rank: number): number {
  return Math.min(1 - rankMargin, Math.max(rankMargin, rank));
}

function quantilesOf(values: RawValues): number[] {
  const sorted = sortedNumbers(values);
  const count = Math.min(mostQuantiles, sorted.length);
  if (count < 2) return [...sorted];
  return Array.from({ length: count }, (_, index) => quantile(sorted, index / (count - 1)));
}

/** Without NaN, ascending. */
export function sortedNumbers(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
}

/** By linear interpolation, as numpy's. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const left = sorted[below]!;
  return left + (at - below) * ((sorted[below + 1] ?? left) - left);
}
