/**
 * A backend whose verbs only write commands. The list is run when somebody wants to see the memory, at
 * `sync`, and when it is full: so a training step costs next to nothing besides its arithmetic.
 */
import type { RandomKey } from "../../support/random.ts";
import type {
  ActivationName,
  AverageName,
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
} from "./commands.ts";
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
    this.commands.clear();
    this.machine.run(this.listRegion.address, words);
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
    const c = this.begin("gemm", 10, costs.gemm * C.size * (k + 4));
    c.put(C.address);
    c.put(A.address);
    c.put(B.address);
    c.put(start ? start.address : 0);
    c.put(start === null ? starts.zero : start === C ? starts.self : starts.row);
    c.put(C.rows);
    c.put(C.cols);
    c.put(k);
    c.put(A.transposed ? 1 : 0);
    c.put(B.transposed ? 1 : 0);
  }

  sumRows(db: Matrix, dZ: Matrix): void {
    const c = this.begin("sum_rows", 4, costs.move * dZ.size);
    c.put(db.address);
    c.put(dZ.address);
    c.put(dZ.rows);
    c.put(dZ.cols);
  }

  gather(X: Matrix, table: Table, indices: Indices, first: number): void {
    const isFloat = table instanceof Matrix;
    const c = this.begin(isFloat ? "gather_floats" : "gather_bytes", isFloat ? 5 : 7, costs.move * X.size);
    c.put(X.address);
    c.put(isFloat ? table.address : table.block.address);
    c.put(indices.address + 4 * first);
    c.put(X.rows);
    c.put(X.cols);
    if (isFloat) return;
    c.put(table.scale);
    c.put(table.shift);
  }

  warp(Y: Matrix, X: Matrix, { maps, displacements, height, width, fill }: Warp, first: number): void {
    const c = this.begin("warp", 8, costs.warp * X.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(maps.address + 4 * 6 * first);
    c.put(displacements ? displacements.address : 0);
    c.put(X.rows);
    c.put(height);
    c.put(width);
    c.put(fill);
  }

  elastic(D: Matrix, { bell, alpha, height, width }: Elastic, { k0, k1 }: RandomKey, first: number): void {
    const c = this.begin("elastic", 10, costs.elastic * D.size * bell.cols);
    c.put(D.address);
    c.put(bell.address);
    c.put(bell.cols);
    c.put(alpha);
    c.put(k0);
    c.put(k1);
    c.put((first * D.cols) % 2 ** 32);
    c.put(2 * D.rows);
    c.put(height);
    c.put(width);
  }

  activate(A: Matrix, Z: Matrix, g: ActivationName, parameter: number): void {
    const c = this.begin("activate", 5, (activationCosts[g] ?? usualActivationCost) * A.size);
    c.put(A.address);
    c.put(Z.address);
    c.put(activationNumbers[g]);
    c.put(A.size);
    c.put(parameter);
  }

  activateBackward(dZ: Matrix, dA: Matrix, Z: Matrix, A: Matrix, g: ActivationName, parameter: number): void {
    const c = this.begin("activate_backward", 7, (activationCosts[g] ?? usualActivationCost) * A.size);
    c.put(dZ.address);
    c.put(dA.address);
    c.put(Z.address);
    c.put(A.address);
    c.put(activationNumbers[g]);
    c.put(A.size);
    c.put(parameter);
  }

  loss(
    dS: Matrix | null,
    S: Matrix,
    Y: Matrix,
    rowWeights: Matrix | null,
    rule: LossRule,
    totals: Totals,
  ): void {
    const c = this.begin("loss", 10, costs.loss * S.size);
    c.put(dS ? dS.address : 0);
    c.put(S.address);
    c.put(Y.address);
    c.put(rowWeights ? rowWeights.address : 0);
    c.put(rule.weights ? rule.weights.address : 0);
    c.put(totals.address);
    c.put(lossNumbers[rule.name]);
    c.put(rule.parameter);
    c.put(S.rows);
    c.put(S.cols);
  }

  dropout(Y: Matrix, X: Matrix, p: number, { k0, k1 }: RandomKey): void {
    const c = this.begin("dropout", 7, costs.dropout * Y.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(Y.size);
    c.put(Math.ceil(p * 2 ** 32)); // bits < p·2³², and bits are whole
    c.put(p < 1 ? 1 / (1 - p) : 0);
    c.put(k0);
    c.put(k1);
  }

  gaussianNoise(Y: Matrix, X: Matrix, std: number, { k0, k1 }: RandomKey): void {
    const c = this.begin("gaussian_noise", 6, costs.noise * Y.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(Y.size);
    c.put(std);
    c.put(k0);
    c.put(k1);
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

  copy(Y: Matrix, X: Matrix): void {
    const c = this.begin("copy", 3, costs.move * Y.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(Y.size);
  }

  add(C: Matrix, A: Matrix, B: Matrix): void {
    const c = this.begin("add", 4, costs.move * C.size);
    c.put(C.address);
    c.put(A.address);
    c.put(B.address);
    c.put(C.size);
  }

  scaleColumns(Y: Matrix, X: Matrix, a: Matrix, b: Matrix | null): void {
    const c = this.begin("scale_columns", 6, costs.move * Y.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(a.address);
    c.put(b ? b.address : 0);
    c.put(X.rows);
    c.put(X.cols);
  }

  sumProducts(s: Matrix, A: Matrix, B: Matrix): void {
    const c = this.begin("sum_products", 5, costs.move * A.size);
    c.put(s.address);
    c.put(A.address);
    c.put(B.address);
    c.put(A.rows);
    c.put(A.cols);
  }

  average(S: Matrix, P: Matrix, kind: AverageName): void {
    const c = this.begin("average", 6, costs.loss * P.size);
    c.put(S.address);
    c.put(P.address);
    c.put(averageNumbers[kind]);
    c.put(P.rows / S.rows);
    c.put(S.rows);
    c.put(S.cols);
  }

  optimize(theta: Matrix, gradient: Matrix, slots: readonly Matrix[], step: OptimizerStep): void {
    const n = theta.size;
    if (step.rule === "sgd") {
      const c = this.begin("sgd", 10, costs.sgd * n);
      c.put(theta.address);
      c.put(gradient.address);
      c.put(slots[0]?.address ?? 0);
      c.put(n);
      c.put(step.lr);
      c.put(step.weightDecay);
      c.put(step.momentum);
      c.put(1 - step.dampening);
      c.put(step.nesterov ? 1 : 0);
      c.put(step.first ? 1 : 0);
      return;
    }
    if (step.rule !== "adam") {
      this.adapt(theta, gradient, slots, step);
      return;
    }
    const { lr, weightDecay, decoupled, beta1, beta2 } = step;
    const c = this.begin("adam", 15, costs.adam * n);
    c.put(theta.address);
    c.put(gradient.address);
    c.put(slots[0]!.address);
    c.put(slots[1]!.address);
    c.put(slots[2]?.address ?? 0);
    c.put(n);
    c.put(decoupled ? 1 - lr * weightDecay : 1);
    c.put(decoupled ? 0 : weightDecay);
    c.put(beta1);
    c.put(1 - beta1);
    c.put(beta2);
    c.put(1 - beta2);
    c.put(-lr / step.correction1);
    c.put(1 / Math.sqrt(step.correction2));
    c.put(step.eps);
  }

  lerp(Y: Matrix, X: Matrix, share: number): void {
    const c = this.begin("lerp", 4, costs.move * Y.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(Y.size);
    c.put(share);
  }

  penalize(gradient: Matrix, theta: Matrix, l1: number, l2: number): void {
    const c = this.begin("penalize", 5, costs.sgd * theta.size);
    c.put(gradient.address);
    c.put(theta.address);
    c.put(theta.size);
    c.put(l1);
    c.put(l2);
  }

  limitRows(W: Matrix, maxNorm: number): void {
    const c = this.begin("limit_rows", 4, costs.clip * W.size);
    c.put(W.address);
    c.put(W.rows);
    c.put(W.cols);
    c.put(maxNorm);
  }

  rmsNorm(Y: Matrix, X: Matrix, gamma: Matrix, eps: number, inverse: Matrix): void {
    const c = this.begin("rms_norm", 7, costs.norm * X.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(gamma.address);
    c.put(eps);
    c.put(inverse.address);
    c.put(X.rows);
    c.put(X.cols);
  }

  rmsNormBackward(dX: Matrix, dGamma: Matrix, dY: Matrix, X: Matrix, gamma: Matrix, inverse: Matrix): void {
    const c = this.begin("rms_norm_backward", 8, costs.norm * X.size);
    c.put(dX.address);
    c.put(dGamma.address);
    c.put(dY.address);
    c.put(X.address);
    c.put(gamma.address);
    c.put(inverse.address);
    c.put(X.rows);
    c.put(X.cols);
  }

  clipNorm(gradient: Matrix, maxNorm: number, totals: Totals): void {
    const c = this.begin("clip_norm", 4, costs.clip * gradient.size);
    c.put(gradient.address);
    c.put(gradient.size);
    c.put(maxNorm);
    c.put(totals.address);
  }

  clipValue(gradient: Matrix, clipValue: number): void {
    const c = this.begin("clip_value", 3, costs.move * gradient.size);
    c.put(gradient.address);
    c.put(gradient.size);
    c.put(clipValue);
  }

  /** Y = f(X): no verb of a step, but what activations and losses are made of, for tests of its accuracy. */
  elementary(Y: Matrix, X: Matrix, f: ElementaryName): void {
    const c = this.begin("elementary", 4, usualActivationCost * Y.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(elementaryNumbers[f]);
    c.put(Y.size);
  }

  // --- helpers -------------------------------------------------------------------------------

  /** Memory that is not shared moves when it grows, and old views of it lose what is written to them. */
  private allocate(bytes: number): Region {
    const region = this.machine.allocate(bytes);
    this.commands.moveTo(viewOf(this.listRegion));
    return region;
  }

  private begin(op: Op, count: number, work: number): CommandList {
    const { commands } = this;
    if (!commands.hasRoom(count) || commands.work > mostPending) this.flush();
    commands.begin(op, count, work * this.machine.slowness);
    return commands;
  }

  private adapt(theta: Matrix, gradient: Matrix, slots: readonly Matrix[], step: AdaptiveStep): void {
    const isCentered = step.rule === "rmsprop" && step.centered;
    const mean = isCentered ? slots.at(-1) : undefined;
    const second = slots[1] === mean ? undefined : slots[1];
    const scalars = scalarsOf(step);
    const c = this.begin("adaptive", 8 + scalarCount, costs.adam * theta.size);
    c.put(adaptiveNumbers[step.rule]);
    c.put(theta.address);
    c.put(gradient.address);
    c.put(slots[0]!.address);
    c.put(second?.address ?? 0);
    c.put(mean?.address ?? 0);
    c.put(theta.size);
    c.put(step.weightDecay);
    for (let i = 0; i < scalarCount; i++) c.put(scalars[i] ?? 0);
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
    const c = this.begin(op, 13, costs.norm * X.size);
    c.put(Y.address);
    c.put(X.address);
    c.put(gamma.address);
    c.put(beta.address);
    c.put(eps);
    c.put(state.mean.address);
    c.put(state.inverseStd.address);
    c.put(running ? running.mean.address : 0);
    c.put(running ? running.variance.address : 0);
    c.put(running ? running.momentum : 0);
    c.put(training ? 1 : 0);
    c.put(X.rows);
    c.put(X.cols);
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
    const c = this.begin(op, 10, costs.norm * X.size);
    c.put(dX.address);
    c.put(dGamma.address);
    c.put(dBeta.address);
    c.put(dY.address);
    c.put(X.address);
    c.put(gamma.address);
    c.put(state.mean.address);
    c.put(state.inverseStd.address);
    c.put(X.rows);
    c.put(X.cols);
  }
}

const viewOf = ({ buffer, offset }: Region) => new Float64Array(buffer(), offset, listLength);

interface TypedArray<Values> {
  new (buffer: ArrayBufferLike, offset: number, length: number): Values;
}

/** A block whose values are those of now: asking for them runs what has been written before. */
class LiveBlock<Values extends { readonly buffer: ArrayBufferLike }> implements Block<Values> {
  readonly address: number;
  private view: Values | null = null;

  constructor(
    private readonly backend: FastBackend,
    private readonly region: Region,
    readonly length: number,
    private readonly Values: TypedArray<Values>,
  ) {
    this.address = region.address;
  }

  get values(): Values {
    this.backend.flush();
    const buffer = this.region.buffer();
    if (this.view?.buffer !== buffer) {
      this.view = new this.Values(buffer, this.region.offset, this.length);
    }
    return this.view!;
  }
}
