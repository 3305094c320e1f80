/** What keeps gradients and weights small, and averages of them: clipping, penalties, max-norm, lerp. */
import { totalCells } from "../matrix.ts";
import type { Verbs } from "../verbs.ts";

/** Y += share · (X − Y). */
export const lerp: Verbs["lerp"] = (Y, X, share) => {
  const y = Y.host;
  const x = X.host;
  if (share === 1) y.set(x);
  else for (let i = 0; i < y.length; i++) y[i] = y[i]! + share * (x[i]! - y[i]!);
};

/** gradient += l1 · sign(θ) + l2 · θ. */
export const penalize: Verbs["penalize"] = (gradient, theta, l1, l2) => {
  const g = gradient.host;
  const t = theta.host;
  for (let i = 0; i < g.length; i++) g[i] = g[i]! + (l1 * Math.sign(t[i]!) + l2 * t[i]!);
};

/** Every row ·= min(1, maxNorm / ‖row‖₂). */
export const limitRows: Verbs["limitRows"] = (W, maxNorm) => {
  const w = W.host;
  for (let first = 0; first < w.length; first += W.cols) {
    const scale = maxNorm / norm(w, first, first + W.cols);
    if (scale < 1) for (let i = first; i < first + W.cols; i++) w[i] = w[i]! * scale;
  }
};

/** gradient ·= min(1, maxNorm / (‖gradient‖₂ + 1e-6)); the norm before clipping goes to `totals`. */
export const clipNorm: Verbs["clipNorm"] = (gradient, maxNorm, totals) => {
  const g = gradient.host;
  const length = norm(g, 0, g.length);
  totals.host[totalCells.gradientNorm] = length;
  const scale = maxNorm / (length + 1e-6);
  if (scale < 1) for (let i = 0; i < g.length; i++) g[i] = g[i]! * scale;
};

/** Every element into [−limit, limit]. */
export const clipValue: Verbs["clipValue"] = (gradient, limit) => {
  const g = gradient.host;
  for (let i = 0; i < g.length; i++) g[i] = Math.min(Math.max(g[i]!, -limit), limit);
};

function norm(values: ArrayLike<number>, first: number, end: number): number {
  let squares = 0;
  for (let i = first; i < end; i++) squares += values[i]! ** 2;
  return Math.sqrt(squares);
}
