/** Losses of logits S against targets Y, one row each, and the mean over a batch's weighted rows. */
import type { LossName } from "../../tasks/losses.ts";
import type { LossRule } from "../backend.ts";
import { Matrix, type Totals, totalCells } from "../matrix.ts";
import { logistic, softplus } from "./special.ts";

interface ElementwiseLoss {
  /** Of one output s and its target y; `q` is the rule's parameter, `w` the output's positive weight. */
  L(s: number, y: number, q: number, w: number): number;
  /** ∂L/∂s. */
  dL(s: number, y: number, q: number, w: number): number;
  /** A row's loss is the mean over its outputs, or their sum. */
  over: "mean" | "sum";
}

export const elementwiseLosses = {
  /** With w = 1: log(1 + eˢ) − y·s, derivative p − y. */
  bce_with_logits: {
    L: (s, y, _, w) => (1 - y) * s + (1 + (w - 1) * y) * softplus(-s),
    dL: (s, y, _, w) => 1 - y - (1 + (w - 1) * y) * logistic(-s),
    over: "mean",
  },
  mse: { L: (s, y) => (s - y) ** 2, dL: (s, y) => 2 * (s - y), over: "mean" },
  half_squared_error: { L: (s, y) => (s - y) ** 2 / 2, dL: (s, y) => s - y, over: "sum" },
  mae: { L: (s, y) => Math.abs(s - y), dL: (s, y) => Math.sign(s - y), over: "mean" },
  huber: {
    L: (s, y, delta) => {
      const r = Math.abs(s - y);
      return r <= delta ? (r * r) / 2 : delta * (r - delta / 2);
    },
    dL: (s, y, delta) => Math.min(Math.max(s - y, -delta), delta),
    over: "mean",
  },
  smooth_l1: {
    L: (s, y, beta) => {
      const r = Math.abs(s - y);
      return r < beta ? (r * r) / (2 * beta) : r - beta / 2;
    },
    dL: (s, y, beta) => (Math.abs(s - y) < beta ? (s - y) / beta : Math.sign(s - y)),
    over: "mean",
  },
  /** Of the logarithm s of the rate, without the constant log y!. */
  poisson_nll: { L: (s, y) => Math.exp(s) - y * s, dL: (s, y) => Math.exp(s) - y, over: "mean" },
  quantile: {
    L: (s, y, q) => Math.max(q * (y - s), (q - 1) * (y - s)),
    dL: (s, y, q) => (y > s ? -q : y < s ? 1 - q : 0),
    over: "mean",
  },
} satisfies Record<Exclude<LossName, "cross_entropy" | "focal" | "gaussian_nll">, ElementwiseLoss>;

/** The loss's sums into `totals`, and dS for L = Σ_r w_r L_r / Σ_r w_r. */
export function loss(
  dS: Matrix | null,
  S: Matrix,
  Y: Matrix,
  rowWeights: Matrix | null,
  rule: LossRule,
  totals: Totals,
): void {
  if (rule.blocks) blockwise(dS, S, Y, rowWeights, rule, rule.blocks, totals);
  else if (rule.name === "cross_entropy") crossEntropy(dS, S, Y, rowWeights, rule, totals);
  else if (rule.name === "focal") focal(dS, S, Y, rowWeights, rule, totals);
  else if (rule.name === "gaussian_nll") gaussian(dS, S, Y, rowWeights, rule, totals);
  else elementwise(dS, S, Y, rowWeights, rule, elementwiseLosses[rule.name], totals);
}

/** The losses of several targets, added: each of its own outputs, the next ones of every row. */
function blockwise(
  dS: Matrix | null,
  S: Matrix,
  Y: Matrix,
  rowWeights: Matrix | null,
  { name, parameter, weights }: LossRule,
  { values: widths }: Matrix,
  { values: totals }: Totals,
): void {
  let first = 0;
  for (const [target, n] of widths.entries()) {
    const dOwn = dS && newMatrix(S.rows, n);
    const sums = { address: 0, length: totalCells.count, values: new Float64Array(totalCells.count) };
    loss(
      dOwn,
      columnsOf(S, first, n),
      columnsOf(Y, target, 1),
      rowWeights,
      { name, parameter, weights },
      sums,
    );
    for (let i = 0; dS && dOwn && i < dOwn.size; i++)
      dS.values[Math.floor(i / n) * S.cols + first + (i % n)] = dOwn.values[i]!;
    totals[totalCells.loss]! += sums.values[totalCells.loss]!;
    totals[totalCells.correct]! += sums.values[totalCells.correct]!;
    if (target === 0) totals[totalCells.weight]! += sums.values[totalCells.weight]!;
    first += n;
  }
  totals[totalCells.rows]! += S.rows;
}

