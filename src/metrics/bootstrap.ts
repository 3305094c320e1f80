/**
 * Intervals by the Poisson bootstrap: in each of many samples a row is in as often as a Poisson number of mean 1
 * says, so that rows need not be drawn from all others and can come in any batches (Chamandy et al. 2012).
 * Rows are dealt to groups that are drawn as one: a row alone up to 1024 rows, some at random beyond, which
 * leaves a sum's variance what it is. So what is kept does not grow with the rows.
 */
import { type RandomKey, randomBits, randomNormal, randomUniform, streamKey } from "../support/random.ts";

/** How often rows are in a sample. */
export interface Sample {
  /** How often the rows of each group; null: every row once. */
  readonly weights: Uint8Array | null;
  /** How many of the n rows of a cell, drawn apart from the weights. */
  count(n: number): number;
}

export type Interval = readonly [low: number, high: number];

export const allRows: Sample = { weights: null, count: (n) => n };

/** More leave the width of an interval less to chance: it is right to 1/√(2 · 1024), some 2 %. */
export const mostGroups = 1024;

const dealing = streamKey(0, "bootstrap");

export function groupOf(row: number): number {
  return row < mostGroups ? row : randomBits(dealing, row) % mostGroups;
}

/** Sample number `index`, from 1: the same for all evaluations, so that equal rows have equal intervals. */
export function drawSample(index: number): Sample {
  const key = streamKey(0, "bootstrap", index);
  let drawn = mostGroups;
  let weights = weightsOf.get(index);
  if (!weights) {
    weights = Uint8Array.from({ length: mostGroups }, (_, group) => poisson(1, key, group));
    weightsOf.set(index, weights);
  }
  return { weights, count: (n) => poisson(n, key, drawn++) };
}

const weightsOf = new Map<number, Uint8Array>();

/** Where the middle 95 % of a figure's values in the samples lie; null where it is mostly not defined. */
export function middle(values: readonly number[]): Interval | null {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  if (sorted.length < values.length / 2) return null;
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** Sums of several numbers a row, kept by group. */
export class GroupedSums {
  /** [groups × width] */
  readonly values: Float64Array;
  /** Up to here they are of groups that have rows. */
  private end = 0;

  /** @param isGrouped false: one group, of which no samples can be drawn */
  constructor(
    private readonly width: number,
    private readonly isGrouped: boolean,
  ) {
    this.values = new Float64Array((isGrouped ? mostGroups : 1) * width);
  }

  /** Where the sums of a row's group begin in `values`. */
  at(row: number): number {
    const at = this.isGrouped ? groupOf(row) * this.width : 0;
    this.end = Math.max(this.end, at + this.width);
    return at;
  }

  /** The sums over a sample. */
  total({ weights }: Sample): Float64Array {
    const { width, values, end } = this;
    const total = new Float64Array(width);
    for (let group = 0, at = 0; at < end; group++, at += width) {
      const weight = weights ? weights[group]! : 1;
      if (weight !== 0) for (let j = 0; j < width; j++) total[j]! += weight * values[at + j]!;
    }
    return total;
  }
}

/** Above, a Poisson number is a normal one, rounded. */
const normalFrom = 64;
const atZero = Float64Array.from({ length: normalFrom }, (_, mean) => Math.exp(-mean));

/** A Poisson number of a whole mean, by inversion. */
function poisson(mean: number, key: RandomKey, index: number): number {
  if (mean === 0) return 0;
  if (mean >= normalFrom) return Math.max(0, Math.round(mean + Math.sqrt(mean) * randomNormal(key, index)));
  let left = randomUniform(key, 2 * index);
  let count = 0;
  for (let p = atZero[mean]!; left >= p && count < 4 * normalFrom; p *= mean / count) {
    left -= p;
    count++;
  }
  return count;
}

/** Between the nearest two, of ascending values. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return a === b ? a : a + (at - below) * (b - a);
}
