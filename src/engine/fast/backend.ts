/**
 * A backend whose verbs only write commands. The list is run when somebody wants to see the memory, at
 * `sync`, and when it is full: so a training step costs next to nothing besides its arithmetic.
 */
import type { RandomKey } from "../../support/random.ts";
import type { Link } from "../../tasks/losses.ts";
import type {
  ActivationName,
  Backend,
  Elastic,
  LossRule,
  NormState,
  OptimizerStep,
  RunningStats,
  Warp,
} from "../backend.ts";
import { type Block, type Indices, Matrix, type Table, type Totals } from "../matrix.ts";
import { type AdaptiveStep, adaptiveRules, scalarCount, scalarsOf } from "./adaptive.ts";
import {
  type Argument,
  activationNames,
  averageNames,
  CommandList,
  type ElementaryName,
  elementaryNames,
  listLength,
  lossNames,
  numbered,
  type Op,
  starts,
  within,
} from "./commands.ts";
import { LiveBlock } from "./liveBlock.ts";
import { aligned, type Machine, type Region } from "./machine.ts";

/** Estimated nanoseconds after which the list is run without being asked, so that callers get to look up. */
const mostPending = 10e6;

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
  loss: 4,
  norm: 0.8,
  sgd: 0.25,
  adam: 1,
  clip: 0.3,
} as const;
const activationCosts: Readonly<Partial<Record<ActivationName, number>>> = {
  identity: 0.1,
  relu: 0.1,
  leaky_relu: 0.1,
  hard_sigmoid: 0.3,
};
const usualActivationCost = 1.5;

const adaptiveNumbers = numbered(adaptiveRules);
const elementaryNumbers = numbered(elementaryNames);
const activationNumbers = numbered(activationNames);
const averageNumbers = numbered(averageNames);
const lossNumbers = numbered(lossNames);

export class FastBackend implements Backend {
  readonly name;
  readonly description;
  readonly precision = 32;
  readonly threads;
  readonly fused;
  private readonly listRegion: Region;
  private readonly commands: CommandList;

  constructor(private readonly machine: Machine) {
    this.name = machine.name;
    this.description = machine.description;
    this.threads = machine.threads;
    this.fused = machine.fused;
    this.listRegion = machine.allocate(8 * listLength);
    this.commands = new CommandList(viewOf(this.listRegion));
  }

  // --- memory --------------------------------------------------------------------------------

  floats(length: number): Block<Float32Array> {
    return new LiveBlock(this, this.allocate(4 * length), length, Float32Array);
  }
  doubles(length: number): Totals {
    return new LiveBlock(this, this.allocate(8 * length), length, Float64Array);
  }
  ints(length: number): Indices {
    return new LiveBlock(this, this.allocate(4 * length), length, Int32Array);
  }
  bytes(length: number): Block<Uint8Array> {
    return new LiveBlock(this, this.allocate(aligned(length)), length, Uint8Array);
  }

  /** Runs what has been written. */
  flush(): void {
    const { words } = this.commands;
    if (words === 0) return;
    try {
      this.machine.run(this.listRegion.address, words);
    } finally {
      this.commands.clear();
    }
  }

  peak(rounds: number): number {
    return this.machine.peak(rounds);
  }

  async sync(): Promise<void> {
    this.flush();
  }

  close(): Promise<void> {
    this.commands.clear();
    return this.machine.close();
  }

  // --- verbs ---------------------------------------------------------------------------------

  gemm(C: Matrix, A: Matrix, B: Matrix, start: Matrix | null): void {
    const k = A.cols;
    this.write(
      "gemm",
      costs.gemm * C.size * (k + 4),
      C,
      A,
      B,
      start,
      start === null ? starts.zero : start === C ? starts.self : starts.row,
      C.rows,
      C.cols,
      k,
      A.transposed,
      B.transposed,
    );
  }

  sumRows(db: Matrix, dZ: Matrix): void {
    this.write("sum_rows", costs.move * dZ.size, db, dZ, dZ.rows, dZ.cols);
  }

  gather(X: Matrix, table: Table, indices: Indices, first: number): void {
    const rows = within(indices, 4 * first);
    const work = costs.move * X.size;
    if (table instanceof Matrix) this.write("gather_floats", work, X, table, rows, X.rows, X.cols);
    else {
      const { block, scale, shift } = table;
      this.write("gather_bytes", work, X, block, rows, X.rows, X.cols, scale, shift);
    }
  }

  warp(Y: Matrix, X: Matrix, { maps, displacements, height, width, fill }: Warp, first: number): void {
    this.write(
      "warp",
      costs.warp * X.size,
      Y,
      X,
      within(maps, 4 * 6 * first),
      displacements,
      X.rows,
      height,
      width,
      fill,
    );
  }

