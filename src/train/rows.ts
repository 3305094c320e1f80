/** Brings a split of the data into a backend's memory: bytes as bytes, floats as floats, each table once. */
import type { InputTable, Split } from "../data/load.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix, Table } from "../engine/matrix.ts";
import { valuesOf } from "../model/tensors.ts";
import type { Rows } from "./batches.ts";

/** Copies splits into memory; splits that share a table share its copy. */
export function rowsIn(k: Kernels): (split: Split) => Rows {
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
  return ({ table, targets, weights, indices }) => ({
    table: tableOf(table),
    targets: matrixOf(targets, table.rows),
    weights: weights && matrixOf(weights, table.rows),
    indices,
  });
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
