/**
 * One update: the gradient over its rows, piece by piece where they do not fit one batch, then penalties,
 * clipping, the optimizer's step, and what follows it. Knows no epochs.
 */
import type { Spec } from "../config/schema.ts";
import type { Kernels, LossRule } from "../engine/kernels.ts";
import type { Matrix, Totals } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import type { Buffer } from "../model/tensors.ts";
import type { Batches } from "./batches.ts";
import { MovingAverage } from "./movingAverage.ts";
import { createOptimizer, type Optimizer } from "./optimizers.ts";
import { parameterState } from "./slots.ts";
import { type Origin, suspect, traceBackward, traceForward } from "./trace.ts";

export class Updates {
  /** What a resumed run needs besides the model's tensors, named as checkpoints name it. */
  readonly state: readonly Buffer[];
  readonly average: MovingAverage | null;
  private readonly optimizer: Optimizer;
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
    const { theta, weights, parameters } = model;
    const { accumulate, ema } = spec.train;
    this.gradient = accumulate > 1 ? k.matrix(theta.rows, theta.cols) : model.gradient;
    this.weightsGradient = this.gradient.view(1, weights.size);
    this.optimizer = createOptimizer(k, spec.optimizer, { theta, weights, gradient: this.gradient });
    this.average = ema === null ? null : new MovingAverage(k, model, ema);
    this.state = [...parameterState(this.optimizer, model), ...(this.average?.state ?? [])];
    this.linearWeights = parameters.filter(({ shape }) => shape.length === 2).map(({ value }) => value);
  }

  /** Update number `step`, from 0, by the rows of the order from `first` up to `end`. Enqueues only. */
  make(step: number, first: number, end: number, lr: number): void {
    const { k, model, gradient, spec } = this;
    const { l1, l2, clip_grad_norm, clip_grad_value, max_norm } = spec.train;
    this.differentiate(step, first, end);
    if (l1 > 0 || l2 > 0) k.penalize(this.weightsGradient, model.weights, l1, l2);
    if (clip_grad_norm !== null) k.clipNorm(gradient, clip_grad_norm, this.totals);
    if (clip_grad_value !== null) k.clipValue(gradient, clip_grad_value);
    this.optimizer.step(step, lr);
    if (max_norm !== null) for (const W of this.linearWeights) k.limitRows(W, max_norm);
    this.average?.take(step);
  }

  /** What of an update's passes is first not finite, and from which record; nothing may be enqueued. */
  async trace(step: number, first: number, end: number): Promise<Pick<Origin, "what" | "record"> | null> {
    const { k, model, batches, totals } = this;
    const { batch_size, accumulate } = this.spec.train;
    for (let at = first, piece = step * accumulate; at < end; at += batch_size, piece++) {
      const { pass, Y, W } = batches.take(at, Math.min(batch_size, end - at));
      let found = await traceForward(k, model, pass, piece);
      if (!found) {
        k.loss(pass.dS, pass.S, Y, W, this.rule, totals);
        pass.backward();
        found = await traceBackward(k, model);
      }
      if (!found) continue;
      const { what, row } = found;
      const table = row === null ? 0 : batches.order.values[at + row]!;
      return { what, record: row === null ? null : { row: table, ...suspect(pass.X, row) } };
    }
    return null;
  }

  /** The gradient of the mean loss over the rows, and the loss added to the totals; every piece draws its own dropout masks. */
  differentiate(step: number, first: number, end: number, backward = true): void {
    const { k, model, gradient, totals } = this;
    const { batch_size, accumulate } = this.spec.train;
    let piece = step * accumulate;
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
