/**
 * What an update does with its gradient: penalties, clipping, the optimizer's step, limits and averages of weights.
 * Knows no epochs.
 */

import { alone, type Peers } from "../cluster/peers.ts";
import type { Spec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { LossRule } from "../engine/losses.ts";
import { type Matrix, totalCells } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import type { Buffer } from "../model/tensors.ts";
import { type Annealed, annealed } from "./anneal.ts";
import type { Batches } from "./batches.ts";
import { Gradient } from "./gradient.ts";
import { frozenBy } from "./groups.ts";
import { Lbfgs } from "./lbfgs.ts";
import { MovingAverage } from "./movingAverage.ts";
import { createOptimizer, type Optimizer, parameterState } from "./optimizers.ts";
import { rowsOfUpdate, runLength } from "./runLength.ts";
import { type Sums, sumOf } from "./sums.ts";

export class Updates {
  /** What a resumed run needs besides the model's tensors, named as checkpoints name it. */
  readonly state: readonly Buffer[];
  readonly average: MovingAverage | null;
  readonly gradient: Gradient;
  private readonly optimizer: Optimizer | Lbfgs;
  private readonly anneal: (step: number) => Annealed;
  /** Of the weights, with which every gradient begins. */
  private readonly weightsGradient: Matrix;
  private readonly linearWeights: readonly Matrix[];
  /** Of what stays as it is. */
  private readonly frozen: readonly Matrix[];

  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    batches: Batches,
    rule: LossRule,
    private readonly spec: Spec,
    private readonly sums: Sums,
    peers: Peers = alone,
  ) {
    const { theta, weights, parameters } = model;
    const isFrozen = frozenBy(spec.train.freeze ?? [], parameters);
    const { totalSteps } = runLength(spec, batches.rows.count);
    const { ema, batch_size: batchSize, shards } = spec.train;
    const rowsPerUpdate = rowsOfUpdate(spec, batches.rows.count);
    this.gradient = new Gradient(k, model, batches, rule, sums, { batchSize, rowsPerUpdate, shards, peers });
    this.weightsGradient = this.gradient.value.view(1, weights.size);
    const optimized = { theta, weights, gradient: this.gradient.value, parameters };
    this.optimizer =
      spec.optimizer.name === "lbfgs"
        ? new Lbfgs(k, spec.optimizer, optimized)
        : createOptimizer(k, spec.optimizer, optimized, isFrozen);
    this.anneal = annealed(spec, totalSteps);
    this.average = ema === null ? null : new MovingAverage(k, model, ema);
    this.state = [...parameterState(this.optimizer, model), ...(this.average?.state ?? [])];
    this.linearWeights = parameters
      .filter((parameter) => parameter.shape.length === 2 && !isFrozen(parameter))
      .map(({ value }) => value);
    this.frozen = parameters
      .filter(isFrozen)
      .map(({ value }) => this.gradient.value.view(1, value.size, value.offset - theta.offset));
  }

  /**
   * Update number `step`, from 0, by the rows of the order from `first` up to `end`. Enqueues only, unless the
   * optimizer searches or others share the work: then the update is made when the promise is fulfilled.
   */
  make(step: number, first: number, end: number, lr: number): Promise<void> | null {
    const { gradient, optimizer } = this;
    if (optimizer instanceof Lbfgs)
      return optimizer.step(lr, this.measured(step, first, end)).then(() => this.finish(step));
    const { dropout, weight_decay, label_smoothing } = this.anneal(step);
    this.model.live.dropout = dropout;
    gradient.smoothing = label_smoothing;
    const computed = gradient.compute(step, first, end);
    if (computed) return computed.then(() => this.move(optimizer, step, lr, weight_decay));
    this.move(optimizer, step, lr, weight_decay);
    return null;
  }

  /** ‖gradient‖₂ of the latest update, before clipping. */
  async gradientNorm(): Promise<number> {
    const isClipped = this.spec.train.clip_grad_norm !== null && !(this.optimizer instanceof Lbfgs);
    return isClipped ? (await this.k.read(this.sums.of(0)))[totalCells.gradientNorm]! : this.gradient.norm();
  }

  /** The mean loss over the rows with its penalties, and its gradient; only the first counts in the sums. */
  private measured(step: number, first: number, end: number): () => Promise<number> {
    const { k, sums, model } = this;
    const { l1, l2 } = this.spec.train;
    const before: number[] = [];
    let after: number[] | null = null;
    return async () => {
      if (after === null) await sums.read(before);
      else sums.set(before);
      await this.gradient.compute(step, first, end);
      this.penalize();
      const now: number[] = [];
      await sums.read(now);
      const [earlier, later] = [sumOf(before), sumOf(now)];
      const of = (cell: number) => later[cell]! - earlier[cell]!;
      let sum = of(totalCells.loss) / of(totalCells.weight);
      after ??= now;
      sums.set(after);
      if (l1 > 0 || l2 > 0)
        for (const w of await k.read(model.weights)) sum += l1 * Math.abs(w) + (l2 * w * w) / 2;
      return sum;
    };
  }

  /** A step along the gradient, with `decay` times the weight decay. */
  private move(optimizer: Optimizer, step: number, lr: number, decay: number): void {
    const { k, gradient } = this;
    const { clip_grad_norm, clip_grad_value } = this.spec.train;
    this.penalize();
    if (clip_grad_norm !== null) k.clipNorm(gradient.value, clip_grad_norm, this.sums.of(0));
    if (clip_grad_value !== null) k.clipValue(gradient.value, clip_grad_value);
    optimizer.step(step, lr, decay);
    this.finish(step);
  }

  /** What is frozen has no part in the gradient's norm, nor in a line search. */
  private penalize(): void {
    const { l1, l2 } = this.spec.train;
    if (l1 > 0 || l2 > 0) this.k.penalize(this.weightsGradient, this.model.weights, l1, l2);
    for (const gradient of this.frozen) this.k.fill(gradient, 0);
  }

  private finish(step: number): void {
    const { k } = this;
    const { max_norm } = this.spec.train;
    if (max_norm !== null) for (const W of this.linearWeights) k.limitRows(W, max_norm);
    this.average?.take(step);
  }
}