  elastic(D: Matrix, { bell, alpha, height, width }: Elastic, { k0, k1 }: RandomKey, first: number): void {
    this.write(
      "elastic",
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
    );
  }

  activate(A: Matrix, Z: Matrix, g: ActivationName, parameter: number): void {
    this.write(
      "activate",
      (activationCosts[g] ?? usualActivationCost) * A.size,
      A,
      Z,
      activationNumbers[g],
      A.size,
      parameter,
    );
  }

  activateBackward(dZ: Matrix, dA: Matrix, Z: Matrix, A: Matrix, g: ActivationName, parameter: number): void {
    this.write(
      "activate_backward",
      (activationCosts[g] ?? usualActivationCost) * A.size,
      dZ,
      dA,
      Z,
      A,
      activationNumbers[g],
      A.size,
      parameter,
    );
  }

  loss(
    dS: Matrix | null,
    S: Matrix,
    Y: Matrix,
    rowWeights: Matrix | null,
    rule: LossRule,
    totals: Totals,
  ): void {
    this.write(
      "loss",
      costs.loss * S.size,
      dS,
      S,
      Y,
      rowWeights,
      rule.weights,
      totals,
      lossNumbers[rule.name],
      rule.parameter,
      S.rows,
      S.cols,
      rule.blocks,
      rule.blocks?.cols ?? 1,
    );
  }

  dropout(Y: Matrix, X: Matrix, p: number, { k0, k1 }: RandomKey): void {
    this.write(
      "dropout",
      costs.dropout * Y.size,
      Y,
      X,
      Y.size,
      Math.ceil(p * 2 ** 32), // bits < p·2³², and bits are whole
      p < 1 ? 1 / (1 - p) : 0,
      k0,
      k1,
    );
  }

