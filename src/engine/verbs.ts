/**
 * The verbs of a training step. Each stands here once: its signature, its formula, its shapes, and the check of these
 * shapes for every backend. How a verb is computed is up to the backend. Verbs enqueue and return nothing.
 *
 * `d<name>` is ∂L/∂<name> and has the shape of `<name>`. The factor 1/B stands in `loss` alone.
 */
import type { RandomKey } from "../support/random.ts";
import { type Link, losses, targetWidthOf } from "../tasks/losses.ts";
import type { ActivationName } from "./activations.ts";
import type { LossRule } from "./losses.ts";
import { type Indices, type Matrix, type NamedRows, type Table, type Totals, totalCells } from "./matrix.ts";
import type { OptimizerStep } from "./optimizers.ts";
import { check, isPlain, isRow, same, shape } from "./shapes.ts";

/** Saved by a normalisation's forward pass for its backward pass, and its running statistics. */
export interface NormState {
  /** [1, width] over the batch, or [1, rows] over the features. */
  readonly mean: Matrix;
  /** 1/√(variance + eps), shaped as `mean`. */
  readonly inverseStd: Matrix;
}

export interface RunningStats {
  /** [1, width]. */
  readonly mean: Matrix;
  /** [1, width], with the unbiased variance, as torch keeps it. */
  readonly variance: Matrix;
  /** Share of the new batch. */
  readonly momentum: number;
}

/** How images are resampled: see `CheckedVerbs.warp`. */
export interface Warp {
  /** [N, 6]: a map a, b, c, d, e, f from places in the new image to places in the old one. */
  readonly maps: Matrix;
  /** [B, 2·height·width], from `CheckedVerbs.elastic`: pixels to move on by, dx of an image, then dy. */
  readonly displacements: Matrix | null;
  readonly height: number;
  readonly width: number;
  /** What lies around an image: its background. */
  readonly fill: number;
}

/** Random displacements that vary smoothly: see `CheckedVerbs.elastic`. */
export interface Elastic {
  /** [1, 2·radius + 1]: the smoothing weights, symmetric. */
  readonly bell: Matrix;
  readonly alpha: number;
  readonly height: number;
  readonly width: number;
}

/** What a backend computes: every verb, its shapes checked already. */
export type Verbs = { readonly [Name in VerbName]: CheckedVerbs[Name] };
export type VerbName = keyof CheckedVerbs;

/** Every verb: checks the shapes, then passes the call on. */
export class CheckedVerbs {
  constructor(private readonly unchecked: Verbs) {}

  // --- products ------------------------------------------------------------------------------

  /**
   * C [m,n] = A [m,k] · B [k,n]; either factor may be a `.T`, not both. The sum starts from zero, from a
   * row `start` [1,n] (a bias: Z = X Wᵀ + b), or from C itself (`start === C`: C += A B), and runs over k
   * in order.
   */
  gemm(C: Matrix, A: Matrix, B: Matrix, start: Matrix | null = null): void {
    check(!C.transposed && !(A.transposed && B.transposed), "gemm: C is plain, and A or B is");
    check(
      A.cols === B.rows && C.rows === A.rows && C.cols === B.cols,
      () => `gemm: ${shape(C)} = ${shape(A)} · ${shape(B)}`,
    );
    check(
      start === null || start === C || isRow(start, C.cols),
      () => `gemm: start ${start && shape(start)} for ${shape(C)}`,
    );
    this.unchecked.gemm(C, A, B, start);
  }

  /** db [1,n] = Σ_rows dZ [m,n]. */
  sumRows(db: Matrix, dZ: Matrix): void {
    check(isRow(db, dZ.cols), () => `sumRows: ${shape(db)} from ${shape(dZ)}`);
    this.unchecked.sumRows(db, dZ);
  }

  // --- batches -------------------------------------------------------------------------------

  /** X[r,:] = table[indices[first + r],:] for every row r of X; bytes become byte · scale + shift. */
  gather(X: Matrix, table: Table, indices: Indices, first: number): void {
    check(
      X.cols === table.cols && first >= 0 && first + X.rows <= indices.length,
      () => `gather: ${shape(X)} from ${shape(table)}, indices ${first}… of ${indices.length}`,
    );
    this.unchecked.gather(X, table, indices, first);
  }

  // --- sparse inputs -------------------------------------------------------------------------

