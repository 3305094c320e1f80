/** Batches of rows, gathered into memory planned once: each batch is valid until the next one is taken. */
import type { Kernels } from "../engine/kernels.ts";
import type { Indices, Matrix, Table } from "../engine/matrix.ts";
import type { Model, Pass } from "../model/model.ts";
import { assert } from "../support/errors.ts";
import type { Augmentation, BatchAugmentation } from "./augmentation.ts";

/** Rows evaluated at a time: enough for full speed, few enough to stay in cache. */
export const evaluationBatch = 512;

/** Rows in a backend's memory: a whole split, or the part of it that is needed now. */
export interface Rows {
  /** In the whole split. */
  readonly count: number;
  readonly table: Table;
  readonly targets: Matrix;
  readonly weights: Matrix | null;
  /** Positions in the table, in the order in which batches take them. */
  readonly order: Indices;
  /** Sets the order of an epoch: shuffled by the seed, or the files' order without one. */
  startEpoch(seed: number | null, epoch: number): void;
  /** Where in `order` the rows from a position of the epoch on begin; null: they must be loaded first. */
  find(position: number): number | null;
  /** Loads rows from a position on; nothing may be enqueued. */
  load(position: number): void;
  /** The number, in all files, of the row at a position of the epoch that `find` finds. */
  numberOf(position: number): Promise<number>;
}

export interface Batch {
  readonly pass: Pass;
  /** Targets [B, targets]. */
  readonly Y: Matrix;
  /** Row weights [B, 1]. */
  readonly W: Matrix | null;
  /** Both as often, one after the other, as training's loss has members: [members · B, …]. */
  readonly allY: Matrix;
  readonly allW: Matrix | null;
}

export class Batches {
  private readonly planned = new Map<number, PlannedBatch>();
  private readonly Y: Matrix;
  private readonly W: Matrix | null;

  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    readonly rows: Rows,
    largest: number,
    private readonly augmentation: Augmentation | null = null,
  ) {
    const most = Math.min(largest, rows.count);
    const all = model.plan(most).answers.rows;
    this.Y = k.matrix(all, rows.targets.cols);
    this.W = rows.weights && k.matrix(all, 1);
    this.plan(most);
  }

  /**
   * The rows of the epoch's order from `position` on, `size` of them, which must be loaded. The first batch
   * of a size plans its memory, later ones allocate none.
   */
  take(position: number, size: number): Batch {
    const { k, rows } = this;
    const { order } = rows;
    const first = rows.find(position);
    assert(first !== null, "rows are loaded before they are taken");
    const batch = this.planned.get(size) ?? this.plan(size);
    const { augmentation, pass } = batch;
    k.gather(augmentation?.raw ?? pass.X, rows.table, order, first);
    augmentation?.apply(pass.X, position);
    for (const Y of batch.copiesY) k.gather(Y, rows.targets, order, first);
    for (const W of batch.copiesW) k.gather(W, rows.weights!, order, first);
    return batch;
  }

  private plan(size: number): PlannedBatch {
    const pass = this.model.plan(size);
    const members = Array.from({ length: pass.answers.rows / size }, (_, member) => member);
    const copies = (of: Matrix | null) =>
      of ? members.map((member) => of.view(size, of.cols, member * size * of.cols)) : [];
    const [copiesY, copiesW] = [copies(this.Y), copies(this.W)];
    const batch = {
      pass,
      Y: copiesY[0]!,
      W: copiesW[0] ?? null,
      allY: this.Y.view(pass.answers.rows, this.Y.cols),
      allW: this.W?.view(pass.answers.rows, 1) ?? null,
      copiesY,
      copiesW,
      augmentation: this.augmentation?.plan(size) ?? null,
    };
    this.planned.set(size, batch);
    return batch;
  }
}

interface PlannedBatch extends Batch {
  /** Both for every member. */
  readonly copiesY: readonly Matrix[];
  readonly copiesW: readonly Matrix[];
  readonly augmentation: BatchAugmentation | null;
}