  gaussianNoise(Y: Matrix, X: Matrix, std: number, { k0, k1 }: RandomKey): void {
    this.write("gaussian_noise", costs.noise * Y.size, Y, X, Y.size, std, k0, k1);
  }

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
    this.norm("batch_norm", Y, X, gamma, beta, eps, state, running, training);
  }

  batchNormBackward(
    dX: Matrix,
    dGamma: Matrix,
    dBeta: Matrix,
    dY: Matrix,
    X: Matrix,
    gamma: Matrix,
    state: NormState,
  ): void {
    this.normBackward("batch_norm_backward", dX, dGamma, dBeta, dY, X, gamma, state);
  }

  layerNorm(Y: Matrix, X: Matrix, gamma: Matrix, beta: Matrix, eps: number, state: NormState): void {
    this.norm("layer_norm", Y, X, gamma, beta, eps, state, null, true);
  }

  layerNormBackward(
    dX: Matrix,
    dGamma: Matrix,
    dBeta: Matrix,
    dY: Matrix,
    X: Matrix,
    gamma: Matrix,
    state: NormState,
  ): void {
    this.normBackward("layer_norm_backward", dX, dGamma, dBeta, dY, X, gamma, state);
  }

  fill(Y: Matrix, value: number): void {
    this.write("fill", costs.move * Y.size, Y, Y.size, value);
  }

  copy(Y: Matrix, X: Matrix): void {
    this.write("copy", costs.move * Y.size, Y, X, Y.size);
  }

  add(C: Matrix, A: Matrix, B: Matrix): void {
    this.write("add", costs.move * C.size, C, A, B, C.size);
  }

  scaleColumns(Y: Matrix, X: Matrix, a: Matrix, b: Matrix | null): void {
    this.write("scale_columns", costs.move * Y.size, Y, X, a, b, X.rows, X.cols);
  }

  sumProducts(s: Matrix, A: Matrix, B: Matrix): void {
    this.write("sum_products", costs.move * A.size, s, A, B, A.rows, A.cols);
  }

  average(S: Matrix, P: Matrix, kind: Link): void {
    this.write("average", costs.loss * P.size, S, P, averageNumbers[kind], P.rows / S.rows, S.rows, S.cols);
  }

  optimize(theta: Matrix, gradient: Matrix, slots: readonly Matrix[], step: OptimizerStep): void {
    const n = theta.size;
    if (step.rule === "sgd") {
      this.write(
        "sgd",
        costs.sgd * n,
        theta,
        gradient,
        slots[0],
        n,
        step.lr,
        step.weightDecay,
        step.momentum,
        1 - step.dampening,
        step.nesterov,
        step.first,
      );
      return;
    }
    if (step.rule !== "adam") {
      this.adapt(theta, gradient, slots, step);
      return;
    }
    const { lr, weightDecay, decoupled, beta1, beta2 } = step;
    this.write(
      "adam",
      costs.adam * n,
      theta,
      gradient,
      slots[0]!,
      slots[1]!,
      slots[2],
      n,
      decoupled ? 1 - lr * weightDecay : 1,
      decoupled ? 0 : weightDecay,
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      -lr / step.correction1,
      1 / Math.sqrt(step.correction2),
      step.eps,
    );
  }

  lerp(Y: Matrix, X: Matrix, share: number): void {
    this.write("lerp", costs.move * Y.size, Y, X, Y.size, share);
  }

  penalize(gradient: Matrix, theta: Matrix, l1: number, l2: number): void {
    this.write("penalize", costs.sgd * theta.size, gradient, theta, theta.size, l1, l2);
  }

  limitRows(W: Matrix, maxNorm: number): void {
    this.write("limit_rows", costs.clip * W.size, W, W.rows, W.cols, maxNorm);
  }

  rmsNorm(Y: Matrix, X: Matrix, gamma: Matrix, eps: number, inverse: Matrix): void {
    this.write("rms_norm", costs.norm * X.size, Y, X, gamma, eps, inverse, X.rows, X.cols);
  }

  rmsNormBackward(dX: Matrix, dGamma: Matrix, dY: Matrix, X: Matrix, gamma: Matrix, inverse: Matrix): void {
    this.write("rms_norm_backward", costs.norm * X.size, dX, dGamma, dY, X, gamma, inverse, X.rows, X.cols);
  }

  clipNorm(gradient: Matrix, maxNorm: number, totals: Totals): void {
    this.write("clip_norm", costs.clip * gradient.size, gradient, gradient.size, maxNorm, totals);
  }

  clipValue(gradient: Matrix, clipValue: number): void {
    this.write("clip_value", costs.move * gradient.size, gradient, gradient.size, clipValue);
  }

  /** Y = f(X): no verb of a step, but what activations and losses are made of, for tests of its accuracy. */
  elementary(Y: Matrix, X: Matrix, f: ElementaryName): void {
    this.write("elementary", usualActivationCost * Y.size, Y, X, elementaryNumbers[f], Y.size);
  }

  // --- helpers -------------------------------------------------------------------------------

  /** Memory that is not shared moves when it grows, and old views of it lose what is written to them. */
  private allocate(bytes: number): Region {
    const region = this.machine.allocate(bytes);
    this.commands.moveTo(viewOf(this.listRegion));
    return region;
  }

  /** `work`: nanoseconds on one thread. */
  private write(op: Op, work: number, ...args: readonly Argument[]): void {
    const { commands } = this;
    if (!commands.hasRoom(args.length) || commands.work > mostPending) this.flush();
    commands.add(op, work * this.machine.slowness, args);
  }

  private adapt(theta: Matrix, gradient: Matrix, slots: readonly Matrix[], step: AdaptiveStep): void {
    const isCentered = step.rule === "rmsprop" && step.centered;
    const mean = isCentered ? slots.at(-1) : undefined;
    const second = slots[1] === mean ? undefined : slots[1];
    const scalars = scalarsOf(step);
    this.write(
      "adaptive",
      costs.adam * theta.size,
      adaptiveNumbers[step.rule],
      theta,
      gradient,
      slots[0]!,
      second,
      mean,
      theta.size,
      step.weightDecay,
      ...Array.from({ length: scalarCount }, (_, i) => scalars[i] ?? 0),
    );
  }

  private norm(
    op: "batch_norm" | "layer_norm",
    Y: Matrix,
    X: Matrix,
    gamma: Matrix,
    beta: Matrix,
    eps: number,
    state: NormState,
    running: RunningStats | null,
    training: boolean,
  ): void {
    this.write(
      op,
      costs.norm * X.size,
      Y,
      X,
      gamma,
      beta,
      eps,
      state.mean,
      state.inverseStd,
      running?.mean,
      running?.variance,
      running?.momentum,
      training,
      X.rows,
      X.cols,
    );
  }

  private normBackward(
    op: "batch_norm_backward" | "layer_norm_backward",
    dX: Matrix,
    dGamma: Matrix,
    dBeta: Matrix,
    dY: Matrix,
    X: Matrix,
    gamma: Matrix,
    state: NormState,
  ): void {
    this.write(
      op,
      costs.norm * X.size,
      dX,
      dGamma,
      dBeta,
      dY,
      X,
      gamma,
      state.mean,
      state.inverseStd,
      X.rows,
      X.cols,
    );
  }
}

const viewOf = ({ buffer, offset }: Region) => new Float64Array(buffer(), offset, listLength);
