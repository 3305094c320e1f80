/** Ensembles in one network: columns scaled by a member's own vectors, and the mean of what members answer. */

import type { Link } from "../../tasks/losses.ts";
import type { Floats } from "../matrix.ts";
import { softplus } from "../special.ts";
import type { Verbs } from "../verbs.ts";

/** Y = X ∘ a + b, with a and b for every row. */
export const scaleColumns: Verbs["scaleColumns"] = (Y, X, a, b) => {
  const [y, x, factors, shifts] = [Y.host, X.host, a.host, b?.host];
  for (let i = 0; i < y.length; i++) y[i] = x[i]! * factors[i % X.cols]! + (shifts?.[i % X.cols] ?? 0);
};

/** s = Σ_rows A ∘ B. */
export const sumProducts: Verbs["sumProducts"] = (s, A, B) => {
  const sums = new Float64Array(A.cols);
  const [a, b] = [A.host, B.host];
  for (let i = 0; i < a.length; i++) sums[i % A.cols]! += a[i]! * b[i]!;
  s.host.set(sums);
};

/** S, whose meaning is the mean of the meanings of members' outputs P [k·B, n]; P is used up. */
export const average: Verbs["average"] = (S, P, kind) => {
  const s = S.host;
  const p = P.host;
  const k = P.rows / S.rows;
  if (kind === "gaussian") {
    for (let r = 0; r < S.rows; r++) averageGaussians(s, p, r * S.cols, S.cols / 2, k);
    return;
  }
  if (kind === "softmax") for (let first = 0; first < p.length; first += S.cols) logSoftmax(p, first, S.cols);
  const members = new Float64Array(k);
  for (let i = 0; i < s.length; i++) {
    for (let m = 0; m < k; m++) members[m] = p[m * s.length + i]!;
    s[i] = means[kind](members);
  }
};

const means = {
  identity: (p) => p.reduce((sum, value) => sum + value, 0) / p.length,
  exp: (p) => logMeanExp(p),
  /** The logit of the mean probability. */
  sigmoid: (p) =>
    logMeanExp(p.map((value) => -softplus(-value))) - logMeanExp(p.map((value) => -softplus(value))),
  /** Of logarithms of probabilities: their logits. */
  softmax: (p) => logMeanExp(p),
} satisfies Record<Exclude<Link, "gaussian">, (p: Float64Array) => number>;

function logMeanExp(p: Float64Array): number {
  const top = Math.max(...p);
  return top + Math.log(p.reduce((sum, value) => sum + Math.exp(value - top), 0) / p.length);
}

/** A row s − logsumexp(s), in place. */
function logSoftmax(p: Floats, first: number, n: number): void {
  let top = -Infinity;
  for (let i = first; i < first + n; i++) top = Math.max(top, p[i]!);
  let sum = 0;
  for (let i = first; i < first + n; i++) sum += Math.exp(p[i]! - top);
  for (let i = first; i < first + n; i++) p[i] = p[i]! - top - Math.log(sum);
}

/** The smallest normal 32-bit number: its logarithm is finite. */
const leastVariance = 2 ** -126;

/** Variances are counted in units of at least e to this power, so that a distance over them is finite. */
const leastLogUnit = -40;

/** Of a row, whose first n outputs are means μ and the next n logarithms of variances: the mixture's own. */
function averageGaussians(s: Floats, p: Floats, row: number, n: number, k: number): void {
  const size = s.length;
  for (let j = row; j < row + n; j++) {
    let mean = 0;
    let unit = leastLogUnit;
    for (let m = 0; m < k; m++) {
      mean += p[m * size + j]! / k;
      unit = Math.max(unit, p[m * size + j + n]!);
    }
    let variance = 0;
    for (let m = 0; m < k; m++) {
      const d = p[m * size + j]! - mean;
      variance += (Math.exp(p[m * size + j + n]! - unit) + d * d * Math.exp(-unit)) / k;
    }
    s[j] = mean;
    s[j + n] = unit + Math.log(Math.max(variance, leastVariance));
  }
}
