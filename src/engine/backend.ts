/**
 * What a backend is: memory, and every verb of a training step; and the words that verbs take. Formulas and shapes
 * stand at `Kernels`, which checks them once for all backends.
 */
import type { RandomKey } from "../support/random.ts";
import type { Link, LossName } from "../tasks/losses.ts";
import type { Block, Floats, Indices, Matrix, Table, Totals } from "./matrix.ts";

export type BackendName = "native" | "wasm" | "reference";

export type ActivationName =
  | "identity"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "elu"
  | "selu"
  | "gelu"
  | "silu"
  | "softplus"
  | "hard_sigmoid"
  | "mish";

/** Activations whose derivative follows from A alone: forward and backward may be given Z === A. */
export const inPlaceActivations: ReadonlySet<ActivationName> = new Set([
  "identity",
  "sigmoid",
  "tanh",
  "relu",
  "leaky_relu",
]);

/** A loss on logits and its options. */
export interface LossRule {
  readonly name: LossName;
  /** label smoothing (cross_entropy) | gamma (focal) | delta (huber) | beta (smooth_l1) | quantile | least log-variance (gaussian_nll); else 0. */
  readonly parameter: number;
  /** [1, outputs]: class weights (cross_entropy, focal) or positive weights (bce_with_logits). */
  readonly weights: Matrix | null;
  /**
   * [1, targets], of cross_entropy and focal without weights: how many outputs, one after the other, each target's
   * softmax is over. Losses of a row's targets are added. Absent: all outputs are of one target.
   */
  readonly blocks?: Matrix;
}

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

/** How images are resampled: see `Kernels.warp`. */
export interface Warp {
  /** [N, 6]: a map a, b, c, d, e, f from places in the new image to places in the old one. */
  readonly maps: Matrix;
  /** [B, 2·height·width], from `Kernels.elastic`: pixels to move on by, dx of an image, then dy. */
  readonly displacements: Matrix | null;
  readonly height: number;
  readonly width: number;
  /** What lies around an image: its background. */
  readonly fill: number;
}

/** Random displacements that vary smoothly: see `Kernels.elastic`. */
export interface Elastic {
  /** [1, 2·radius + 1]: the smoothing weights, symmetric. */
  readonly bell: Matrix;
  readonly alpha: number;
  readonly height: number;
  readonly width: number;
}

/** One optimizer's scalars for one step; the object may be reused and changed between steps. */
export type OptimizerStep =
  | {
      rule: "sgd";
      lr: number;
      weightDecay: number;
      momentum: number;
      dampening: number;
      nesterov: boolean;
      /** torch starts the momentum buffer with the first gradient itself. */
      first: boolean;
    }
  | {
      rule: "adam";
      lr: number;
      weightDecay: number;
      /** AdamW: θ shrinks by lr·weightDecay beforehand, instead of the gradient growing. */
      decoupled: boolean;
      beta1: number;
      beta2: number;
      eps: number;
      /** 1 − β₁ᵗ and 1 − β₂ᵗ, computed in 64 bit by the caller; RAdam puts its rectification into them. */
      correction1: number;
      correction2: number;
    }
  | { rule: "adagrad"; lr: number; weightDecay: number; eps: number }
  | { rule: "adadelta"; lr: number; weightDecay: number; rho: number; eps: number }
  | {
      rule: "rmsprop";
      lr: number;
      weightDecay: number;
      alpha: number;
      eps: number;
      momentum: number;
      /** Divide by the deviation from the mean gradient, not from 0. */
      centered: boolean;
    }
  | {
      rule: "nadam";
      weightDecay: number;
      beta1: number;
      beta2: number;
      eps: number;
      correction2: number;
      /** The rates of the gradient itself and of its average: θ −= (gradientRate·g + meanRate·m)/(√v̂ + ε). */
      gradientRate: number;
      meanRate: number;
    }
  | {
      rule: "adamax";
      lr: number;
      weightDecay: number;
      beta1: number;
      beta2: number;
      eps: number;
      correction1: number;
    };

