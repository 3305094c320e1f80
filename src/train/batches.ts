/** Batches of rows, gathered into planned memory; whoever takes one uses it before taking the next. */
import type { Kernels } from "../engine/kernels.ts";
import type { Indices, Matrix, Table } from "../engine/matrix.ts";
import type { Model, Pass } from "../model/model.ts";
import type { Augmentation, BatchAugmentation } from "./augmentation.ts";

/** Rows in a backend's memory. */
export interface Rows {
  readonly table: Table;
  readonly targets: Matrix;
  readonly weights: Matrix | null;
  /** Row numbers in file order. */
  readonly indices: Int32Array;
}

export interface Batch {
  readonly pass: Pass;
  /** Targets [B, targets]. */
  readonly Y: Matrix;
  /** Row weights [B, 1]. */
  readonly W: Matrix | null;
}

export class Batches {
  /** The order in which batches take the rows: positions in the table. */
  readonly order: Indices;
  private readonly planned = new Map<number, Batch & { augmentation: BatchAugmentation | null }>();
  private readonly Y: Matrix;
  private readonly W: Matrix | null;

  constructor(
    private readonly k: Kernels,
    private readonly model: Model,
    private readonly rows: Rows,
    largest: number,
    private readonly augmentation: Augmentation | null = null,
  ) {
    const count = rows.indices.length;
    const most = Math.min(largest, count);
    this.order = k.backend.ints(count);
    this.order.values.set(rows.indices);
    this.Y = k.matrix(most, rows.targets.cols);
    this.W = rows.weights && k.matrix(most, 1);
    this.plan(most);
  }

  /** The rows of `order` from `first` on, `size` of them. A size's first batch plans memory, the next take none. */
  take(first: number, size: number): Batch {
    const { k, rows, order } = this;
    const batch = this.planned.get(size) ?? this.plan(size);
    const { augmentation, pass } = batch;
    k.gather(augmentation?.raw ?? pass.X, rows.table, order, first);
    augmentation?.apply(pass.X, first);
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
