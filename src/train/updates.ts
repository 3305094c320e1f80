/**
 * One update: the gradient over its rows, piece by piece where they do not fit one batch, then penalties,
 * clipping, the optimizer's step, and what follows it. Knows no epochs.
 */
import type { Spec } from "../config/schema.ts";
import type { LossRule } from "../engine/backend.ts";
import type { Kernels } from "../engine/kernels.ts";
import { type Matrix, type Totals, totalCells } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import type { Buffer } from "../model/tensors.ts";
import type { Batches } from "./batches.ts";
import { Lbfgs } from "./lbfgs.ts";
import { MovingAverage } from "./movingAverage.ts";
import { createOptimizer, type Optimizer } from "./optimizers.ts";
import { rowsOfUpdate } from "./runLength.ts";
import { parameterState } from "./slots.ts";
import { type Origin, suspect, traceBackward, traceForward } from "./trace.ts";

export class Updates {
  /** What a resumed run needs besides the model's tensors, named as checkpoints name it. */
  readonly state: readonly Buffer[];
  readonly average: MovingAverage | null;
  private readonly optimizer: Optimizer | Lbfgs;
  /** Batches that one update takes, at most. */
  private readonly pieces: number;
  /** Of one update: the model's own, or the mean over pieces. */
  private readonly gradient: Matrix;
  /** Of the weights, where `gradient` begins. */
  private readonly weightsGradient: Matrix;
  private readonly linearWeights: readonly Matrix[];

  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    private readonly batches: Batches,
    private readonly rule: LossRule,
    private readonly spec: Spec,
    private readonly totals: Totals,
  ) {
    const { count } = batches.rows;
    const { theta, weights, parameters } = model;
    const { ema, batch_size } = spec.train;
    this.pieces = Math.ceil(Math.min(rowsOfUpdate(spec, count), count) / batch_size);
    this.gradient = this.pieces > 1 ? k.matrix(theta.rows, theta.cols) : model.gradient;
    this.weightsGradient = this.gradient.view(1, weights.size);
    const optimized = { theta, weights, gradient: this.gradient };
    this.optimizer =
      spec.optimizer.name === "lbfgs"
        ? new Lbfgs(k, spec.optimizer, optimized)
        : createOptimizer(k, spec.optimizer, optimized);
    this.average = ema === null ? null : new MovingAverage(k, model, ema);
    this.state = [...parameterState(this.optimizer, model), ...(this.average?.state ?? [])];
    this.linearWeights = parameters.filter(({ shape }) => shape.length === 2).map(({ value }) => value);
  }

  /**
   * Update number `step`, from 0, by the rows of the order from `first` up to `end`. Enqueues only, unless the
   * optimizer searches: then the update is made when the promise is fulfilled.
   */
  make(step: number, first: number, end: number, lr: number): Promise<void> | null {
    const { k, gradient, optimizer } = this;
    const { clip_grad_norm, clip_grad_value } = this.spec.train;
    if (optimizer instanceof Lbfgs)
      return optimizer.step(lr, this.measured(step, first, end)).then(() => this.finish(step));
    this.differentiate(step, first, end);
    this.penalize();
    if (clip_grad_norm !== null) k.clipNorm(gradient, clip_grad_norm, this.totals);
    if (clip_grad_value !== null) k.clipValue(gradient, clip_grad_value);
    optimizer.step(step, lr);
    this.finish(step);
    return null;
  }

  /** ‖gradient‖₂ of the latest update, before clipping; looked at once an epoch, as it is read element by element. */
  gradientNorm(): number {
    const { spec, totals, gradient } = this;
    if (spec.train.clip_grad_norm !== null && !(this.optimizer instanceof Lbfgs))
      return totals.values[totalCells.gradientNorm]!;
    let squares = 0;
    const { values } = gradient;
    for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
    return Math.sqrt(squares);
  }

  /** The mean loss over the rows with its penalties, and its gradient; only the first counts in the totals. */
  private measured(step: number, first: number, end: number): () => Promise<number> {
    const { k, totals, model } = this;
    const { l1, l2 } = this.spec.train;
    const [loss, weight] = [totalCells.loss, totalCells.weight];
    const before = [...totals.values];
    let after: number[] | null = null;
    return async () => {
      totals.values.set(before);
      this.differentiate(step, first, end);
      this.penalize();
      await k.sync();
      const { values } = totals;
      let sum = (values[loss]! - before[loss]!) / (values[weight]! - before[weight]!);
      after ??= [...values];
      values.set(after);
      if (l1 > 0 || l2 > 0) for (const w of model.weights.values) sum += l1 * Math.abs(w) + (l2 * w * w) / 2;
      return sum;
    };
  }

  private penalize(): void {
    const { l1, l2 } = this.spec.train;
    if (l1 > 0 || l2 > 0) this.k.penalize(this.weightsGradient, this.model.weights, l1, l2);
  }

  private finish(step: number): void {
    const { k } = this;
    const { max_norm } = this.spec.train;
    if (max_norm !== null) for (const W of this.linearWeights) k.limitRows(W, max_norm);
    this.average?.take(step);
  }

  /** What of an update's passes is first not finite, and from which record; nothing may be enqueued. */
  async trace(step: number, first: number, end: number): Promise<Pick<Origin, "what" | "record"> | null> {
    const { k, model, batches, totals } = this;
    const { batch_size } = this.spec.train;
    for (let at = first, piece = step * this.pieces; at < end; at += batch_size, piece++) {
      const { pass, Y, W } = batches.take(at, Math.min(batch_size, end - at));
      let found = await traceForward(k, model, pass, piece);
      if (!found) {
        k.loss(pass.dS, pass.S, Y, W, this.rule, totals);
        pass.backward();
        found = await traceBackward(k, model);
      }
      if (!found) continue;
      const { what, row } = found;
      const table = row === null ? 0 : batches.rows.numberOf(at + row);
      return { what, record: row === null ? null : { row: table, ...suspect(pass.X, row) } };
    }
    return null;
  }

  /** The gradient of the mean loss over the rows, and the loss added to the totals; every piece draws its own dropout masks. */
  differentiate(step: number, first: number, end: number, backward = true): void {
    const { k, model, gradient, totals } = this;
    const { batch_size } = this.spec.train;
    let piece = step * this.pieces;
    for (let at = first; at < end; at += batch_size) {
      const size = Math.min(batch_size, end - at);
      const { pass, Y, W } = this.batches.take(at, size);
      pass.forward("train", piece++);
      k.loss(pass.dS, pass.S, Y, W, this.rule, totals);
      if (!backward) continue;
      pass.backward();
      if (gradient !== model.gradient) k.lerp(gradient, model.gradient, size / (at + size - first));
    }
  }
}
