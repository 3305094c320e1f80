/** How a table is written that no spec describes: whether it has a header, and what its numbers look like. */
import { quoted, UserError } from "../../support/errors.ts";
import { formatNamed } from "../../support/fileFormats.ts";
import { isStandIn } from "../formats/columnNames.ts";
import {
  affixed,
  asUsual,
  columnReader,
  type Notation,
  numberReader,
  type Written,
} from "../formats/notation.ts";
import { numberOf } from "../formats/number.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { openRows } from "../formats/rows.ts";
import { type ColumnReading, readTable, type Table, type TableColumn } from "./readTable.ts";
import { type NumbersFound, numbersIn } from "./spellings.ts";

/** In fewer rows, a header may be like them by chance. */
const leastRows = 4;
/** A column of numbers, in which some values may be missing. */
const mostly = 0.7;
/** A column of texts with more different ones than this share of its rows does not tell. */
const mostDistinct = 0.5;

export interface Guessed {
  readonly table: Table;
  readonly written: Written;
  /** By column, what stands around its numbers. */
  readonly affixes: ReadonlyMap<string, NumbersFound>;
  /** What was found that is not as usual, in sentences. */
  readonly notes: readonly string[];
}

/**
 * A table as it seems to be written. Throws UserError as {@link readTable} does.
 * @param reading of every column, where nothing is known of it
 */
export async function readGuessing(file: string, reading: ColumnReading): Promise<Guessed> {
  const read = (written: Written) => readTable([file], written, (header) => header.map(() => reading));
  const first = await readCommented(file, reading, read);
  const { table, written, affixes } = await readNotation(first, reading, read);
  const notes: string[] = [];
  if (written.comment !== null) notes.push(`lines that begin with ${written.comment} are taken for comments`);
  if (!written.header)
    notes.push("the first row is like those below it: taken for values, and columns are named by number");
  for (const { name, kind } of table.columns) {
    const texts = first.table.columns.find((column) => column.name === name)!;
    const example =
      kind === "number" && texts.kind === "text" ? numbersIn(presentLevels(texts))?.example : null;
    if (example)
      notes.push(
        `column ${quoted(name)} holds numbers as ${quoted(example)}, read as ${columnReader(written, name)(example)}`,
      );
  }
  return { table, written, affixes, notes };
}

interface Read {
  readonly table: Table;
  readonly written: Written;
}

/** Reads again with decimal commas, groups of digits and affixes, where columns of texts seem to have them. */
async function readNotation(
  first: Read,
  { missing }: ColumnReading,
  read: (written: Written) => Promise<Table>,
): Promise<Read & Pick<Guessed, "affixes">> {
  const found = first.table.columns.flatMap((column) => {
    const numbers = column.kind === "text" ? numbersIn(presentLevels(column)) : null;
    return numbers ? [[column.name, numbers] as const] : [];
  });
  const none = { trim: false, case: null, missing: new Set(missing) };
  const affixes = new Map(found.filter(([, { prefix, suffix }]) => prefix !== null || suffix !== null));
  const cells = new Map([...affixes].map(([name, affix]) => [name, { ...none, ...affix }]));
  if (found.length === 0) return { ...first, affixes };
  const written = { ...first.written, ...mostUsual(found.map(([, numbers]) => numbers)), cells };
  const table = await read(written);
  const isHarmed = table.columns.some(
    ({ kind }, j) => kind === "text" && first.table.columns[j]?.kind === "number",
  );
  if (!isHarmed) return { table, written, affixes };
  // Other columns have decimal points.
  const pointed = { ...first.written, cells };
  return { table: await read(pointed), written: pointed, affixes };
}

/** The notation of most columns. */
function mostUsual(found: readonly NumbersFound[]): Notation {
  const commas = found.filter(({ decimal }) => decimal === ",").length;
  const points = found.filter(({ decimal, thousands }) => decimal === "." && thousands === ",").length;
  const decimal = commas > points ? "," : ".";
  const thousands = found.find((one) => one.decimal === decimal && one.thousands !== null)?.thousands;
  return { decimal, thousands: thousands ?? null };
}

/** Leaves comments out where there are rows that can't be read otherwise. */
async function readCommented(
  file: string,
  { missing }: ColumnReading,
  read: (written: Written) => Promise<Table>,
): Promise<Read> {
  const readAs = async (comment: string | null) => {
    const usual = { ...asUsual, comment };
    const written = { ...usual, header: !(await lacksHeader(file, usual, missing)) };
    return { table: await read(written), written };
  };
  try {
    return await readAs(null);
  } catch (error) {
    if (!(error instanceof UserError) || !isCsv(file)) throw error;
    return readAs("#").catch(() => {
      throw error; // the file is wrong in another way
    });
  }
}

const isCsv = (file: string) => ["csv", "tsv", null].includes(formatNamed(file));

function presentLevels({ levels, isMissing }: TableColumn): readonly string[] {
  return levels.filter((_, number) => !isMissing[number]);
}

/** Whether a CSV file's first row is like those after it. */
async function lacksHeader(file: string, written: Written, missing: readonly string[]): Promise<boolean> {
  if (!isCsv(file)) return false;
  for await (const batch of openRows(file, written))
    if (batch.count > 0) return namesAreValues(batch, new Set(missing));
  return false;
}

/**
 * Whether the names of a file's columns are like the values below them: every number stands over numbers of its size, and
 * every text is one of those below it, where few are different. Names that count, as years do, are names.
 */
function namesAreValues(batch: RowBatch, missing: ReadonlySet<string>): boolean {
  const rows = Array.from({ length: batch.count }, (_, row) => row).filter((row) => !batch.problems.has(row));
  if (rows.length < leastRows) return false;
  let alike = 0;
  const numbers: number[] = [];
  for (const [field, header] of batch.header.entries()) {
    const name = batch.oddNames.has(header) ? header.replace(/\.\d+$/, "") : header;
    if (isStandIn(name) || missing.has(name.trim())) continue;
    const told = asValue(
      name,
      rows.map((row) => batch.text(row, field)),
    );
    if (told === false) return false;
    if (told !== null) alike++;
    if (typeof told === "number") numbers.push(told);
  }
  const steps = numbers.slice(1).map((number, at) => number - numbers[at]!);
  const isCounted = steps.length > 1 && steps[0] !== 0 && steps.every((step) => step === steps[0]);
  return alike > 0 && alike >= batch.header.length / 2 && !isCounted;
}

/** The number, or true, of a name that may be a value of its column; false for one that is none; null: it can't be told. */
function asValue(name: string, cells: readonly string[]): number | boolean | null {
  const texts = new Set(cells);
  const found = numbersIn([...texts]);
  const read = found ? affixed(found, numberReader(found)) : numberOf;
  const values = cells.map(read).filter((value) => !Number.isNaN(value));
  if (values.length > mostly * cells.length) {
    const number = read(name);
    const [min, max] = values.reduce(
      ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    return number >= min - (max - min) && number <= max + (max - min) ? number : false;
  }
  if (texts.has(name)) return true;
  return texts.size > mostDistinct * cells.length ? null : false;
}
