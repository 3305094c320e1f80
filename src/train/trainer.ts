/**
 * Gradient descent on one network and one set of rows: the loop over epochs and batches, and the state that
 * makes it continue to the very same bits. Knows no files and no console.
 */
import { performance } from "node:perf_hooks";
import { firstNonFinite } from "../checkpoint/safetensors.ts";
import type { Spec } from "../config/schema.ts";
import type { LossRule } from "../engine/backend.ts";
import type { Kernels } from "../engine/kernels.ts";
import { type Totals, totalCells } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import { loadTensors, type NamedTensor } from "../model/tensors.ts";
import type { TaskName } from "../tasks/tasks.ts";
import type { Augmentation } from "./augmentation.ts";
import { Batches, type Rows } from "./batches.ts";
import { Diverged } from "./diverged.ts";
import type { Figures, ProgressEvent } from "./events.ts";
import { rowsOfUpdate, runLength } from "./runLength.ts";
import { learningRate, type RunLength } from "./schedules.ts";
import type { Origin } from "./trace.ts";
import { initialTrainingState, type TrainingState } from "./trainingState.ts";
import { Updates } from "./updates.ts";

export class Trainer {
  readonly length: RunLength;
  readonly state: TrainingState;
  /** Of the epoch's updates, in this process. */
  speed = { seconds: 0, samples_per_second: 0 };
  /** How often training looks up from its work, in milliseconds: for stops and progress, for other events. */
  readonly pace = { perLook: 20, perYield: 50 };
  private readonly batches: Batches;
  private readonly updates: Updates;
  private readonly totals: Totals;
  /** Of the epoch under way, in this process. */
  private done = { seconds: 0, rows: 0 };
  private updatesPerLook = 1;
  private lastYield = performance.now();

  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    private readonly rows: Rows,
    rule: LossRule,
    private readonly spec: Spec,
    private readonly augmentation: Augmentation | null = null,
  ) {
    this.length = runLength(spec, rows.count);
    this.state = initialTrainingState();
    this.batches = new Batches(k, model, rows, spec.train.batch_size, augmentation);
    this.totals = k.backend.doubles(totalCells.count);
    this.updates = new Updates(k, model, this.batches, rule, spec, this.totals);
  }

  get finished(): boolean {
    return this.state.step >= this.length.totalSteps && !this.isMidEpoch;
  }

  get isMidEpoch(): boolean {
    return this.state.batch > 0;
  }

  /** The rows of the epoch under way that are in memory, in the order in which batches take them. */
  get order(): Int32Array {
    return this.rows.order.values;
  }

  /** What training sums up on the way, in the epoch so far. */
  figures(task: TaskName): Figures {
    const { totals } = this.state;
    const loss = totals[totalCells.loss]! / totals[totalCells.weight]!;
    if (task !== "classification") return { loss };
    return { loss, accuracy: totals[totalCells.correct]! / totals[totalCells.rows]! };
  }

  /** The rate of the latest update. */
  get lr(): number {
    return this.rateAt(Math.max(0, this.state.step - 1));
  }

  /**
   * Goes through the rest of the epoch under way. Returns null at its end (or at that of the run), else
   * why it stopped in the middle.
   * @throws Diverged when the loss, or a number of the model, is no longer finite
   */
  async runEpoch<Reason extends string>(
    shouldStop: () => Reason | null,
    tell: (event: ProgressEvent) => void,
  ): Promise<Reason | null> {
    this.beginUpdates();
    const reason = await this.goThrough(shouldStop, tell);
    this.updates.average?.exchange();
    const what = this.nonFinite();
    if (what !== null) throw this.diverged(what);
    return reason;
  }

  private async goThrough<Reason extends string>(
    shouldStop: () => Reason | null,
    tell: (event: ProgressEvent) => void,
  ): Promise<Reason | null> {
    const { state, length } = this;
    const before = state.batch === 0 ? { seconds: 0, rows: 0 } : this.done;
    const started = { time: performance.now(), rows: this.totals.values[totalCells.rows]! };
    const { best, bestEpoch } = state.monitor;
    while (state.batch < length.stepsPerEpoch && state.step < length.totalSteps) {
      await this.runSome();
      const seconds = before.seconds + (performance.now() - started.time) / 1000;
      const rows = before.rows + state.totals[totalCells.rows]! - started.rows;
      this.done = { seconds, rows };
      this.speed = { seconds, samples_per_second: rows / seconds };
      tell({
        event: "progress",
        epoch: state.epoch + 1,
        epochs: Math.ceil(length.totalSteps / length.stepsPerEpoch),
        step: state.step,
        steps: length.totalSteps,
        loss: this.meanLoss,
        lr: this.lr,
        best: bestEpoch > 0 ? { epoch: bestEpoch, value: best } : null,
        samples_per_second: this.speed.samples_per_second,
      });
      const reason = shouldStop();
      const isOver = state.batch === length.stepsPerEpoch || state.step === length.totalSteps;
      if (reason !== null && !isOver) return reason;
    }
    return null;
  }

  /** Counts the epoch as done; its sums start anew. */
  finishEpoch(): void {
    this.state.epoch++;
    this.state.batch = 0;
    this.state.totals.fill(0);
  }

  /** Mean over the rows of the epoch so far. */
  get meanLoss(): number {
    return this.state.totals[totalCells.loss]! / this.state.totals[totalCells.weight]!;
  }

  /** ‖gradient‖₂ of the latest update, before clipping; nothing may be enqueued. */
  get gradientNorm(): number {
    return this.updates.gradientNorm();
  }

  /** `optimizer.<slot>.<parameter>`, live values. */
  optimizerTensors(): NamedTensor[] {
    return this.updates.state.map(({ name, shape, value }) => ({ name, shape, values: value.values }));
  }

  /** Continues from a checkpoint's state; the model has its tensors already. */
  restore(state: TrainingState, tensors: readonly NamedTensor[]): void {
    Object.assign(this.state, structuredClone(state));
    loadTensors(this.updates.state, tensors, "optimizer state");
  }

  /** Makes one update at each rate, through as many epochs as that takes; yields the mean loss just before it. */
  async *sweep(rates: readonly number[]): AsyncGenerator<number> {
    const { state, length, totals } = this;
    for (const rate of rates) {
      if (state.batch === 0) this.beginUpdates();
      totals.values.fill(0);
      await this.update(rate);
      await this.k.sync();
      yield totals.values[totalCells.loss]! / totals.values[totalCells.weight]!;
      if (state.batch === length.stepsPerEpoch) this.finishEpoch();
    }
  }

  /** Rows of the first batch. */
  get probeRows(): number {
    return Math.min(this.spec.train.batch_size, this.rows.count);
  }

  /** The mean loss of the first batch as update 0 sees it; with `backward` its gradient too. Moves no weight. */
  async probe(backward: boolean): Promise<number> {
    const { totals, k } = this;
    totals.values.fill(0);
    if (this.rows.find(0) === null) this.rows.bring(0);
    this.updates.differentiate(0, 0, this.probeRows, backward);
    await k.sync();
    return totals.values[totalCells.loss]! / totals.values[totalCells.weight]!;
  }

  /** As many updates as fit between two looks at the clock. */
  private async runSome(): Promise<void> {
    const { state, length, pace } = this;
    const started = performance.now();
    const end = Math.min(
      state.batch + Math.min(this.updatesPerLook, this.updatesToSave),
      length.stepsPerEpoch,
    );
    while (state.batch < end && state.step < length.totalSteps) {
      const made = this.update();
      if (made) await made;
    }
    await this.k.sync();
    this.totals.values.forEach((value, cell) => {
      state.totals[cell] = value;
    });
    if (!Number.isFinite(this.meanLoss)) throw this.diverged(`the loss is ${this.meanLoss}`);
    const now = performance.now();
    const fitting = Math.floor((this.updatesPerLook * pace.perLook) / Math.max(now - started, 0.01));
    this.updatesPerLook = Math.max(1, Math.min(fitting, 2 * this.updatesPerLook));
    if (now - this.lastYield > pace.perYield) {
      await new Promise((resolve) => setImmediate(resolve));
      this.lastYield = performance.now();
    }
  }

  /** Until the next step at which the model is to be saved. */
  private get updatesToSave(): number {
    const every = this.spec.train.checkpoint?.every_steps ?? null;
    return every === null ? Infinity : every - (this.state.step % every);
  }

  /**
   * One update, enqueued, or to be waited for where the optimizer searches or rows must be brought. Allocates no
   * memory for numbers.
   */
  private update(lr = this.rateAt(this.state.step)): Promise<void> | null {
    const { state } = this;
    if (this.rows.find(this.first) === null) return this.updateWithNextRows(lr);
    const made = this.updates.make(state.step, this.first, this.end, lr);
    state.step++;
    state.batch++;
    return made;
  }

  private async updateWithNextRows(lr: number): Promise<void> {
    await this.k.sync();
    this.rows.bring(this.first);
    await this.update(lr);
  }

  /** Where the next update's rows begin and end in the epoch's order. */
  private get first(): number {
    return this.state.batch * rowsOfUpdate(this.spec, this.rows.count);
  }
  private get end(): number {
    const { count } = this.rows;
    return Math.min(this.first + rowsOfUpdate(this.spec, count), count);
  }

  private rateAt(step: number): number {
    const { spec, length, state } = this;
    return state.lr_factor * learningRate(spec.schedule, spec.optimizer.lr, step, length, state.plateau);
  }

  /** The epoch's order, sums and weights as they were when the latest update was made. */
  private beginUpdates(): void {
    const { spec, state } = this;
    this.rows.startEpoch(spec.train.shuffle ? spec.seed : null, state.epoch);
    this.augmentation?.startEpoch(state.epoch);
    this.totals.values.set(state.totals);
    this.updates.average?.exchange();
  }

  /** Finite losses may come before weights that are not: what is saved has to be usable. */
  private nonFinite(): string | null {
    for (const { name, values } of [...this.model.tensors(), ...this.optimizerTensors()]) {
      const index = firstNonFinite(values);
      if (index >= 0) return `${name} holds ${values[index]}`;
    }
    return null;
  }

  private diverged(what: string): Diverged {
    return new Diverged(`${what} in epoch ${this.state.epoch + 1}, by update ${this.state.step}`);
  }

  /**
   * After a divergence, with the last good state restored: which update brought the first number that is not
   * finite, and where in it. Leaves a state that nobody should go on with.
   * @param restore brings the last good state back once more
   */
  async findOrigin(restore: () => void): Promise<Origin | null> {
    const good = await this.countGoodUpdates();
    restore();
    this.beginUpdates();
    for (let done = 0; done < good; done++) await this.update();
    await this.k.sync();
    const { epoch, batch, step } = this.state;
    const place = { epoch: epoch + 1, batch: batch + 1, step: step + 1 };
    if (batch >= this.length.stepsPerEpoch) return null;
    const found = await this.updates.trace(step, this.first, this.end);
    if (found) return { ...found, ...place };
    await this.update();
    await this.k.sync();
    const what = this.nonFinite();
    return what === null ? null : { what: `${what} after the step`, record: null, ...place };
  }

  private async countGoodUpdates(): Promise<number> {
    const { state, length, totals } = this;
    this.beginUpdates();
    for (let good = 0; ; good++) {
      if (state.batch >= length.stepsPerEpoch || state.step >= length.totalSteps) return good;
      await this.update();
      await this.k.sync();
      const loss = totals.values[totalCells.loss]! / totals.values[totalCells.weight]!;
      if (!Number.isFinite(loss) || this.nonFinite() !== null) return good;
    }
  }
}
