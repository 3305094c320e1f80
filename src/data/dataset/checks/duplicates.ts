/** Rows that are equal, found by 64-bit hashes of their values. */
import type { InputColumn } from "../../preprocessing/preprocessing.ts";
import type { Table } from "../../table/readTable.ts";

/**
 * Counts, of given rows, those that are among the training rows, inputs and target alike. Time ∝ values, 12 to
 * 24 bytes for each training row.
 */
export function sharedRows(
  table: Table,
  columns: readonly InputColumn[],
  train: Int32Array,
  targets: Float32Array,
): (rows: Int32Array) => number {
  const hash = rowHash(table, columns, targets);
  const slots = 2 ** Math.ceil(Math.log2(2 * train.length + 1));
  const mask = slots - 1;
  const used = new Uint8Array(slots);
  const lows = new Int32Array(slots);
  const highs = new Int32Array(slots);
  /** The slot where the latest hash is, or would be. */
  const slotOf = () => {
    let slot = hash.low & mask;
    while (used[slot] === 1 && (lows[slot] !== hash.low || highs[slot] !== hash.high))
      slot = (slot + 1) & mask;
    return slot;
  };
  for (const row of train) {
    hash.take(row);
    const slot = slotOf();
    used[slot] = 1;
    lows[slot] = hash.low;
    highs[slot] = hash.high;
  }
  return (rows) => {
    let count = 0;
    for (const row of rows) {
      hash.take(row);
      count += used[slotOf()]!;
    }
    return count;
  };
}

/** Two FNV-1a hashes over the bits of a row's inputs and targets, mixed. */
function rowHash(table: Table, columns: readonly InputColumn[], targets: Float32Array) {
  const positions = new Map(table.columns.map(({ name }, position) => [name, position]));
  const sources = Int32Array.from(columns, ({ name }) => positions.get(name)!);
  const { rowsPerSlab } = table;
  const stride = table.columns.length;
  const slabs = table.slabs.map(bitsOf);
  const targetBits = bitsOf(targets);
  const width = targets.length / table.rows;
  const hash = {
    low: 0,
    high: 0,
    take(row: number) {
      const slab = Math.floor(row / rowsPerSlab);
      const from = (row - slab * rowsPerSlab) * stride;
      const bits = slabs[slab]!;
      let low = 0x811c9dc5 | 0;
      let high = 0x2f0b4c47;
      for (let j = 0; j < sources.length; j++) {
        const at = 2 * (from + sources[j]!);
        const word = bits[at]! ^ Math.imul(bits[at + 1]!, 0x9e3779b1);
        low = Math.imul(low ^ word ^ (word >>> 15), 0x01000193);
        high = Math.imul((high << 5) ^ (high >>> 27) ^ word, 0x5bd1e995);
      }
      for (let j = 0; j < width; j++) {
        const word = targetBits[row * width + j]!;
        low = Math.imul(low ^ word ^ (word >>> 15), 0x01000193);
        high = Math.imul((high << 5) ^ (high >>> 27) ^ word, 0x5bd1e995);
      }
      low = Math.imul(low ^ (low >>> 16), 0x7feb352d);
      hash.low = low ^ (low >>> 15);
      hash.high = high;
    },
  };
  return hash;
}

function bitsOf(values: Float32Array | Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
}
