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
}

export class Batches {
  private readonly planned = new Map<number, Batch & { augmentation: BatchAugmentation | null }>();
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
    this.Y = k.matrix(most, rows.targets.cols);
    this.W = rows.weights && k.matrix(most, 1);
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
    k.gather(batch.Y, rows.targets, order, first);
    if (batch.W) k.gather(batch.W, rows.weights!, order, first);
    return batch;
  }

  private plan(size: number) {
    const { Y, W } = this;
    const batch = {
      pass: this.model.plan(size),
      Y: Y.view(size, Y.cols),
      W: W?.view(size, 1) ?? null,
      augmentation: this.augmentation?.plan(size) ?? null,
    };
    this.planned.set(size, batch);
    return batch;
  }
}
