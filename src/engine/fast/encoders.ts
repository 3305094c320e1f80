/**
 * Every verb as a command's words, one row each: its estimated nanoseconds on one thread, then the arguments that the
 * verb's `VERB` in kernels/*.h reads, in its order.
 */

import { linkNames, lossNames } from "../../tasks/losses.ts";
import { activationNames, activationOf } from "../activations.ts";
import { Matrix } from "../matrix.ts";
import { type RuleName, rules } from "../optimizers.ts";
import { type VerbName, type Verbs, verbNames } from "../verbs.ts";
import { type Words, within } from "./commands.ts";

/**
 * Nanoseconds per element on one thread of a 2.5 GHz Zen 3; half or twice as much does no harm. They decide
 * what is worth sharing among threads.
 */
const costs = {
  /** Per multiply-add. */
  gemm: 0.025,
  move: 0.12,
  dropout: 0.5,
  noise: 1.5,
  /** Per pixel. */
  warp: 2,
  /** Per displacement and weight of the bell, twice. */
  elastic: 0.1,
  /** Unless its row says otherwise. */
  activation: 1.5,
  loss: 4,
  norm: 0.8,
  penalize: 0.25,
  clip: 0.3,
} as const;

/** Names to their places in a table: what a command spells as a number. */
export function numbered<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>;
}

/** What a product's sums start from. */
export const starts = ["zero", "lanes", "rows", "self"] as const;

/** The functions that the kernels' activations and losses are made of, for tests of their accuracy. */
export const elementaryNames = ["exp", "expm1", "log", "log1p_unit", "erf"] as const;
export type ElementaryName = (typeof elementaryNames)[number];

/** The numbers of commands: every verb, and one that is for tests alone. */
export const ops = [...verbNames, "elementary"] as const;

export const opNumbers = numbered(ops);

export const ruleNames = Object.keys(rules) as RuleName[];

const startNumbers = numbered(starts);
const activationNumbers = numbered(activationNames);
const linkNumbers = numbered(linkNames);
const elementaryNumbers = numbered(elementaryNames);
const lossNumbers = numbered(lossNames);
const ruleNumbers = numbered(ruleNames);

