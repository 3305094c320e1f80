/** Rows of any format, some columns of which are written by rules of their own: their cells come as the rules have them. */
import type { ByteWriter } from "./byteWriter.ts";
import type { LevelIndex } from "./levels.ts";
import {
  affixed,
  type CellRules,
  exampleOf,
  hasAffix,
  type NumberReader,
  numberReader,
  tidied,
  type Written,
} from "./notation.ts";
import type { Place, RowBatch } from "./rowBatch.ts";

/** Rows as they come where no column has rules. */
export async function* ruledRows(rows: AsyncGenerator<RowBatch>, written: Written): AsyncGenerator<RowBatch> {
  if (written.cells.size === 0) yield* rows;
  else for await (const batch of rows) yield new RuledBatch(batch, written);
}

/** Likewise of one batch. */
export function ruled(batch: RowBatch, written: Written): RowBatch {
  return written.cells.size === 0 ? batch : new RuledBatch(batch, written);
}

class RuledBatch implements RowBatch {
  readonly values: Float64Array;
  private readonly rules: readonly (CellRules | undefined)[];
  private readonly readers: readonly (NumberReader | null)[];

  constructor(
    private readonly rows: RowBatch,
    private readonly written: Written,
  ) {
    const read = numberReader(written);
    this.rules = rows.header.map((name) => written.cells.get(name));
    this.readers = this.rules.map((rules) => (rules && hasAffix(rules) ? affixed(rules, read) : null));
    const fields = [...this.readers.keys()].filter((field) => this.readers[field]);
    this.values = fields.length > 0 ? this.hidden(fields) : rows.values;
  }

  get file() {
    return this.rows.file;
  }
  get header() {
    return this.rows.header;
  }
  get oddNames() {
    return this.rows.oddNames;
  }
  get nested() {
    return this.rows.nested;
  }
  get notes() {
    return this.rows.notes;
  }
  get delimiter() {
    return this.rows.delimiter;
  }
  get count() {
    return this.rows.count;
  }
  get problems() {
    return this.rows.problems;
  }
  get first() {
    return this.rows.first;
  }

  hasFields(row: number): boolean {
    return this.rows.hasFields(row);
  }

  isNull(row: number, field: number): boolean {
    return this.rows.isNull(row, field);
  }

  text(row: number, field: number): string {
    const rules = this.rules[field];
    const text = this.rows.text(row, field);
    return rules ? tidied(rules, text) : text;
  }

  number(row: number, field: number): number {
    const read = this.readers[field];
    return read ? read(this.rows.text(row, field)) : this.rows.number(row, field);
  }

  numbersAs(field: number): string | null {
    return exampleOf(this.written, this.rules[field]);
  }

  levelOf(row: number, field: number, index: LevelIndex): number {
    if (!this.rules[field]) return this.rows.levelOf(row, field, index);
    return this.isNull(row, field) ? -1 : index.findText(this.text(row, field));
  }

  placeOf(row: number, field: number): Place {
    return this.rows.placeOf(row, field);
  }

  writeCsv(row: number, field: number, out: ByteWriter): void {
    this.rows.writeCsv(row, field, out);
  }

  writeJson(row: number, field: number, out: ByteWriter): void {
    this.rows.writeJson(row, field, out);
  }

  /** The batch's values, those of some fields as if they had to be looked at: a number without its unit is none. */
  private hidden(fields: readonly number[]): Float64Array {
    const { count, first, values } = this.rows;
    const copy = values.slice(0, count > 0 ? first[count - 1]! + this.header.length : 0);
    for (let row = 0; row < count; row++) for (const field of fields) copy[first[row]! + field] = Number.NaN;
    return copy;
  }
}
