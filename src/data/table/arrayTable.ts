/** Arrays of two dimensions as tables: a column per element of a record, NaN where a value is missing. */

import { type NumberArray, recordShape } from "../formats/arrays/readArray.ts";
import { dataError, ProblemList } from "../formats/problems.ts";
import { RawValues } from "./cells.ts";
import type { Table, TableColumn } from "./readTable.ts";

/** Some columns of a table, side by side in one array per file. */
export interface ColumnBlock {
  readonly names: readonly string[];
  /** One per file; their rows stand one file after the other. */
  readonly arrays: readonly NumberArray[];
  /** Whether its numbers are texts that stand for classes. */
  readonly isText: boolean;
  /** Per column, whether a missing value is a problem. */
  readonly required: (column: number) => boolean;
}

/** `feature_0`, `feature_1`, …; a block of one column is named without number, if it is a target. */
export function featureNames({ shape }: NumberArray): string[] {
  return Array.from({ length: recordShape({ shape }).cols }, (_, j) => `feature_${j}`);
}

export function targetNamesOf({ shape }: NumberArray): string[] {
  const { cols } = recordShape({ shape });
  return cols === 1 ? ["target"] : Array.from({ length: cols }, (_, j) => `target_${j}`);
}

/** The blocks as one table. Throws UserError(data): infinite numbers, missing ones where they are required. */
export function arrayTable(blocks: readonly ColumnBlock[]): Table {
  const fileRows = blocks[0]!.arrays.map(({ shape }) => shape[0]!);
  const rows = fileRows.reduce((sum, count) => sum + count, 0);
  const header = blocks.flatMap(({ names }) => names);
  const slab = new RawValues(rows * header.length);
  const problems = new ProblemList();
  let first = 0;
  const columns = blocks.flatMap((block) => {
    const found = fill(block, slab, first, header.length, problems);
    first += block.names.length;
    return found;
  });
  problems.throwIfAny();
  const slabs = [slab];
  return {
    columns,
    rows,
    fileRows,
    slabs,
    rowsPerSlab: rows,
    notes: [],
    header,
    delimiter: null,
    isArray: true,
  };
}

/** Writes a block's columns into the rows of the slab, from column `first` of `stride` on. */
function fill(
  { names, arrays, isText, required }: ColumnBlock,
  slab: RawValues,
  first: number,
  stride: number,
  problems: ProblemList,
): TableColumn[] {
  const width = names.length;
  const missing = new Float64Array(width);
  const isRequired = names.map((_, j) => required(j));
  const levels = names.map(() => new Map<number, number>());
  const places = names.map((): { file: string }[] => []);
  let to = first;
  for (const { values, file } of arrays) {
    for (let at = 0, j = 0; at < values.length; at++) {
      const value = values[at]!;
      const isMissing = Number.isNaN(value);
      if (isMissing) missing[j]!++;
      if (isMissing ? isRequired[j] : !Number.isFinite(Math.fround(value))) {
        const message = `${names[j]} of record ${Math.floor(at / width)} is ${value}`;
        problems.add({
          file,
          message,
          expected: isMissing ? "a value" : "a finite 32-bit float",
        });
      }
      if (isText && Math.abs(value) > Number.MAX_SAFE_INTEGER)
        problems.add({ file, ...mergedLabel(value, Math.floor(at / width)) });
      if (isText && !isMissing) {
        let level = levels[j]!.get(value);
        if (level === undefined) {
          level = levels[j]!.size;
          levels[j]!.set(value, level);
          places[j]!.push({ file });
        }
        slab[to + j] = level;
      } else slab[to + j] = value;
      if (++j === width) {
        j = 0;
        to += stride;
      }
    }
  }
  return names.map((name, j) => ({
    name,
    kind: isText ? "text" : "number",
    levels: [...levels[j]!.keys()].map(String),
    isMissing: [...levels[j]!.keys()].map(() => false),
    places: places[j]!,
    missing: missing[j]!,
    overflowed: false,
  }));
}

/** The sentence for a label of which others may be left as one double. */
export function mergedLabel(value: number, record: number) {
  const message = `the label of record ${record} is ${value}, beyond 2⁵³, where different ones are the same number`;
  return { message, expected: "smaller labels, or a table that has them as texts" };
}

/** Refuses records of another width than the first file's. */
export function checkWidths(arrays: readonly NumberArray[]): void {
  const wanted = recordShape(arrays[0]!).cols;
  for (const array of arrays) {
    const { cols } = recordShape(array);
    if (cols !== wanted) {
      const message = `records of ${cols} elements`;
      throw dataError({ file: array.file, message, expected: `${wanted}, as in the training file` });
    }
  }
}