  /**
   * Y = [S E | X₁] of X = [X₁ | numbers | weights], numbers and weights [B,slots] each: S [B,m] is 0 but for
   * S[r, numbers[r,k]] = weights[r,k], k up to the first number that is none of E's rows. E [m,n]; the sums run over k
   * in order.
   */
  bag(Y: Matrix, X: Matrix, E: Matrix, slots: number): void {
    check(
      isPlain(Y, X, E) && Y.rows === X.rows && Y.cols === E.cols + X.cols - 2 * slots && X.cols >= 2 * slots,
      () => `bag: ${shape(Y)} from ${shape(X)} with ${slots} slots and ${shape(E)}`,
    );
    this.unchecked.bag(Y, X, E, slots);
  }

  /** Which rows of a table the numbers in X name, as {@link NamedRows} has it. */
  indexRows(named: NamedRows, X: Matrix, slots: number): void {
    const entries = X.rows * slots;
    check(
      isPlain(X) && X.cols >= 2 * slots && isRow(named.first, entries) && isRow(named.next, entries),
      () => `indexRows: ${shape(named.first)} of ${shape(X)} with ${slots} slots`,
    );
    this.unchecked.indexRows(named, X, slots);
  }

  /**
   * dE = Sᵀ dY in the rows that X names, over entries in order; other rows stay. dX, unless null, is dX₁, zeros, as
   * numbers have no slope, and of the weights dY · E[number].
   */
  bagBackward(
    dE: Matrix,
    dX: Matrix | null,
    dY: Matrix,
    X: Matrix,
    E: Matrix,
    slots: number,
    named: NamedRows,
  ): void {
    check(
      isPlain(dE, dY, X) && same(dE, E) && dY.rows === X.rows && dY.cols === dE.cols + X.cols - 2 * slots,
      () => `bagBackward: ${shape(dE)} from ${shape(dY)} and ${shape(X)} with ${slots} slots`,
    );
    check(dX === null || same(dX, X), () => `bagBackward: dX ${dX && shape(dX)}`);
    check(isRow(named.first, X.rows * slots), () => `bagBackward: ${shape(named.first)} of ${shape(X)}`);
    this.unchecked.bagBackward(dE, dX, dY, X, E, slots, named);
  }

  /** The named rows of M become 0. */
  clearRows(M: Matrix, { first }: Pick<NamedRows, "first">): void {
    check(isPlain(M), () => `clearRows: ${shape(M)}`);
    this.unchecked.clearRows(M, { first });
  }

  // --- images --------------------------------------------------------------------------------

  /**
   * Images X [B, height·width] resampled: with u = column − (width − 1)/2 and v = row − (height − 1)/2,
   * Y_r(u, v) = X_r(a·u + b·v + c + dx, d·u + e·v + f + dy), read between pixels bilinearly. The map is row
   * first + r of `maps`; a, b, c, d, e, f = 1, 0, 0, 0, 1, 0 changes nothing.
   */
  warp(Y: Matrix, X: Matrix, rule: Warp, first: number): void {
    const { maps, displacements, height, width } = rule;
    check(
      same(Y, X) && X.cols === height * width && maps.cols === 6 && first >= 0 && first + X.rows <= maps.rows,
      () => `warp: ${shape(Y)} from ${shape(X)}, ${height} × ${width}, maps ${first}… of ${shape(maps)}`,
    );
    check(
      displacements === null || (displacements.rows === X.rows && displacements.cols === 2 * X.cols),
      () => `warp: displacements ${displacements && shape(displacements)} of ${shape(X)}`,
    );
    this.unchecked.warp(Y, X, rule, first);
  }

  /**
   * Displacements D [B, 2·height·width] as Simard, Steinkraus and Platt 2003 make them: uniform noise in
   * [−1, 1], number (first·2·height·width + i) of the key's stream for element i, smoothed by `bell` along
   * rows, then columns (around an image the noise is 0), times alpha.
   */
  elastic(D: Matrix, rule: Elastic, key: RandomKey, first: number): void {
    const { bell, height, width } = rule;
    check(
      !D.transposed && D.cols === 2 * height * width && bell.rows === 1 && bell.cols % 2 === 1,
      () => `elastic: ${shape(D)} for ${height} × ${width}, bell ${shape(bell)}`,
    );
    this.unchecked.elastic(D, rule, key, first);
  }

  // --- activations, losses -------------------------------------------------------------------

