/**
 * Gradient descent on one network and one set of rows: the loop over epochs and batches, and the state that
 * makes it continue to the very same bits. Knows no files and no console.
 */
import { performance } from "node:perf_hooks";
import { firstNonFinite } from "../checkpoint/safetensors.ts";
import type { Spec, TaskName } from "../config/schema.ts";
import type { Kernels, LossRule } from "../engine/kernels.ts";
import { type Totals, totalCells } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import { loadTensors, type NamedTensor } from "../model/tensors.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { shuffle, streamKey } from "../support/random.ts";
import type { Augmentation } from "./augmentation.ts";
import { Batches, type Rows } from "./batches.ts";
import { initialMonitorState, type MonitorState } from "./earlyStopping.ts";
import type { Figures, ProgressEvent, StopReason } from "./events.ts";
import { initialPlateauState, learningRate, type PlateauState, type RunLength } from "./schedules.ts";
import { Updates } from "./updates.ts";

/** All that a resumed run needs besides tensors. Plain JSON. */
export interface TrainingState {
  /** Epochs done. */
  epoch: number;
  /** Updates done, in all and in the epoch under way. */
  step: number;
  batch: number;
  /** Sums of the epoch under way. */
  totals: number[];
  monitor: MonitorState;
  plateau: PlateauState;
}

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
    this.length = runLength(spec, rows.indices.length);
    this.state = {
      epoch: 0,
      step: 0,
      batch: 0,
      totals: new Array<number>(totalCells.count).fill(0),
      monitor: initialMonitorState(),
      plateau: initialPlateauState(),
    };
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

  /** The rows of the epoch under way, in the order in which batches take them. */
  get order(): Int32Array {
    return this.batches.order.values;
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
   * @throws UserError (exit code 6) when the loss, or a number of the model, is no longer finite
   */
  async runEpoch(
    shouldStop: () => StopReason | null,
    tell: (event: ProgressEvent) => void,
  ): Promise<StopReason | null> {
    this.updates.average?.exchange();
    const reason = await this.goThrough(shouldStop, tell);
    this.updates.average?.exchange();
    this.requireFinite();
    return reason;
  }

  private async goThrough(
    shouldStop: () => StopReason | null,
    tell: (event: ProgressEvent) => void,
  ): Promise<StopReason | null> {
    const { state, length } = this;
    this.drawEpoch();
    this.totals.values.set(state.totals);
    const started = { time: performance.now(), rows: this.totals.values[totalCells.rows]! };
    while (state.batch < length.stepsPerEpoch && state.step < length.totalSteps) {
      await this.runSome();
      const seconds = (performance.now() - started.time) / 1000;
      const rows = state.totals[totalCells.rows]! - started.rows;
      this.speed = { seconds, samples_per_second: rows / seconds };
      tell({
        event: "progress",
        epoch: state.epoch + 1,
        epochs: Math.ceil(length.totalSteps / length.stepsPerEpoch),
        step: state.step,
        steps: length.totalSteps,
        loss: this.meanLoss,
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

  /** `optimizer.<slot>.<parameter>`, live values. */
  optimizerTensors(): NamedTensor[] {
    return this.updates.state.map(({ name, shape, value }) => ({ name, shape, values: value.values }));
  }

  /** Continues from a checkpoint's state; the model has its tensors already. */
  restore(state: TrainingState, tensors: readonly NamedTensor[]): void {
    Object.assign(this.state, structuredClone(state));
    loadTensors(this.updates.state, tensors, "optimizer state");
  }

  /** As many updates as fit between two looks at the clock. */
  private async runSome(): Promise<void> {
    const { state, length, pace } = this;
    const started = performance.now();
    const end = Math.min(state.batch + this.updatesPerLook, length.stepsPerEpoch);
    while (state.batch < end && state.step < length.totalSteps) this.update();
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

  /** One update. Allocates no memory for numbers. */
  private update(): void {
    const { state, spec, rows } = this;
    const rowsPerUpdate = spec.train.batch_size * spec.train.accumulate;
    const first = state.batch * rowsPerUpdate;
    const end = Math.min(first + rowsPerUpdate, rows.indices.length);
    this.updates.make(state.step, first, end, this.rateAt(state.step));
    state.step++;
    state.batch++;
  }

  private rateAt(step: number): number {
    const { spec, length, state } = this;
    return learningRate(spec.schedule, spec.optimizer.lr, step, length, state.plateau);
  }

  private drawEpoch(): void {
    this.order.set(this.rows.indices);
    if (this.spec.train.shuffle) shuffle(this.order, streamKey(this.spec.seed, "shuffle", this.state.epoch));
    this.augmentation?.startEpoch(this.state.epoch);
  }

  /** Finite losses may come before weights that are not: what is saved has to be usable. */
  private requireFinite(): void {
    for (const { name, values } of [...this.model.tensors(), ...this.optimizerTensors()]) {
      const index = firstNonFinite(values);
      if (index >= 0) throw this.diverged(`${name} holds ${values[index]}`);
    }
  }

  private diverged(what: string): UserError {
    const { epoch, step } = this.state;
    return new UserError(exitCodes.diverged, {
      message: `training diverged: ${what} in epoch ${epoch + 1}, by update ${step}`,
      expected: "finite numbers",
      hint: "a smaller optimizer.lr, train.clip_grad_norm or scaled inputs (data.scale) help",
    });
  }
}

/** Updates an epoch and a run take: one per batch, or few batches, the last short one kept unless `drop_last`. */
export function runLength({ train }: Spec, rows: number): RunLength {
  const rowsPerUpdate = train.batch_size * train.accumulate;
  const batches = rows / rowsPerUpdate;
  const stepsPerEpoch = train.drop_last ? Math.floor(batches) : Math.ceil(batches);
  if (stepsPerEpoch === 0) {
    throw new UserError(exitCodes.data, {
      message: `${rows} training rows are fewer than a batch of ${rowsPerUpdate}, and train.drop_last drops it`,
      expected: "at least one full batch",
    });
  }
  const planned = train.epochs === null ? Infinity : train.epochs * stepsPerEpoch;
  const most = train.max_steps ?? Infinity;
  return { stepsPerEpoch, totalSteps: Math.min(planned, most), endsBySteps: most < planned };
}
