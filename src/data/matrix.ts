/** Turns a table into the matrix of inputs that batches are gathered from. */
import { assert } from "../support/errors.ts";
import { RowEncoder } from "./encode.ts";
import { booleanOf } from "./labels.ts";
import { type CategoryColumn, type InputColumn, levelNumbers } from "./preprocessing.ts";
import { ProblemList } from "./problems.ts";
import { quoted, type Table, type TableColumn } from "./table.ts";

export interface EncodedTable {
  readonly matrix: { readonly rows: number; readonly cols: number; readonly values: Float32Array };
  readonly warnings: readonly string[];
}

/** The inputs [rows, width] of a table that holds the columns. Empties the table's slabs on the way. */
export function encodeTable(table: Table, columns: readonly InputColumn[]): EncodedTable {
  const encoder = new RowEncoder(columns);
  const positions = new Map(table.columns.map(({ name }, position) => [name, position]));
  const sources = Int32Array.from(columns, ({ name }) => positions.get(name)!);
  const coded = columns.flatMap((column, j) => {
    const code = codesOf(column, table.columns[sources[j]!]!);
    return code === null ? [] : [{ j, code }];
  });
  const { rows, slabs, rowsPerSlab } = table;
  const stride = table.columns.length;
  const values = new Float32Array(rows * encoder.width);
  const raw = new Float32Array(columns.length);
  for (let row = 0, to = 0; row < rows; row++, to += encoder.width) {
    const slab = Math.floor(row / rowsPerSlab);
    if (slab > 0 && row === slab * rowsPerSlab) slabs[slab - 1] = new Float32Array(0);
    const from = (row - slab * rowsPerSlab) * stride;
    const source = slabs[slab]!;
    for (let j = 0; j < raw.length; j++) raw[j] = source[from + sources[j]!]!;
    for (const { j, code } of coded) if (!Number.isNaN(raw[j]!)) raw[j] = code[raw[j]!]!;
    const refused = encoder.encode(raw, 0, values, to);
    assert(refused < 0, "missing values that are refused were found while reading");
  }
  return { matrix: { rows, cols: encoder.width, values }, warnings: encoder.warnings() };
}

/** 0 or 1 per level, NaN for a missing value. Throws UserError(data) for other texts. */
export function booleanCodes(column: TableColumn): Float32Array {
  const problems = new ProblemList();
  const codes = Float32Array.from(column.levels, (level, number) => {
    if (column.isMissing[number]) return Number.NaN;
    const value = booleanOf(level);
    if (value === undefined) {
      const message = `column "${column.name}" holds ${quoted(level)}, not a boolean`;
      problems.add({ ...column.places[number], message, expected: "true or false, yes or no, 1 or 0" });
    }
    return value ?? Number.NaN;
  });
  problems.throwIfAny();
  return codes;
}

/**
 * What a level's number in the table is in the preprocessing; null for a column of numbers. Throws
 * UserError(data) for unseen levels that the column refuses.
 */
function codesOf(column: InputColumn, read: TableColumn): Float32Array | null {
  if (column.type === "number") return null;
  if (column.type === "boolean") return booleanCodes(read);
  const known = levelNumbers(column);
  const problems = new ProblemList();
  const codes = Float32Array.from(read.levels, (level, number) => {
    const code = known.get(level);
    if (code === undefined && column.refusesUnseen && !read.isMissing[number])
      problems.add({ ...read.places[number], ...unseenProblem(column, level) });
    return code ?? -1;
  });
  problems.throwIfAny();
  return codes;
}

/** The sentence for a level that a column has not been trained on and refuses. */
export function unseenProblem({ name, levels }: CategoryColumn, level: string) {
  return {
    message: `column "${name}" holds ${quoted(level)}, a level unseen in training`,
    expected: levels.length > 12 ? `one of ${levels.length} levels` : levels.join(", "),
    hint: "the spec says unseen: error; without it, such a level is taken as none",
  };
}
