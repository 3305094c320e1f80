/** Copies a split of the data into a backend's memory: bytes as bytes, floats as floats, each table once. */
import { type AnySplit, type InputTable, isStreamed, type Split } from "../data/dataset/dataset.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Indices, Matrix, Table } from "../engine/matrix.ts";
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
      k.write(copy, (all) => all.set(values));
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
    private readonly k: Kernels,
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
    k.write(this.order, (order) => order.set(indices));
  }

  get count(): number {
    return this.indices.length;
  }

  startEpoch(seed: number | null, epoch: number): void {
    this.k.write(this.order, (order) => {
      order.set(this.indices);
      if (seed !== null) shuffle(order, streamKey(seed, "shuffle", epoch));
    });
  }

  find(position: number): number {
    return position;
  }

  load(): void {}

  async numberOf(position: number): Promise<number> {
    return (await this.k.read(this.order))[position]!;
  }
}

type ByteTable = Extract<InputTable, { values: Uint8Array }>;

function isBytes(table: InputTable): table is ByteTable {
  return table.values instanceof Uint8Array;
}

function bytesIn(k: Kernels, { rows, cols, values, scale, shift }: ByteTable): Table {
  const block = k.backend.bytes(values.length);
  k.write(block, (all) => all.set(values));
  return { block, rows, cols, scale, shift };
}