/** What a backend implements: every verb of `Kernels`, unchecked, and its memory. */
export interface Backend {
  readonly name: BackendName;
  /** One line for people: instruction set, threads, why this one. */
  readonly description: string;
  readonly precision: 32 | 64;
  readonly threads: number;
  /** Whether multiply-add rounds once: then a run's bits are those of every other fused backend. */
  readonly fused: boolean;

  floats(length: number): Block<Floats>;
  doubles(length: number): Totals;
  ints(length: number): Indices;
  bytes(length: number): Block<Uint8Array>;
  /** Resolves when all enqueued verbs are done. */
  sync(): Promise<void>;
  /**
   * Keeps one thread at multiply-adds for `rounds` rounds, with nothing to wait for: what the machine can do at
   * most. Returns their floating-point operations. The reference has no such thing.
   */
  peak?(rounds: number): number;
  /** Frees memory and threads. No verb may follow. */
  close(): Promise<void>;

  gemm(C: Matrix, A: Matrix, B: Matrix, start: Matrix | null): void;
  sumRows(db: Matrix, dZ: Matrix): void;
  gather(X: Matrix, table: Table, indices: Indices, first: number): void;
  warp(Y: Matrix, X: Matrix, rule: Warp, first: number): void;
  elastic(D: Matrix, rule: Elastic, key: RandomKey, first: number): void;
  activate(A: Matrix, Z: Matrix, g: ActivationName, parameter: number): void;
  activateBackward(dZ: Matrix, dA: Matrix, Z: Matrix, A: Matrix, g: ActivationName, parameter: number): void;
  loss(
    dS: Matrix | null,
    S: Matrix,
    Y: Matrix,
    rowWeights: Matrix | null,
    rule: LossRule,
    totals: Totals,
  ): void;
  dropout(Y: Matrix, X: Matrix, p: number, key: RandomKey): void;
  gaussianNoise(Y: Matrix, X: Matrix, std: number, key: RandomKey): void;
  batchNorm(
    Y: Matrix,
    X: Matrix,
    gamma: Matrix,
    beta: Matrix,
    eps: number,
    state: NormState,
    running: RunningStats,
    training: boolean,
  ): void;
  batchNormBackward(
    dX: Matrix,
    dGamma: Matrix,
    dBeta: Matrix,
    dY: Matrix,
    X: Matrix,
    gamma: Matrix,
    state: NormState,
  ): void;
  layerNorm(Y: Matrix, X: Matrix, gamma: Matrix, beta: Matrix, eps: number, state: NormState): void;
  layerNormBackward(
    dX: Matrix,
    dGamma: Matrix,
    dBeta: Matrix,
    dY: Matrix,
    X: Matrix,
    gamma: Matrix,
    state: NormState,
  ): void;
  rmsNorm(Y: Matrix, X: Matrix, gamma: Matrix, eps: number, inverse: Matrix): void;
  rmsNormBackward(dX: Matrix, dGamma: Matrix, dY: Matrix, X: Matrix, gamma: Matrix, inverse: Matrix): void;
  fill(Y: Matrix, value: number): void;
  copy(Y: Matrix, X: Matrix): void;
  add(C: Matrix, A: Matrix, B: Matrix): void;
  scaleColumns(Y: Matrix, X: Matrix, a: Matrix, b: Matrix | null): void;
  sumProducts(s: Matrix, A: Matrix, B: Matrix): void;
  average(S: Matrix, P: Matrix, kind: Link): void;
  optimize(theta: Matrix, gradient: Matrix, slots: readonly Matrix[], step: OptimizerStep): void;
  lerp(Y: Matrix, X: Matrix, share: number): void;
  penalize(gradient: Matrix, theta: Matrix, l1: number, l2: number): void;
  limitRows(W: Matrix, maxNorm: number): void;
  clipNorm(gradient: Matrix, maxNorm: number, totals: Totals): void;
  clipValue(gradient: Matrix, clipValue: number): void;
}
