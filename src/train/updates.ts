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
import { type Buffer, type NamedTensor, readTensors } from "../model/tensors.ts";
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
  /** What an update does to the parameters that no process has moved alone. */
  private readonly moveRest: () => void;
  /** Whether the optimizer's state is whole here: where each process moves a share, it knows its own. */
  private isWhole = true;
  private readonly linearWeights: readonly Matrix[];
  /** Elements of θ that stay as they are. */
  private readonly frozen: readonly { readonly first: number; readonly end: number }[];

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
    const { ema, batch_size: batchSize, shards, l1, l2 } = spec.train;
    const rowsPerUpdate = rowsOfUpdate(spec, batches.rows.count);
    const tables = parameters.flatMap(({ touched }) => touched ?? []);
    // A norm is known when the whole gradient is, a search moves all weights at once, and a row of a table is moved whole.
    const canShare =
      spec.optimizer.name !== "lbfgs" && spec.train.clip_grad_norm === null && tables.length === 0;
    this.gradient = new Gradient(k, model, batches, rule, sums, {
      batchSize,
      rowsPerUpdate,
      shards,
      peers,
      mover: canShare ? (...stretch) => this.mover(...stretch) : null,
    });
    const { value, moved } = this.gradient;
    for (const touched of tables) touched.isSole = this.gradient.isOfOnePass && l1 === 0 && l2 === 0;
    this.optimizer =
      spec.optimizer.name === "lbfgs"
        ? new Lbfgs(k, spec.optimizer, { theta, gradient: value })
        : createOptimizer(k, spec.optimizer, { theta, weights, parameters }, isFrozen);
    this.frozen = parameters.filter(isFrozen).map(({ value }) => {
      const first = value.offset - theta.offset;
      return { first, end: first + value.size };
    });
    this.moveRest = this.mover(moved, theta.size, value.view(1, theta.size - moved, moved));
    this.anneal = annealed(spec, totalSteps);
    this.average = ema === null ? null : new MovingAverage(k, model, ema);
    this.state = [...parameterState(this.optimizer, model), ...(this.average?.state ?? [])];
    this.linearWeights = parameters
      .filter((parameter) => parameter.shape.length === 2 && !isFrozen(parameter))
      .map(({ value }) => value);
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
    optimizer.begin(step, lr, weight_decay);
    const computed = gradient.compute(step, first, end);
    if (computed) {
      this.isWhole = gradient.moved === 0;
      return computed.then(() => this.finish(step));
    }
    this.finish(step);
    return null;
  }

  /** `optimizer.<slot>.<parameter>`: valid until the next verb. Several processes all ask for it. */
  async tensors(): Promise<NamedTensor[]> {
    if (!this.isWhole) for (const { value } of this.optimizer.slots) await this.gradient.gather(value);
    this.isWhole = true;
    return readTensors(this.k, this.state);
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
    const prepare = this.preparer(0, this.gradient.value);
    const before: number[] = [];
    let after: number[] | null = null;
    return async () => {
      if (after === null) await sums.read(before);
      else sums.set(before);
      await this.gradient.compute(step, first, end);
      prepare();
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

  /** Plans the step of θ from element `first` up to `end` along its gradient. */
  private mover(first: number, end: number, gradient: Matrix): () => void {
    const { k, optimizer } = this;
    const { clip_grad_norm, clip_grad_value } = this.spec.train;
    if (optimizer instanceof Lbfgs) return () => {};
    const step = optimizer.over(first, end, gradient);
    const prepare = this.preparer(first, gradient);
    return () => {
      prepare();
      if (clip_grad_norm !== null) k.clipNorm(gradient, clip_grad_norm, this.sums.of(0));
      if (clip_grad_value !== null) k.clipValue(gradient, clip_grad_value);
      step();
    };
  }

  /**
   * Plans what is done to the gradient from element `first` of θ on beforehand: it grows by that of the penalties on
   * weights, which come first in θ; and what is frozen has no part in its norm, nor in a line search.
   */
  private preparer(first: number, gradient: Matrix): () => void {
    const { k, model } = this;
    const { l1, l2 } = this.spec.train;
    const cut = (M: Matrix, from: number, end: number, start = 0) =>
      end > from ? [M.view(1, end - from, from - start)] : [];
    const end = first + gradient.size;
    const weightsEnd = Math.min(end, model.weights.size);
    const weights = l1 > 0 || l2 > 0 ? cut(model.weights, first, weightsEnd) : [];
    const penalized = cut(gradient, first, weightsEnd, first);
    const frozen = this.frozen.flatMap((one) =>
      cut(gradient, Math.max(first, one.first), Math.min(end, one.end), first),
    );
    return () => {
      for (const W of weights) k.penalize(penalized[0]!, W, l1, l2);
      for (const G of frozen) k.fill(G, 0);
    };
  }

  private finish(step: number): void {
    const { k } = this;
    const { max_norm } = this.spec.train;
    this.moveRest();
    if (max_norm !== null) for (const W of this.linearWeights) k.limitRows(W, max_norm);
    this.average?.take(step);
  }
}
