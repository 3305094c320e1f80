/**
 * The formulas of the losses of outputs S against targets Y, one row each: the loss of one row of a batch, and its
 * gradient. What losses learn and which options they have is in src/tasks/losses.ts; how rows are weighted and summed
 * is up to the verb. The C twins are in kernels/losses.h.
 */
import type { Learns, LossName } from "../tasks/losses.ts";
import type { Floats, Matrix } from "./matrix.ts";
import { logistic, softplus } from "./special.ts";

/** What the verb `loss` is told of a loss. */
export interface LossRule {
  readonly name: LossName;
  /** From the spec's options, as the loss's row in src/tasks/losses.ts says. */
  readonly parameter: number;
  /** [1, outputs]: a weight for each class, or for each label where it is 1; of quantiles, which they are. */
  readonly weights: Matrix | null;
  /**
   * [1, targets], of losses that learn classes, without weights: how many outputs, one after the other, each target's
   * softmax is over. Losses of a row's targets are added. Absent: all outputs are of one target.
   */
  readonly blocks?: Matrix;
}

/** One row of a batch, or one target's part of it. */
export interface Part {
  readonly S: Floats;
  /** Its outputs s are `n` elements of S from here on. */
  at: number;
  n: number;
  readonly Y: Floats;
  /** Its targets y are elements of Y from here on. */
  target: number;
  readonly parameter: number;
  /** Of all outputs; null: all 1. */
  readonly weights: Floats | null;
  /** Elements as in S; null: no gradient is wanted. */
  readonly dS: Floats | null;
  /** What gradients are multiplied by: the row's share of the mean. */
  share: number;
}

/** The loss of a part; `share` · ∂L/∂s goes to dS. */
export type Formula = (part: Part) => number;

export const formulas = {
  cross_entropy: crossEntropy,
  focal,
  /** With w = 1: log(1 + eˢ) − y·s, derivative p − y. */
  bce_with_logits: mean({
    L: (s, y, _, w) => (1 - y) * s + (1 + (w - 1) * y) * softplus(-s),
    dL: (s, y, _, w) => 1 - y - (1 + (w - 1) * y) * logistic(-s),
  }),
  mse: mean({ L: (s, y) => (s - y) ** 2, dL: (s, y) => 2 * (s - y) }),
  half_squared_error: sum({ L: (s, y) => (s - y) ** 2 / 2, dL: (s, y) => s - y }),
  mae: mean({ L: (s, y) => Math.abs(s - y), dL: (s, y) => Math.sign(s - y) }),
  huber: mean({
    L: (s, y, delta) => {
      const r = Math.abs(s - y);
      return r <= delta ? (r * r) / 2 : delta * (r - delta / 2);
    },
    dL: (s, y, delta) => Math.min(Math.max(s - y, -delta), delta),
  }),
  smooth_l1: mean({
    L: (s, y, beta) => {
      const r = Math.abs(s - y);
      return r < beta ? (r * r) / (2 * beta) : r - beta / 2;
    },
    dL: (s, y, beta) => (Math.abs(s - y) < beta ? (s - y) / beta : Math.sign(s - y)),
  }),
  /** Of the logarithm s of the rate, without the constant log y!. */
  poisson_nll: mean({ L: (s, y) => Math.exp(s) - y * s, dL: (s, y) => Math.exp(s) - y }),
  quantile: quantiles,
  gaussian_nll: gaussian,
} satisfies Record<LossName, Formula>;

/** Of one output s and its target y, by itself; `q` is the parameter, `w` the output's weight. */
interface OfOutput {
  L(s: number, y: number, q: number, w: number): number;
  /** ∂L/∂s. */
  dL(s: number, y: number, q: number, w: number): number;
}

/** A part's loss is the mean over its outputs. */
function mean(of: OfOutput): Formula {
  return (part) => elementwise(part, of, 1 / part.n);
}

/** A part's loss is the sum over its outputs. */
function sum(of: OfOutput): Formula {
  return (part) => elementwise(part, of, 1);
}

/** perOutput · Σ_j L(s_j, y_j), and its gradient. */
function elementwise(part: Part, { L, dL }: OfOutput, perOutput: number): number {
  const { S, at, n, Y, target, parameter, weights, dS, share } = part;
  let loss = 0;
  for (let j = 0; j < n; j++) {
    const [s, y, w] = [S[at + j]!, Y[target + j]!, weights?.[j] ?? 1];
    loss += perOutput * L(s, y, parameter, w);
    if (dS) dS[at + j] = share * perOutput * dL(s, y, parameter, w);
  }
  return loss;
}

/**
 * With class weights c, label smoothing ε over n classes, and target t:
 * L = c_t (1 − ε)(logsumexp(s) − s_t) + ε/n Σ_j c_j (logsumexp(s) − s_j). Plain, ∂L/∂s = p − y.
 */