  /** A = g(Z), elementwise, by the row of g in activations.ts; A may be Z. */
  activate(A: Matrix, Z: Matrix, g: ActivationName, parameter = 0): void {
    check(same(A, Z), () => `activate: ${shape(A)} from ${shape(Z)}`);
    this.unchecked.activate(A, Z, g, parameter);
  }

  /**
   * dZ = dA ⊙ g′(Z); dZ may be dA. A = g(Z) is given too, for the g whose derivative is simpler in A. For those
   * that work in place Z may be A itself.
   */
  activateBackward(dZ: Matrix, dA: Matrix, Z: Matrix, A: Matrix, g: ActivationName, parameter = 0): void {
    check(
      same(dZ, dA) && same(dZ, Z) && same(dZ, A),
      () => `activateBackward: ${shape(dZ)}, ${shape(dA)}, ${shape(Z)}, ${shape(A)}`,
    );
    this.unchecked.activateBackward(dZ, dA, Z, A, g, parameter);
  }

  /**
   * The loss of outputs S [B,n] against targets Y, its gradient dS (unless null: evaluation) for the mean
   * over the batch's (weighted) rows, and sums added to `totals`. Y [B,1] holds class numbers for
   * cross_entropy and focal ([B,targets] for outputs in blocks), [B,n/2] is for gaussian_nll, whose outputs are
   * means, then logarithms of variances, [B,n/k] for quantile with k = `parameter` outputs for each target, whose
   * quantiles are its weights, else [B,n]. Per row: Σ over outputs for half_squared_error, mean over
   * outputs for the others, as torch's `reduction="mean"`. A class weight multiplies its row's weight, as in torch:
   * L = Σ_r w_r L_r / Σ_r w_r with w_r = rowWeights_r · weights[y_r]. Where Σ w_r is 0, dS is 0.
   */
  loss(
    dS: Matrix | null,
    S: Matrix,
    Y: Matrix,
    rowWeights: Matrix | null,
    rule: LossRule,
    totals: Totals,
  ): void {
    check(dS === null || same(dS, S), () => `loss: dS ${dS && shape(dS)} of ${shape(S)}`);
    check(
      Y.rows === S.rows && Y.cols === targetWidthOf(rule.name, S.cols, rule.blocks?.cols, rule.parameter),
      () => `loss: targets ${shape(Y)} of ${shape(S)}`,
    );
    check(
      rowWeights === null || (rowWeights.rows === S.rows && rowWeights.cols === 1),
      "loss: row weights [B,1]",
    );
    check(rule.weights === null || isRow(rule.weights, S.cols), "loss: weights [1,n]");
    check(
      !rule.blocks ||
        (isRow(rule.blocks, Y.cols) && losses[rule.name].learns === "classes" && rule.weights === null),
      "loss: blocks [1,targets] of classes without weights",
    );
    check(totals.length >= totalCells.count, "loss: totals");
    this.unchecked.loss(dS, S, Y, rowWeights, rule, totals);
  }

  // --- regularisation ------------------------------------------------------------------------

  /** Y = X ⊙ mask / (1 − p); element i is dropped where bits(key, i) < p·2³². Its own backward: dX from dY. */
  dropout(Y: Matrix, X: Matrix, p: number, key: RandomKey): void {
    check(same(Y, X), () => `dropout: ${shape(Y)} from ${shape(X)}`);
    this.unchecked.dropout(Y, X, p, key);
  }

  /** Y = X + σ·ε, every element's ε standard normal of its own, from bits(key, i). */
  gaussianNoise(Y: Matrix, X: Matrix, std: number, key: RandomKey): void {
    check(same(Y, X), () => `gaussianNoise: ${shape(Y)} from ${shape(X)}`);
    this.unchecked.gaussianNoise(Y, X, std, key);
  }

  /**
   * Y = γ ⊙ (X − μ)/σ + β per column; μ and σ of the batch (training: `running` moves) or of `running`. They go
   * into `state`. The unbiased variance of a single row counts as 0.
   */
  batchNorm(
    Y: Matrix,
    X: Matrix,
    gamma: Matrix,
    beta: Matrix,
    eps: number,
    state: NormState,
    running: RunningStats,
    training: boolean,
  ): void {
    check(
      same(Y, X) &&
        isRow(gamma, X.cols) &&
        isRow(beta, X.cols) &&
        isRow(state.mean, X.cols) &&
        isRow(state.inverseStd, X.cols),
      () => `batchNorm: ${shape(Y)} from ${shape(X)}`,
    );
    this.unchecked.batchNorm(Y, X, gamma, beta, eps, state, running, training);
  }