export const encoders: { readonly [Name in VerbName]: (...args: Parameters<Verbs[Name]>) => Words } = {
  gemm(C, A, B, start = null) {
    const k = A.cols;
    return [
      costs.gemm * C.size * (k + 4),
      C,
      A,
      B,
      start,
      startNumbers[start === null ? "zero" : start === C ? "self" : "lanes"],
      C.rows,
      C.cols,
      k,
      A.transposed,
      B.transposed,
    ];
  },
  sumRows: (db, dZ) => [costs.move * dZ.size, db, dZ, dZ.rows, dZ.cols],
  gather(X, table, indices, first) {
    const isBytes = !(table instanceof Matrix);
    const [from, scale, shift] = isBytes ? [table.block, table.scale, table.shift] : [table, 1, 0];
    return [
      costs.move * X.size,
      isBytes,
      X,
      from,
      within(indices, 4 * first),
      X.rows,
      X.cols,
      scale,
      shift,
      table.rows,
    ];
  },
  bag: (Y, X, E, slots) => [
    costs.move * (X.rows * slots * E.cols + Y.size),
    Y,
    X,
    E,
    X.rows,
    X.cols,
    slots,
    E.rows,
    E.cols,
  ],
  indexRows: ({ first, next, marks }, X, slots) => [
    0,
    first,
    next,
    marks,
    X,
    X.rows,
    X.cols,
    slots,
    marks.cols,
  ],
  bagBackward: (dE, dX, dY, X, E, slots, { first, next }) => [
    costs.move * (X.rows * slots * dE.cols + X.size),
    dE,
    dX,
    E,
    dY,
    X,
    first,
    next,
    X.rows,
    X.cols,
    slots,
    dE.cols,
    dE.rows,
  ],
  clearRows: (M, { first }) => [costs.move * first.cols * M.cols, M, first, first.cols, M.cols, M.rows],
  warp: (Y, X, { maps, displacements, height, width, fill }, first) => [
    costs.warp * X.size,
    Y,
    X,
    within(maps, 4 * 6 * first),
    displacements,
    X.rows,
    height,
    width,
    fill,
  ],
  elastic: (D, { bell, alpha, height, width }, { k0, k1 }, first) => [
    costs.elastic * D.size * bell.cols,
    D,
    bell,
    bell.cols,
    alpha,
    k0,
    k1,
    (first * D.cols) % 2 ** 32,
    2 * D.rows,
    height,
    width,
  ],
  activate: (A, Z, g, parameter = 0) => [
    (activationOf(g).cost ?? costs.activation) * A.size,
    A,
    Z,
    activationNumbers[g],
    A.size,
    parameter,
  ],
  activateBackward: (dZ, dA, Z, A, g, parameter = 0) => [
    (activationOf(g).cost ?? costs.activation) * A.size,
    dZ,
    dA,
    Z,
    A,
    activationNumbers[g],
    A.size,
    parameter,
  ],
  loss: (dS, S, Y, rowWeights, { name, parameter, weights, blocks }, totals) => [
    costs.loss * S.size,
    dS,
    S,
    Y,
    rowWeights,
    weights,
    totals,
    lossNumbers[name],
    parameter,
    S.rows,
    S.cols,
    blocks,
    blocks?.cols ?? 1,
  ],
  dropout: (Y, X, p, { k0, k1 }) => [
    costs.dropout * Y.size,
    Y,
    X,
    Y.size,
    Math.ceil(p * 2 ** 32), // bits < p·2³², and bits are whole
    p < 1 ? 1 / (1 - p) : 0,
    k0,
    k1,
  ],
  gaussianNoise: (Y, X, std, { k0, k1 }) => [costs.noise * Y.size, Y, X, Y.size, std, k0, k1],
  batchNorm: (Y, X, gamma, beta, eps, state, running, training) => [
    costs.norm * X.size,
    Y,
    X,
    gamma,
    beta,
    eps,
    state.mean,
    state.inverseStd,
    X.rows,
    X.cols,
    running.mean,
    running.variance,
    running.momentum,
    training,
  ],
  batchNormBackward: normBackward,
  layerNorm: (Y, X, gamma, beta, eps, state) => [
    costs.norm * X.size,
    Y,
    X,
    gamma,
    beta,
    eps,
    state.mean,
    state.inverseStd,
    X.rows,
    X.cols,
  ],
  layerNormBackward: normBackward,
  rmsNorm: (Y, X, gamma, eps, inverse) => [costs.norm * X.size, Y, X, gamma, eps, inverse, X.rows, X.cols],
  rmsNormBackward: (dX, dGamma, dY, X, gamma, inverse) => [
    costs.norm * X.size,
    dX,
    dGamma,
    dY,
    X,
    gamma,
    inverse,
    X.rows,
    X.cols,
  ],
  fill: (Y, value) => [costs.move * Y.size, Y, Y.size, value],
  copy: (Y, X) => [costs.move * Y.size, Y, X, Y.size],
  add: (C, A, B) => [costs.move * C.size, C, A, B, C.size],
  scaleColumns: (Y, X, a, b) => [costs.move * Y.size, Y, X, a, b, X.rows, X.cols],
  sumProducts: (s, A, B) => [costs.move * A.size, s, A, B, A.rows, A.cols],
  average: (S, P, kind) => [costs.loss * P.size, S, P, linkNumbers[kind], P.rows / S.rows, S.rows, S.cols],
  optimize: (theta, gradient, [a, b, c], { rule, scalars }) => [
    rules[rule].cost * theta.size,
    ...[ruleNumbers[rule], theta, gradient, a, b, c],
    theta.size,
    ...rules[rule].scalars.map((name) => scalars[name]!),
  ],
  optimizeRows(theta, gradient, [a, b, c], { rule, scalars }, named) {
    const things = named?.first.cols ?? theta.rows;
    return [
      rules[rule].cost * theta.cols * (named ? things : things / 16),
      ...[ruleNumbers[rule], theta, gradient, a, b, c],
      ...[named?.first, things, theta.cols, theta.rows],
      ...rules[rule].scalars.map((name) => scalars[name]!),
    ];
  },
  lerp: (Y, X, share) => [costs.move * Y.size, Y, X, Y.size, share],
  penalize: (gradient, theta, l1, l2) => [costs.penalize * theta.size, gradient, theta, theta.size, l1, l2],
  limitRows: (W, maxNorm) => [costs.clip * W.size, W, W.rows, W.cols, maxNorm],
  clipNorm: (gradient, maxNorm, totals) => [
    costs.clip * gradient.size,
    gradient,
    gradient.size,
    maxNorm,
    totals,
  ],
  clipValue: (gradient, limit) => [costs.move * gradient.size, gradient, gradient.size, limit],
};

function normBackward(
  ...[dX, dGamma, dBeta, dY, X, gamma, state]: Parameters<Verbs["batchNormBackward"]>
): Words {
  return [costs.norm * X.size, dX, dGamma, dBeta, dY, X, gamma, state.mean, state.inverseStd, X.rows, X.cols];
}

/** For every verb, a function that hands its command to `enqueue`. */
export function commandVerbs(enqueue: (op: number, words: Words) => void): Verbs {
  const writers = Object.entries(encoders).map(([name, row]) => {
    const op = opNumbers[name as VerbName];
    const encode = row as (...args: unknown[]) => Words;
    return [name, (...args: unknown[]) => enqueue(op, encode(...args))];
  });
  return Object.fromEntries(writers) as Verbs;
}

export function encodeElementary(Y: Matrix, X: Matrix, f: ElementaryName): Words {
  return [costs.activation * Y.size, Y, X, elementaryNumbers[f], Y.size];
}