function crossEntropy({ S, at, n, Y, target, parameter: smoothing, weights, dS, share }: Part): number {
  const c = (j: number) => weights?.[j] ?? 1;
  const t = Y[target]!;
  const logSum = logSumExp(S, at, n);
  let smooth = 0;
  if (smoothing > 0) for (let j = 0; j < n; j++) smooth += c(j) * (logSum - S[at + j]!);
  if (dS) {
    let sumOfWeights = 0;
    for (let j = 0; j < n; j++) sumOfWeights += c(j);
    for (let j = 0; j < n; j++) {
      const p = Math.exp(S[at + j]! - logSum);
      const dHard = c(t) * (p - (j === t ? 1 : 0));
      const dSmooth = p * sumOfWeights - c(j);
      dS[at + j] = share * ((1 - smoothing) * dHard + (smoothing / n) * dSmooth);
    }
  }
  return (1 - smoothing) * c(t) * (logSum - S[at + t]!) + (smoothing / n) * smooth;
}

/**
 * Lin et al. 2017, over a softmax: with l = −log p_t of the target t and q = 1 − p_t, L = c_t q^γ l, so that rows
 * already right count little; ∂L/∂s = c_t q^γ (1 + γ p_t l/q)(p − y), with l/q = 1 where q is 0.
 */
function focal({ S, at, n, Y, target, parameter: gamma, weights, dS, share }: Part): number {
  const t = Y[target]!;
  const logSum = logSumExp(S, at, n);
  const l = logSum - S[at + t]!;
  const q = -Math.expm1(-l);
  const easy = (weights?.[t] ?? 1) * q ** gamma;
  if (dS) {
    const slope = share * easy * (1 + gamma * (1 - q) * (q > 0 ? l / q : 1));
    for (let j = 0; j < n; j++) dS[at + j] = slope * (Math.exp(S[at + j]! - logSum) - (j === t ? 1 : 0));
  }
  return easy * l;
}

/**
 * Outputs are means s, then as many logarithms v of variances: L is the mean of ½(v + (s − y)²/eᵛ), as
 * torch.nn.GaussianNLLLoss of the variance eᵛ. Below `least`, v counts as `least` and has no slope.
 */
function gaussian({ S, at, n, Y, target, parameter: least, dS, share }: Part): number {
  const count = n / 2;
  let loss = 0;
  for (let j = 0; j < count; j++) {
    const spread = S[at + count + j]!;
    const d = S[at + j]! - Y[target + j]!;
    const v = Math.max(spread, least);
    const precision = Math.exp(-v);
    loss += (0.5 * (v + d * d * precision)) / count;
    if (dS === null) continue;
    dS[at + j] = (share / count) * d * precision;
    dS[at + count + j] = spread < least ? 0 : (share / count) * 0.5 * (1 - d * d * precision);
  }
  return loss;
}

/**
 * Koenker and Bassett 1978, Regression Quantiles: L is the mean of max(q (y − s), (q − 1)(y − s)), which is least where a
 * share q of the y lies below s. `parameter` outputs, one after the other, are of one target; weights hold the q.
 */
function quantiles({ S, at, n, Y, target, parameter, weights, dS, share }: Part): number {
  const levels = Math.max(1, Math.floor(parameter));
  let loss = 0;
  for (let j = 0; j < n; j++) {
    const [s, y, q] = [S[at + j]!, Y[target + Math.floor(j / levels)]!, weights?.[j] ?? 1];
    loss += Math.max(q * (y - s), (q - 1) * (y - s)) / n;
    if (dS) dS[at + j] = (share / n) * (y > s ? -q : y < s ? 1 - q : 0);
  }
  return loss;
}

/** How many of a part's targets the outputs hit, by what the loss learns: for the accuracy of the training rows. */
export const hits = {
  /** The largest output is the target's. */
  classes: ({ S, at, n, Y, target }) => (largest(S, at, n) === Y[target] ? 1 : 0),
  labels({ S, at, n, Y, target }) {
    let hits = 0;
    for (let j = 0; j < n; j++) if (S[at + j]! > 0 === Y[target + j]! > 0.5) hits++;
    return hits;
  },
  numbers: () => 0,
} satisfies Record<Learns, (part: Part) => number>;

function largest(S: Floats, at: number, n: number): number {
  let largest = 0;
  for (let j = 1; j < n; j++) if (S[at + j]! > S[at + largest]!) largest = j;
  return largest;
}

/** log Σ_j e^(s_j), with the largest taken out so that nothing overflows. */
function logSumExp(S: Floats, at: number, n: number): number {
  const top = S[at + largest(S, at, n)]!;
  let sum = 0;
  for (let j = 0; j < n; j++) sum += Math.exp(S[at + j]! - top);
  return top + Math.log(sum);
}