  /** dX = γ/σ ⊙ (dY − mean(dY) − x̂ ⊙ mean(dY ⊙ x̂)) over the batch, dγ = Σ dY ⊙ x̂, dβ = Σ dY. dX may be dY. */
  batchNormBackward(
    dX: Matrix,
    dGamma: Matrix,
    dBeta: Matrix,
    dY: Matrix,
    X: Matrix,
    gamma: Matrix,
    state: NormState,
  ): void {
    check(
      same(dX, dY) && same(dX, X) && isRow(dGamma, X.cols) && isRow(dBeta, X.cols),
      () => `batchNormBackward: ${shape(dX)}`,
    );
    this.unchecked.batchNormBackward(dX, dGamma, dBeta, dY, X, gamma, state);
  }

  /** Y = γ ⊙ (X − μ)/σ + β with μ and σ of each row; `state` is [1, rows]. */
  layerNorm(Y: Matrix, X: Matrix, gamma: Matrix, beta: Matrix, eps: number, state: NormState): void {
    check(
      same(Y, X) && isRow(gamma, X.cols) && isRow(beta, X.cols) && state.mean.cols >= X.rows,
      () => `layerNorm: ${shape(Y)} from ${shape(X)}`,
    );
    this.unchecked.layerNorm(Y, X, gamma, beta, eps, state);
  }

  /** As {@link CheckedVerbs.batchNormBackward}, the means taken over each row. dX may be dY. */
  layerNormBackward(
    dX: Matrix,
    dGamma: Matrix,
    dBeta: Matrix,
    dY: Matrix,
    X: Matrix,
    gamma: Matrix,
    state: NormState,
  ): void {
    check(
      same(dX, dY) && same(dX, X) && isRow(dGamma, X.cols) && isRow(dBeta, X.cols),
      () => `layerNormBackward: ${shape(dX)}`,
    );
    this.unchecked.layerNormBackward(dX, dGamma, dBeta, dY, X, gamma, state);
  }

  /** Y = γ ⊙ X ⊙ inverse with inverse [1, rows] = 1/√(mean(X²) + ε) of each row, kept for the backward pass. */
  rmsNorm(Y: Matrix, X: Matrix, gamma: Matrix, eps: number, inverse: Matrix): void {
    check(
      same(Y, X) && isRow(gamma, X.cols) && inverse.cols >= X.rows,
      () => `rmsNorm: ${shape(Y)} from ${shape(X)}`,
    );
    this.unchecked.rmsNorm(Y, X, gamma, eps, inverse);
  }

  /** With x̂ = X ⊙ inverse: dX = inverse ⊙ (γ ⊙ dY − x̂ ⊙ mean(γ ⊙ dY ⊙ x̂)) per row, dγ = Σ dY ⊙ x̂. dX may be dY. */
  rmsNormBackward(dX: Matrix, dGamma: Matrix, dY: Matrix, X: Matrix, gamma: Matrix, inverse: Matrix): void {
    check(same(dX, dY) && same(dX, X) && isRow(dGamma, X.cols), () => `rmsNormBackward: ${shape(dX)}`);
    this.unchecked.rmsNormBackward(dX, dGamma, dY, X, gamma, inverse);
  }

  // --- whole buffers -------------------------------------------------------------------------

  /** Every element of Y = value, whatever was there, NaN too. */
  fill(Y: Matrix, value: number): void {
    this.unchecked.fill(Y, value);
  }

  /** Y = X. */
  copy(Y: Matrix, X: Matrix): void {
    check(same(Y, X), () => `copy: ${shape(Y)} from ${shape(X)}`);
    this.unchecked.copy(Y, X);
  }

  /** C = A + B, elementwise; C may be either. */
  add(C: Matrix, A: Matrix, B: Matrix): void {
    check(same(C, A) && same(C, B), () => `add: ${shape(C)} = ${shape(A)} + ${shape(B)}`);
    this.unchecked.add(C, A, B);
  }

