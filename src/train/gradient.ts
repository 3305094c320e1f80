/**
 * The gradient of the mean loss over an update's rows, batch by batch where they do not fit one. Knows no optimizer
 * and no epochs.
 */

import type { Kernels } from "../engine/kernels.ts";
import type { LossRule } from "../engine/losses.ts";
import type { Matrix, Totals } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import type { Batches } from "./batches.ts";
import { suspect, type Trace, traceBackward, traceForward } from "./trace.ts";

export class Gradient {
  /** ∂L/∂θ of the latest update: the model's own memory, or the mean over the batches of an update. */
  readonly value: Matrix;
  /** Factor on the loss's label smoothing. */
  smoothing = 1;
  /** Of a full update. */
  private readonly batchesPerUpdate: number;

  /** @param rowsPerUpdate at most: an epoch's last update may have fewer */
  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    private readonly batches: Batches,
    private readonly rule: LossRule,
    private readonly totals: Totals,
    private readonly batchSize: number,
    rowsPerUpdate: number,
  ) {
    const { theta } = model;
    this.batchesPerUpdate = Math.ceil(Math.min(rowsPerUpdate, batches.rows.count) / batchSize);
    this.value = this.batchesPerUpdate > 1 ? k.matrix(theta.rows, theta.cols) : model.gradient;
  }

  /**
   * Enqueues the forward and backward passes over the rows of the epoch's order from `first` up to `end`; the loss is
   * added to the totals. Every batch of every update draws dropout masks of its own.
   * @param step the update's number, from 0
   * @param backward false: the loss alone
   */
  compute(step: number, first: number, end: number, backward = true): void {
    const { k, model, value, totals, batchSize } = this;
    let batch = step * this.batchesPerUpdate;
    for (let at = first; at < end; at += batchSize) {
      const size = Math.min(batchSize, end - at);
      const { pass, Y, W } = this.batches.take(at, size);
      pass.forward("train", batch++);
      k.loss(pass.dS, pass.S, Y, W, this.ruleNow, totals);
      if (!backward) continue;
      pass.backward();
      if (value !== model.gradient) k.lerp(value, model.gradient, size / (at + size - first));
    }
  }

  private get ruleNow(): LossRule {
    const { rule, smoothing } = this;
    return smoothing === 1 ? rule : { ...rule, parameter: rule.parameter * smoothing };
  }

  /** ‖∂L/∂θ‖₂ of the latest update; nothing may be enqueued. Reads element by element: for once an epoch. */
  norm(): number {
    let squares = 0;
    const { values } = this.value;
    for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
    return Math.sqrt(squares);
  }

  /** The same passes layer by layer: what is first not finite, and from which record. Nothing may be enqueued. */
  async trace(step: number, first: number, end: number): Promise<Trace | null> {
    const { k, model, batches, totals, batchSize } = this;
    let batch = step * this.batchesPerUpdate;
    for (let at = first; at < end; at += batchSize) {
      const { pass, Y, W } = batches.take(at, Math.min(batchSize, end - at));
      let found = await traceForward(k, model, pass, batch++);
      if (!found) {
        k.loss(pass.dS, pass.S, Y, W, this.rule, totals);
        pass.backward();
        found = await traceBackward(k, model);
      }
      if (!found) continue;
      const { what, row } = found;
      if (row === null) return { what, record: null };
      return { what, record: { row: batches.rows.numberOf(at + row), ...suspect(pass.X, row) } };
    }
    return null;
  }
}
