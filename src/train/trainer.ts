/**
 * Gradient descent on one network and one set of rows: updates one after the other, through batches and epochs, and
 * the state that lets them go on to the very same bits. Knows no files and no console.
 */

import { alone, type Peers } from "../cluster/peers.ts";
import type { Spec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { LossRule } from "../engine/losses.ts";
import { type Matrix, totalCells } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import { loadTensors, type NamedTensor } from "../model/tensors.ts";
import { firstNonFinite } from "../support/finite.ts";
import { type TaskName, taskOf } from "../tasks/tasks.ts";
import type { Augmentation } from "./augmentation.ts";
import { Batches, type Rows } from "./batches.ts";
import type { Figures } from "./events.ts";
import { type RunLength, rowsOfUpdate, runLength } from "./runLength.ts";
import { learningRate } from "./schedules.ts";
import { Sums, sumOf } from "./sums.ts";
import type { Trace } from "./trace.ts";
import { initialTrainingState, type TrainingState } from "./trainingState.ts";
import { Updates } from "./updates.ts";

export class Trainer {
  readonly length: RunLength;
  readonly state: TrainingState;
  private readonly updates: Updates;
  private readonly sums: Sums;

  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    private readonly rows: Rows,
    rule: LossRule,
    private readonly spec: Spec,
    private readonly augmentation: Augmentation | null = null,
    peers: Peers = alone,
  ) {
    const { batch_size, shards } = spec.train;
    this.length = runLength(spec, rows.count);
    this.state = initialTrainingState(shards);
    this.sums = new Sums(k, shards, peers);
    const batches = new Batches(k, model, rows, Math.ceil(batch_size / shards), augmentation);
    this.updates = new Updates(k, model, batches, rule, spec, this.sums, peers);
  }

  get finished(): boolean {
    return this.state.step >= this.length.totalSteps && !this.isMidEpoch;
  }

  get isMidEpoch(): boolean {
    return this.state.batch > 0;
  }

  /** Whether the epoch under way, or the run, has no update left. */
  get isEpochOver(): boolean {
    return this.state.batch >= this.length.stepsPerEpoch || this.state.step >= this.length.totalSteps;
  }

  /** The rows of the epoch under way that are in memory, in the order in which batches take them. */
  order(): Promise<Int32Array> {
    return this.k.read(this.rows.order);
  }

  /** What training sums up on the way, in the epoch so far. */
  figures(task: TaskName): Figures {
    const sums = sumOf(this.state.totals);
    const loss = this.meanLoss;
    if (!taskOf(task).ofTraining.includes("accuracy")) return { loss };
    return { loss, accuracy: sums[totalCells.correct]! / sums[totalCells.rows]! };
  }

  /** Mean over the rows of the epoch so far, or since `clearSums`. */
  get meanLoss(): number {
    const sums = sumOf(this.state.totals);
    return sums[totalCells.loss]! / sums[totalCells.weight]!;
  }

  /** Rows of the epoch so far. */
  get rowsSeen(): number {
    return sumOf(this.state.totals)[totalCells.rows]!;
  }

  /** The rate of the latest update. */
  get lr(): number {
    return this.rateAt(Math.max(0, this.state.step - 1));
  }

  /** ‖gradient‖₂ of the latest update, before clipping. */
  gradientNorm(): Promise<number> {
    return this.updates.gradientNorm();
  }

  /** The epoch's order, sums and weights as they were when the latest update was made: before updates are made. */
  begin(): void {
    const { spec, state } = this;
    this.rows.startEpoch(spec.train.shuffle ? spec.seed : null, state.epoch);
    this.augmentation?.startEpoch(state.epoch);
    this.sums.set(state.totals);
    this.updates.average?.exchange();
  }

  /** After the updates: the model is what is measured and saved. */
  end(): void {
    this.updates.average?.exchange();
  }

  /**
   * The next update of the epoch, enqueued, or to be waited for where the optimizer searches or rows must be loaded.
   * Allocates no memory for numbers.
   */
  update(lr = this.rateAt(this.state.step)): Promise<void> | null {
    const { state } = this;
    const first = this.firstRow;
    if (this.rows.find(first) === null) return this.updateWithNextRows(lr);
    const made = this.updates.make(state.step, first, this.endRow, lr);
    state.step++;
    state.batch++;
    return made;
  }

  private async updateWithNextRows(lr: number): Promise<void> {
    await this.k.sync();
    this.rows.load(this.firstRow);
    await this.update(lr);
  }

  /** Rows of the next batch; an update may take several. */
  get batchRows(): number {
    return Math.min(this.spec.train.batch_size, this.endRow - this.firstRow);
  }

  /** Adds the loss of the next batch to the sums; with `backward` computes its gradient too. Moves no weight. */
  async evaluateBatch(backward: boolean): Promise<void> {
    const first = this.firstRow;
    if (this.rows.find(first) === null) this.rows.load(first);
    await this.updates.gradient.compute(this.state.step, first, first + this.batchRows, backward);
    await this.settle();
  }

  /** ∂L/∂<parameter> as computed last, in the order of the model's parameters. */
  gradients(): Matrix[] {
    const { value } = this.updates.gradient;
    return this.model.parameters.map(({ value: { rows, cols, offset } }) =>
      value.view(rows, cols, offset - this.model.theta.offset),
    );
  }

  /** What of the next update's passes is first not finite. Moves no weight. */
  trace(): Promise<Trace | null> {
    return this.updates.gradient.trace(this.state.step, this.firstRow, this.endRow);
  }

  /** The row with the largest input of the next update. */
  largest(): Promise<Trace["record"]> {
    return this.updates.gradient.largest(this.state.step, this.firstRow, this.endRow);
  }

  /** Waits for what is enqueued, and takes the sums of the updates so far into the state. */
  async settle(): Promise<void> {
    await this.sums.read(this.state.totals);
  }

  /** Sets the sums to 0. */
  clearSums(): void {
    this.state.totals.fill(0);
    this.sums.set(this.state.totals);
  }

  /** Counts the epoch as done. */
  finishEpoch(): void {
    this.state.epoch++;
    this.state.batch = 0;
    this.state.totals.fill(0);
  }

  /** `optimizer.<slot>.<parameter>`: valid until the next verb. */
  optimizerTensors(): Promise<NamedTensor[]> {
    return this.updates.tensors();
  }

  /** How many numbers the optimizer keeps from update to update. */
  get optimizerSize(): number {
    return this.updates.state.reduce((sum, { value }) => sum + value.size, 0);
  }

  /** Continues from a checkpoint's state; the model has its tensors already. */
  restore(state: TrainingState, tensors: readonly NamedTensor[]): void {
    Object.assign(this.state, structuredClone(state));
    loadTensors(this.k, this.updates.state, tensors, "optimizer state");
  }

  /** The first number of model and optimizer that is not finite, named; finite losses may come before such weights. */
  async nonFinite(): Promise<string | null> {
    for (const { name, values } of [...(await this.model.tensors()), ...(await this.optimizerTensors())]) {
      const index = firstNonFinite(values);
      if (index >= 0) return `${name} holds ${values[index]}`;
    }
    return null;
  }

  /** Where the next update's rows begin and end in the epoch's order. */
  private get firstRow(): number {
    return this.state.batch * rowsOfUpdate(this.spec, this.rows.count);
  }
  private get endRow(): number {
    const { count } = this.rows;
    return Math.min(this.firstRow + rowsOfUpdate(this.spec, count), count);
  }

  private rateAt(step: number): number {
    const { spec, length, state } = this;
    return state.lr_factor * learningRate(spec.schedule, spec.optimizer.lr, step, length, state.plateau);
  }
}
