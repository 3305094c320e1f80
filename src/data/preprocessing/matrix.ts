/** Turns a table into the matrix of inputs that batches are gathered from. */
import { assert, quoted } from "../../support/errors.ts";
import { ProblemList } from "../formats/problems.ts";
import { RawValues } from "../table/cells.ts";
import { booleanOf } from "../table/labels.ts";
import type { Table, TableColumn } from "../table/readTable.ts";
import { RowEncoder } from "./encode.ts";
import { type CategoryColumn, type InputColumn, levelReader } from "./preprocessing.ts";

export interface EncodedTable {
  readonly matrix: { readonly rows: number; readonly cols: number; readonly values: Float32Array };
  readonly warnings: readonly string[];
}

/** The inputs [rows, width] of a table that holds the columns. Empties the table's slabs on the way. */
export function encodeTable(table: Table, columns: readonly InputColumn[]): EncodedTable {
  const encoder = new TableEncoder(table.columns, columns);
  const { rows, slabs, rowsPerSlab } = table;
  const stride = table.columns.length;
  const values = new Float32Array(rows * encoder.width);
  for (let row = 0, to = 0; row < rows; row++, to += encoder.width) {
    const slab = Math.floor(row / rowsPerSlab);
    if (slab > 0 && row === slab * rowsPerSlab) slabs[slab - 1] = new RawValues(0);
    encoder.encode(slabs[slab]!, (row - slab * rowsPerSlab) * stride, values, to);
  }
  return { matrix: { rows, cols: encoder.width, values }, warnings: encoder.warnings() };
}

/** Encodes rows as a table holds them, one after the other. */
export class TableEncoder {
  readonly width: number;
  private readonly rows: RowEncoder;
  private readonly sources: Int32Array;
  private readonly raw: RawValues;
  /** Whether the table's columns from the first source on are the inputs, as they stand. */
  private readonly areTaken: boolean;
  /** Of the columns of texts, what their levels' numbers become. */
  private readonly coded: readonly { readonly j: number; readonly code: RawValues }[];

  /** @throws UserError(data) for levels that a column refuses */
  constructor(read: readonly TableColumn[], columns: readonly InputColumn[]) {
    this.rows = new RowEncoder(columns, (j, level) => read[this.sources[j]!]!.levels[level]!);
    this.width = this.rows.width;
    const positions = new Map(read.map(({ name }, position) => [name, position]));
    this.sources = Int32Array.from(columns, ({ name }) => positions.get(name)!);
    this.coded = columns.flatMap((column, j) => {
      const code = codesOf(column, read[this.sources[j]!]!);
      return code === null ? [] : [{ j, code }];
    });
    this.raw = new RawValues(columns.length);
    this.areTaken =
      this.coded.length === 0 && this.sources.every((source, j) => source === this.sources[0]! + j);
  }

  /** out[to …], which is 0, = the inputs of the row at source[from …]. */
  encode(source: RawValues, from: number, out: Float32Array, to: number): void {
    const { raw, sources, coded } = this;
    if (!this.areTaken) {
      for (let j = 0; j < raw.length; j++) raw[j] = source[from + sources[j]!]!;
      for (let i = 0; i < coded.length; i++) {
        const { j, code } = coded[i]!;
        if (!Number.isNaN(raw[j]!)) raw[j] = code[raw[j]!]!;
      }
    }
    const refused = this.areTaken
      ? this.rows.encode(source, from + sources[0]!, out, to)
      : this.rows.encode(raw, 0, out, to);
    assert(refused < 0, "missing values that are refused were found while reading");
  }

  warnings(): string[] {
    return this.rows.warnings();
  }
}

/** 0 or 1 per level, NaN for a missing value. Throws UserError(data) for other texts. */
export function booleanCodes(column: TableColumn): RawValues {
  const problems = new ProblemList();
  const codes = RawValues.from(column.levels, (level, number) => {
    if (column.isMissing[number]) return Number.NaN;
    const value = booleanOf(level);
    if (value === undefined) {
      const message = `column "${column.name}" holds ${quoted(level)}, not a boolean`;
      problems.add({
        ...column.places[number],
        message,
        expected: "true or false, yes or no, 1 or 0",
      });
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
function codesOf(column: InputColumn, read: TableColumn): RawValues | null {
  if (column.type !== "category" && column.type !== "boolean") return null;
  if (column.type === "boolean") return booleanCodes(read);
  const numberOf = levelReader(column);
  const problems = new ProblemList();
  const codes = RawValues.from(read.levels, (level, number) => {
    const code = numberOf(level);
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
