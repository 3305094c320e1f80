/** Copies a split of the data into a backend's memory: bytes as bytes, floats as floats, each table once. */
import { type AnySplit, type InputTable, isStreamed, type Split } from "../data/dataset/dataset.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Indices, Matrix, Table } from "../engine/matrix.ts";
import { valuesOf } from "../model/tensors.ts";
import { shuffle, streamKey } from "../support/random.ts";
import type { Rows } from "./batches.ts";
import { StreamedRows } from "./streamedRows.ts";

/**
 * Copies splits into memory; splits that share a table share its copy. Streamed splits are copied part by part, as
 * their rows are needed.
 * @param rowsOfUpdate rows that are trained on together; null: the rows are only evaluated, in order
 */
export function rowsIn(k: Kernels): (split: AnySplit, rowsOfUpdate?: number | null) => Rows {
  const matrices = new Map<Float32Array, Matrix>();
  const tables = new Map<InputTable, Table>();
  const matrixOf = (values: Float32Array, rows: number): Matrix => {
    let copy = matrices.get(values);
    if (!copy) {
      copy = k.matrix(rows, values.length / rows);
      valuesOf(copy).set(values);
      matrices.set(values, copy);
    }
    return copy;
  };
  const tableOf = (table: InputTable): Table => {
    let copy = tables.get(table);
    if (!copy) {
      copy = isBytes(table) ? bytesIn(k, table) : matrixOf(table.values, table.rows);
      tables.set(table, copy);
    }
    return copy;
  };
  const resident = ({ table, targets, weights, indices }: Split) =>
    new ResidentRows(k, {
      table: tableOf(table),
      targets: matrixOf(targets, table.rows),
      weights: weights && matrixOf(weights, table.rows),
      indices,
    });
  return (split, rowsOfUpdate = null) =>
    isStreamed(split) ? new StreamedRows(k, split, rowsOfUpdate) : resident(split);
}

/** Rows that are all in memory. */
export class ResidentRows implements Rows {
  readonly table: Table;
  readonly targets: Matrix;
  readonly weights: Matrix | null;
  readonly order: Indices;
  private readonly indices: Int32Array;

  /** `indices`: the rows' numbers in the table, in file order. */
  constructor(
    k: Kernels,
    {
      table,
      targets,
      weights,
      indices,
    }: Pick<Rows, "table" | "targets" | "weights"> & { indices: Int32Array },
  ) {
    this.table = table;
    this.targets = targets;
    this.weights = weights;
    this.indices = indices;
    this.order = k.backend.ints(indices.length);
    this.order.values.set(indices);
  }

  get count(): number {
    return this.indices.length;
  }

  startEpoch(seed: number | null, epoch: number): void {
    const { values } = this.order;
    values.set(this.indices);
    if (seed !== null) shuffle(values, streamKey(seed, "shuffle", epoch));
  }

  find(position: number): number {
    return position;
  }

  load(): void {}

  numberOf(position: number): number {
    return this.order.values[position]!;
  }
}

type ByteTable = Extract<InputTable, { values: Uint8Array }>;

function isBytes(table: InputTable): table is ByteTable {
  return table.values instanceof Uint8Array;
}

function bytesIn(k: Kernels, { rows, cols, values, scale, shift }: ByteTable): Table {
  const block = k.backend.bytes(values.length);
  block.values.set(values);
  return { block, rows, cols, scale, shift };
}
