/** Whether one model does better than another on the same rows, or may only have been lucky. */
import { randomUniform, streamKey } from "../support/random.ts";

export interface PairedDifference {
  /** Mean over rows of the second less the first. */
  readonly difference: number;
  /** With 95 % confidence it lies in between. */
  readonly low: number;
  readonly high: number;
}

const resamples = { most: 2000, least: 200, draws: 4e7 };
const tail = 0.025;

/** Rows are drawn anew with their pair: percentile bootstrap (Efron 1979); equal inputs give equal intervals. */
export function pairedDifference(first: ArrayLike<number>, second: ArrayLike<number>): PairedDifference {
  const rows = first.length;
  const differences = Float64Array.from({ length: rows }, (_, i) => second[i]! - first[i]!);
  const difference = meanOf(differences);
  const count = Math.max(resamples.least, Math.min(resamples.most, Math.floor(resamples.draws / rows)));
  const key = streamKey(0, "bootstrap");
  const means = Float64Array.from({ length: count }, (_, resample) => {
    let sum = 0;
    for (let i = 0; i < rows; i++)
      sum += differences[Math.floor(randomUniform(key, resample * rows + i) * rows)]!;
    return sum / rows;
  }).sort();
  const at = (share: number) => means[Math.min(count - 1, Math.max(0, Math.round(share * (count - 1))))]!;
  return { difference, low: at(tail), high: at(1 - tail) };
}

export interface McNemar {
  /** Rows that only the first has right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Of so uneven a share, or one more so, were both models as good: two-sided, exact. */
  readonly p: number;
}

/** Of answers that are right (1) or wrong (0); McNemar 1947, by the binomial distribution. */
export function mcNemar(first: ArrayLike<number>, second: ArrayLike<number>): McNemar {
  let [onlyFirst, onlySecond] = [0, 0];
  for (let i = 0; i < first.length; i++) {
    if (first[i]! > second[i]!) onlyFirst++;
    else if (second[i]! > first[i]!) onlySecond++;
  }
  const n = onlyFirst + onlySecond;
  let [logTerm, sum] = [-n * Math.LN2, 0];
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return { onlyFirst, onlySecond, p: Math.min(1, 2 * sum) };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