/** A copy of n columns. */
function columnsOf(M: Matrix, first: number, n: number): Matrix {
  const own = newMatrix(M.rows, n);
  for (let i = 0; i < own.size; i++) own.values[i] = M.values[Math.floor(i / n) * M.cols + first + (i % n)]!;
  return own;
}

function newMatrix(rows: number, cols: number): Matrix {
  return new Matrix(
    { address: 0, length: rows * cols, values: new Float64Array(rows * cols) },
    0,
    rows,
    cols,
  );
}

/**
 * With class weights c, label smoothing ε over n classes, and target t:
 * L_r = c_t (1 − ε)(logsumexp(s) − s_t) + ε/n Σ_j c_j (logsumexp(s) − s_j), and w_r L_r / Σ w_r c_t over rows.
 * Plain, that is dS = (p − y)/B.
 */
function crossEntropy(
  dS: Matrix | null,
  S: Matrix,
  Y: Matrix,
  rowWeights: Matrix | null,
  { parameter: smoothing, weights }: LossRule,
  { values: totals }: Totals,
): void {
  const n = S.cols;
  const s = S.block.values;
  const classWeight = (j: number) => (weights ? weights.block.values[weights.offset + j]! : 1);
  let weightOfBatch = 0;
  for (let r = 0; r < S.rows; r++) weightOfBatch += weightOf(rowWeights, r) * classWeight(target(Y, r));
  const share = weightOfBatch > 0 ? 1 / weightOfBatch : 0;
  let sumOfWeights = 0;
  for (let j = 0; j < n; j++) sumOfWeights += classWeight(j);

  for (let r = 0; r < S.rows; r++) {
    const row = S.offset + r * n;
    const t = target(Y, r);
    const w = weightOf(rowWeights, r);
    const { logSumExp, largest } = softmaxRow(s, row, n);
    let smooth = 0;
    if (smoothing > 0) for (let j = 0; j < n; j++) smooth += classWeight(j) * (logSumExp - s[row + j]!);
    const hard = classWeight(t) * (logSumExp - s[row + t]!);
    totals[totalCells.loss]! += w * ((1 - smoothing) * hard + (smoothing / n) * smooth);
    totals[totalCells.correct]! += largest === t ? 1 : 0;
    if (dS === null) continue;
    const ds = dS.block.values;
    for (let j = 0; j < n; j++) {
      const p = Math.exp(s[row + j]! - logSumExp);
      const dHard = classWeight(t) * (p - (j === t ? 1 : 0));
      const dSmooth = p * sumOfWeights - classWeight(j);
      ds[dS.offset + r * n + j] = w * share * ((1 - smoothing) * dHard + (smoothing / n) * dSmooth);
    }
  }
  totals[totalCells.weight]! += weightOfBatch;
  totals[totalCells.rows]! += S.rows;
}

/**
 * Lin et al. 2017, over a softmax: with l = −log p_t of the target t and q = 1 − p_t, L_r = c_t q^γ l, so that rows
 * already right count little; dS = c_t q^γ (1 + γ p_t l/q)(p − y), with l/q = 1 where q is 0.
 */
function focal(
  dS: Matrix | null,
  S: Matrix,
  Y: Matrix,
  rowWeights: Matrix | null,
  { parameter: gamma, weights }: LossRule,
  { values: totals }: Totals,
): void {
  const n = S.cols;
  const s = S.block.values;
  const weight = (r: number) =>
    weightOf(rowWeights, r) * (weights ? weights.block.values[weights.offset + target(Y, r)]! : 1);
  let weightOfBatch = 0;
  for (let r = 0; r < S.rows; r++) weightOfBatch += weight(r);
  const share = weightOfBatch > 0 ? 1 / weightOfBatch : 0;
  for (let r = 0; r < S.rows; r++) {
    const row = S.offset + r * n;
    const t = target(Y, r);
    const { logSumExp, largest } = softmaxRow(s, row, n);
    const l = logSumExp - s[row + t]!;
    const q = -Math.expm1(-l);
    const easy = weight(r) * q ** gamma;
    totals[totalCells.loss]! += easy * l;
    totals[totalCells.correct]! += largest === t ? 1 : 0;
    if (dS === null) continue;
    const slope = share * easy * (1 + gamma * (1 - q) * (q > 0 ? l / q : 1));
    for (let j = 0; j < n; j++) {
      const p = Math.exp(s[row + j]! - logSumExp);
      dS.block.values[dS.offset + r * n + j] = slope * (p - (j === t ? 1 : 0));
    }
  }
  totals[totalCells.weight]! += weightOfBatch;
  totals[totalCells.rows]! += S.rows;
}