  /** Y = X ∘ a + b, with rows a and b [1,n] for every row of X; Y may be X. */
  scaleColumns(Y: Matrix, X: Matrix, a: Matrix, b: Matrix | null): void {
    check(
      same(Y, X) && isRow(a, X.cols) && (b === null || isRow(b, X.cols)),
      () => `scaleColumns: ${shape(Y)} from ${shape(X)}, ${shape(a)}`,
    );
    this.unchecked.scaleColumns(Y, X, a, b);
  }

  /** s [1,n] = Σ_rows A ∘ B: the gradient of {@link CheckedVerbs.scaleColumns}'s a from dY and X. */
  sumProducts(s: Matrix, A: Matrix, B: Matrix): void {
    check(same(A, B) && isRow(s, A.cols), () => `sumProducts: ${shape(s)} from ${shape(A)}, ${shape(B)}`);
    this.unchecked.sumProducts(s, A, B);
  }

  /**
   * S [B,n], whose meaning is the mean of the meanings of outputs P [k·B,n] of k members, one after the other:
   * of probabilities (sigmoid, softmax), rates (exp), numbers (identity), or of a mixture of k normal
   * distributions (gaussian: means, then logarithms of variances) mean and variance. P is used up.
   */
  average(S: Matrix, P: Matrix, kind: Link): void {
    check(
      P.cols === S.cols && (S.rows === 0 ? P.rows === 0 : P.rows > 0 && P.rows % S.rows === 0),
      () => `average: ${shape(S)} from ${shape(P)}`,
    );
    if (S.rows > 0) this.unchecked.average(S, P, kind);
  }

  /**
   * One step of an optimizer over all of θ, one pass over memory, by its rule in optimizers.ts; `slots` are its state,
   * shaped as θ, null where its settings need none.
   */
  optimize(theta: Matrix, gradient: Matrix, slots: readonly (Matrix | null)[], step: OptimizerStep): void {
    check(
      same(theta, gradient) && slots.every((slot) => slot === null || same(slot, theta)),
      () => `optimize: ${shape(theta)}, ${shape(gradient)}`,
    );
    this.unchecked.optimize(theta, gradient, slots, step);
  }

  /**
   * As `optimize`, but of the rows of θ [m,n] alone whose gradient is not all 0: others keep their numbers and state, as with
   * torch.optim.SparseAdam. `named`, unless null, holds all rows that may have one.
   */
  optimizeRows(
    theta: Matrix,
    gradient: Matrix,
    slots: readonly (Matrix | null)[],
    step: OptimizerStep,
    named: Pick<NamedRows, "first"> | null,
  ): void {
    check(
      same(theta, gradient) && slots.every((slot) => slot === null || same(slot, theta)),
      () => `optimizeRows: ${shape(theta)}, ${shape(gradient)}`,
    );
    this.unchecked.optimizeRows(theta, gradient, slots, step, named);
  }

  /** Y += share · (X − Y), as torch.lerp: running means and moving averages; share 1 is a copy. */
  lerp(Y: Matrix, X: Matrix, share: number): void {
    check(same(Y, X), () => `lerp: ${shape(Y)} towards ${shape(X)}`);
    this.unchecked.lerp(Y, X, share);
  }

  /** gradient += l1 · sign(θ) + l2 · θ: that of l1·Σ|θ| + ½·l2·Σθ². */
  penalize(gradient: Matrix, theta: Matrix, l1: number, l2: number): void {
    check(same(gradient, theta), () => `penalize: ${shape(gradient)}, ${shape(theta)}`);
    this.unchecked.penalize(gradient, theta, l1, l2);
  }

  /** Every row of W ·= min(1, maxNorm / ‖row‖₂): bounds the norm of each unit's incoming weights (max-norm). */
  limitRows(W: Matrix, maxNorm: number): void {
    check(!W.transposed, "limitRows: W is plain");
    this.unchecked.limitRows(W, maxNorm);
  }

  /** gradient ·= min(1, maxNorm / (‖gradient‖₂ + 1e-6)), as torch; the norm goes to `totals`. */
  clipNorm(gradient: Matrix, maxNorm: number, totals: Totals): void {
    this.unchecked.clipNorm(gradient, maxNorm, totals);
  }

  /** Every element into [−clipValue, clipValue]. */
  clipValue(gradient: Matrix, clipValue: number): void {
    this.unchecked.clipValue(gradient, clipValue);
  }
}

/** The names of all verbs, in the order in which they stand here. */
export const verbNames = Object.getOwnPropertyNames(CheckedVerbs.prototype).filter(
  (name) => name !== "constructor",
) as VerbName[];