/**
 * Outputs are means s, then as many logarithms v of variances: L_r is the mean of ½(v + (s − y)²/eᵛ), as
 * torch.nn.GaussianNLLLoss of the variance eᵛ. Below `least`, v counts as `least` and has no slope.
 */
function gaussian(
  dS: Matrix | null,
  S: Matrix,
  Y: Matrix,
  rowWeights: Matrix | null,
  { parameter: least }: LossRule,
  { values: totals }: Totals,
): void {
  const n = Y.cols;
  const s = S.values;
  const y = Y.values;
  let weightOfBatch = 0;
  for (let r = 0; r < S.rows; r++) weightOfBatch += weightOf(rowWeights, r);
  const share = weightOfBatch > 0 ? 1 / (n * weightOfBatch) : 0;
  for (let r = 0; r < S.rows; r++) {
    const w = weightOf(rowWeights, r);
    for (let j = 0; j < n; j++) {
      const [mean, spread] = [2 * n * r + j, 2 * n * r + n + j];
      const d = s[mean]! - y[n * r + j]!;
      const v = Math.max(s[spread]!, least);
      const precision = Math.exp(-v);
      totals[totalCells.loss]! += (w / n) * 0.5 * (v + d * d * precision);
      if (dS === null) continue;
      dS.values[mean] = w * share * d * precision;
      dS.values[spread] = s[spread]! < least ? 0 : w * share * 0.5 * (1 - d * d * precision);
    }
  }
  totals[totalCells.weight]! += weightOfBatch;
  totals[totalCells.rows]! += S.rows;
}

/** L = Σ_r w_r Σ_j L(s_rj, y_rj) / (n Σ_r w_r), without n where a row's loss is a sum. */
function elementwise(
  dS: Matrix | null,
  S: Matrix,
  Y: Matrix,
  rowWeights: Matrix | null,
  { name, parameter, weights }: LossRule,
  { L, dL, over }: ElementwiseLoss,
  { values: totals }: Totals,
): void {
  const n = S.cols;
  const s = S.block.values;
  const y = Y.block.values;
  const perOutput = over === "mean" ? 1 / n : 1;
  let weightOfBatch = 0;
  for (let r = 0; r < S.rows; r++) weightOfBatch += weightOf(rowWeights, r);
  const share = weightOfBatch > 0 ? perOutput / weightOfBatch : 0;

  for (let r = 0; r < S.rows; r++) {
    const w = weightOf(rowWeights, r);
    for (let j = 0; j < n; j++) {
      const i = r * n + j;
      const score = s[S.offset + i]!;
      const wanted = y[Y.offset + i]!;
      const positive = weights ? weights.block.values[weights.offset + j]! : 1;
      totals[totalCells.loss]! += w * perOutput * L(score, wanted, parameter, positive);
      if (name === "bce_with_logits" && score > 0 === wanted > 0.5) totals[totalCells.correct]! += 1;
      if (dS) dS.block.values[dS.offset + i] = w * share * dL(score, wanted, parameter, positive);
    }
  }
  totals[totalCells.weight]! += weightOfBatch;
  totals[totalCells.rows]! += S.rows;
}

/** log Σ_j e^(s_j), with the largest score taken out so that nothing overflows, and which one that is. */
function softmaxRow(s: ArrayLike<number>, row: number, n: number): { logSumExp: number; largest: number } {
  let largest = 0;
  for (let j = 1; j < n; j++) if (s[row + j]! > s[row + largest]!) largest = j;
  const top = s[row + largest]!;
  let sum = 0;
  for (let j = 0; j < n; j++) sum += Math.exp(s[row + j]! - top);
  return { logSumExp: top + Math.log(sum), largest };
}

const target = (Y: Matrix, r: number) => Y.block.values[Y.offset + r]!;
const weightOf = (rowWeights: Matrix | null, r: number) =>
  rowWeights ? rowWeights.block.values[rowWeights.offset + r]! : 1;
