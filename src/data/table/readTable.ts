/**
 * Reads files of rows into one table of raw values: a column of numbers holds them, a column of texts the
 * numbers of its levels. Finds from the whole file which column is which. Knows nothing of scaling, targets and splits.
 */

import type { Written } from "../formats/notation.ts";
import { dataError, ProblemList } from "../formats/problems.ts";
import { nothing, type Place, type RowBatch } from "../formats/rowBatch.ts";
import { openRows, type RowOptions } from "../formats/rows.ts";
import { missingColumn, missingValue, notANumber, notATime, tooManyLevels } from "./cellProblems.ts";
import {
  fits,
  isMissing,
  type MissingValues,
  meansMissing,
  missingValues,
  RawValues,
  TextCells,
} from "./cells.ts";
import {
  checkIsTold,
  isEmptyField,
  lateValue,
  type Nameless,
  namelessColumns,
  nothingLeftOut,
} from "./nameless.ts";
import { TimeReader } from "./times.ts";

/** How a column is to be read. */
export interface ColumnReading {
  /** null: numbers if every value in all files is one, else texts. */
  readonly kind: "number" | "text" | "time" | "date" | "skip" | null;
  /** How times are written; null: as numbers or ISO 8601. */
  readonly format?: string | null;
  /** Whether its texts are no levels: they may be as many as rows. */
  readonly isProse?: boolean;
  /** Texts that mean a value is missing. */
  readonly missing: readonly string[];
  /** Whether a missing value is a problem. */
  readonly required?: boolean;
  /** What becomes of a text in a column of kind number; by default a problem. */
  readonly hint?: string;
  /** Whether nothing asks for the column, so that an index may be left out. */
  readonly isFree?: boolean;
}

/** A column as it was read. */
export interface TableColumn {
  readonly name: string;
  readonly kind: "number" | "text";
  /** Texts by their number; empty for numbers. */
  readonly levels: readonly string[];
  /** Per level, whether its text means that the value is missing. */
  readonly isMissing: readonly boolean[];
  /** Per level, where it first stands. */
  readonly places: readonly Place[];
  /** Missing values, over all files. */
  readonly missing: number;
  /** More different texts than are kept: their numbers are NaN. */
  readonly overflowed: boolean;
}

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  /** Rows of each file, in the order of the files. */
  readonly fileRows: readonly number[];
  /** Row-major pieces of `rowsPerSlab` rows (the last may be shorter), as many columns as `columns`. */
  readonly slabs: RawValues[];
  readonly rowsPerSlab: number;
  /** What was left out of the files, in sentences. */
  readonly notes: readonly string[];
  /** Fields per record, skipped ones included. */
  readonly header: readonly string[];
  /** null: of JSON Lines. */
  readonly delimiter: string | null;
  /** Whether columns are elements of arrays, for which a spec has no settings. */
  readonly isArray?: boolean;
}

/** Takes rows that are too many to be kept. */
export interface RowSink {
  /** The columns that rows have, before the first rows come. */
  start(columns: readonly ColumnRead[]): void;
  /** Whole rows of one file, numbered from 0, as many as fit; valid until this returns. */
  take(rows: RawValues, file: number): void;
  /** What is told of the rows in the stead of a table that holds them all. */
  end(table: Table): Table;
  /** All was in vain. */
  abandon(): void;
}

/** A column while it is read. */
export interface ColumnRead {
  readonly name: string;
  readonly isText: boolean;
  /** The text of a level's number. */
  text(level: number): string;
}

/** Values per slab: large enough that few are needed, small enough that none is wasted, nor copied where it grows. */
const slabValues = 2 ** 18;
/** Values handed to a sink at once: they stay in a cache. */
const sinkValues = 2 ** 16;

/** More levels than this are no category; of texts that are none, so many are kept in memory at most. */
const [maxLevels, maxTexts] = [100_000, 2 ** 24];

/**
 * Reads the files one after the other; their columns are matched by name, those of the first file rule.
 * Throws UserError: data with up to twenty problems, io.
 * @param newSink takes the rows, where they are not to be kept
 */
export async function readTable(
  files: readonly string[],
  written: Written & Pick<RowOptions, "threads">,
  readings: (header: readonly string[], file: string) => readonly ColumnReading[],
  newSink?: () => RowSink,
): Promise<Table> {
  const texts = new Set<string>();
  for (;;) {
    const sink = newSink?.() ?? null;
    const reader = new TableReader(readings, texts, sink);
    try {
      const finished = await readAll(reader, files, written);
      if (finished) return sink?.end(reader.table()) ?? reader.table();
    } catch (error) {
      sink?.abandon();
      throw error;
    }
    sink?.abandon();
    for (const name of reader.refuted) texts.add(name);
  }
}

/** Column j of a table, in the order of the rows. */
export function columnOf(table: Table, j: number): RawValues {
  return columnsOf(table, j, 1)[0]!;
}

/** Rows of which 16 columns fit the first cache. */
const rowsAtOnce = 64;

/** Columns first … first + count − 1, of all rows or the given ones. Fast for about 16 columns at once. */
export function columnsOf(table: Table, first: number, count: number, rows?: Int32Array): RawValues[] {
  const { columns, slabs, rowsPerSlab } = table;
  const stride = columns.length;
  const length = rows?.length ?? table.rows;
  const values = Array.from({ length: count }, () => new RawValues(length));
  const offsets = new Int32Array(rowsAtOnce);
  for (let done = 0; done < length; ) {
    // As many as lie in one slab: then column by column, while they are in a cache.
    const index = Math.floor((rows ? rows[done]! : done) / rowsPerSlab);
    const start = index * rowsPerSlab;
    const slab = slabs[index]!;
    let count = 0;
    for (; count < rowsAtOnce && done + count < length; count++) {
      const row = (rows ? rows[done + count]! : done + count) - start;
      if (row < 0 || row >= rowsPerSlab) break;
      offsets[count] = row * stride + first;
    }
    for (let j = 0; j < values.length; j++) {
      const column = values[j]!;
      for (let i = 0; i < count; i++) column[done + i] = slab[offsets[i]! + j]!;
    }
    done += count;
  }
  return values;
}

/** False if a column thought to hold numbers holds texts: then the reader has noted it and is to start anew. */
async function readAll(reader: TableReader, files: readonly string[], written: Written): Promise<boolean> {
  let first = true;
  for (const file of files) {
    for await (const batch of openRows(file, written)) {
      if (batch.count === 0) continue; // no row yet that tells what its columns hold
      reader.take(batch, file);
      // A text column shows at once, mostly.
      if (first && reader.refuted.size > 0) return false;
      first = false;
    }
    reader.endFile(file);
  }
  if (reader.refuted.size > 0) return false;
  reader.problems.throwIfAny();
  return true;
}

/** One column while it is read. */
interface Column {
  readonly name: string;
  readonly reading: ColumnReading;
  readonly isText: boolean;
  readonly missingValues: MissingValues;
  /** The code of a level: its number, or NaN for one that means missing. */
  readonly texts: TextCells;
  /** null: the column's cells are no times. */
  readonly times: TimeReader | null;
  readonly places: { file: string; line: number; column: number }[];
  missing: number;
}

class TableReader {
  readonly problems = new ProblemList();
  /** Columns that were taken for numbers and hold texts. */
  readonly refuted = new Set<string>();
  private header: readonly string[] | null = null;
  private delimiter: string | null = null;
  private columns: Column[] = [];
  /** Per column, 1 if a number that the batch tells is the value. */
  private arePlain: Uint8Array = new Uint8Array(0);
  /** Whether the current file's fields are the columns, one by one, and all are numbers. */
  private isStraight = false;
  /** Per column, its field in the current file. */
  private fields: Int32Array = new Int32Array(0);
  private slabs: RawValues[] = [];
  private rowsPerSlab = 1;
  private slab = new RawValues(0);
  private at = 0;
  private rows = 0;
  private fileRows: number[] = [];
  private fileFirst = 0;
  private leftOut: Nameless = nothingLeftOut;
  /** In the current file, the fields of columns left out as they were empty. */
  private emptyFields: readonly number[] = [];
  private file: string | null = null;
  /** Of the current file. */
  private batchNotes: ReadonlySet<string> = nothing;
  private notes: readonly string[] = [];

  constructor(
    private readonly readings: (header: readonly string[], file: string) => readonly ColumnReading[],
    /** Columns known to hold texts. */
    private readonly texts: ReadonlySet<string>,
    private readonly sink: RowSink | null,
  ) {}

  /** Takes the rows of a batch. */
  take(batch: RowBatch, file: string): void {
    if (this.file !== file) this.startFile(batch, file);
    const { count, first, values, problems } = batch;
    const { columns, fields, arePlain } = this;
    for (let row = 0; row < count; row++) {
      if (problems.size > 0) {
        const problem = problems.get(row);
        if (problem) {
          this.problems.add(problem);
          continue;
        }
      }
      for (const field of this.emptyFields)
        if (!isEmptyField(batch, row, field)) this.problems.add(lateValue(batch, row, field));
      if (this.at === this.slab.length) this.addSlab();
      const { slab } = this;
      const base = first[row]!;
      let at = this.at;
      if (this.isStraight && copyNumbers(values, base, slab, at, fields.length)) {
        this.at = at + fields.length;
        this.rows++;
        continue;
      }
      for (let j = 0; j < fields.length; j++) {
        const field = fields[j]!;
        const value = values[base + field]!;
        if (arePlain[j] === 1 && value - value === 0) slab[at++] = value;
        else if (columns[j]!.isText) slab[at++] = this.readText(batch, row, field, columns[j]!, file);
        else slab[at++] = this.readNumber(batch, row, field, columns[j]!);
      }
      this.at = at;
      this.rows++;
    }
  }

  endFile(file: string): void {
    const rows = this.rows - this.fileFirst;
    if (rows === 0 && this.problems.count === 0) {
      throw dataError({
        file,
        message: "the file holds a header and no rows",
        expected: "at least one row",
      });
    }
    if (this.sink) this.handOver(this.sink);
    this.notes = [...new Set([...this.notes, ...this.batchNotes])];
    this.fileRows.push(rows);
    this.fileFirst = this.rows;
    this.file = null;
  }

  table(): Table {
    const columns = this.columns.map((column): TableColumn => {
      const { name, isText, texts, places, missing } = column;
      return {
        name,
        kind: isText ? "text" : "number",
        levels: isText ? texts.index.texts() : [],
        isMissing: texts.codes.map(Number.isNaN),
        places,
        missing,
        overflowed: texts.index.count >= maxLevels,
      };
    });
    const { rows, fileRows, slabs, rowsPerSlab, delimiter } = this;
    const notes = [...this.leftOut.notes, ...this.notes];
    return { columns, rows, fileRows, slabs, rowsPerSlab, notes, header: this.header!, delimiter };
  }

  private startFile(batch: RowBatch, file: string): void {
    const { header } = batch;
    this.file = file;
    this.delimiter = batch.delimiter;
    this.batchNotes = batch.notes;
    if (this.header === null) {
      this.header = header;
      const readings = this.readings(header, file);
      const columns = header.map((name, field) => newColumn(name, readings[field]!, this.texts));
      this.leftOut = namelessColumns(batch, readings);
      const isRead = ({ name, reading }: Column) => reading.kind !== "skip" && !this.leftOut.names.has(name);
      this.columns = columns.filter(isRead);
      this.arePlain = Uint8Array.from(this.columns, ({ isText, times, missingValues: { numbers } }) =>
        isText || times || numbers.length > 0 ? 0 : 1,
      );
      const values = this.sink ? sinkValues : slabValues;
      this.rowsPerSlab = Math.max(1, Math.floor(values / Math.max(1, this.columns.length)));
      this.sink?.start(
        this.columns.map(({ name, isText, texts }) => ({
          name,
          isText,
          text: (level) => texts.index.text(level),
        })),
      );
    }
    const known = new Map(header.map((name, field) => [name, field]));
    this.fields = Int32Array.from(this.columns, ({ name }) => {
      const field = known.get(name);
      if (field === undefined) throw dataError(missingColumn(name, header, file));
      checkIsTold(name, batch.oddNames);
      return field;
    });
    this.emptyFields = this.leftOut.empty.flatMap((name) => known.get(name) ?? []);
    this.isStraight = this.fields.every((field, j) => field === j && this.arePlain[j] === 1);
  }

  private handOver(sink: RowSink): void {
    if (this.at > 0) sink.take(this.slab.subarray(0, this.at), this.fileRows.length);
    this.at = 0;
  }

  private addSlab(): void {
    if (this.sink) {
      this.handOver(this.sink);
      const values = this.rowsPerSlab * Math.max(1, this.columns.length);
      if (this.slab.length < values) this.slab = new RawValues(values);
      return;
    }
    // The first slab starts small: most tables are.
    const rows = this.slabs.length === 0 ? Math.min(this.rowsPerSlab, 1024) : this.rowsPerSlab;
    const width = Math.max(1, this.columns.length);
    if (this.slabs.length === 1 && this.slab.length < this.rowsPerSlab * width) {
      const larger = new RawValues(Math.min(this.rowsPerSlab * width, 4 * this.slab.length));
      larger.set(this.slab);
      this.slab = this.slabs[0] = larger;
      return;
    }
    this.slab = new RawValues(rows * width);
    this.slabs.push(this.slab);
    this.at = 0;
  }

  /** A number that the batch did not find on the way: long, quoted, missing, or none at all. */
  private readNumber(batch: RowBatch, row: number, field: number, column: Column): number {
    if (column.times) return this.readTime(batch, row, field, column, column.times);
    const number = batch.number(row, field);
    if (isMissing(column.missingValues, batch, row, field, number))
      return this.readMissing(batch, row, field, column);
    if (fits(number)) return number;
    const isText = Number.isNaN(number);
    if (isText && column.reading.kind === null) this.refuted.add(column.name);
    else this.problems.add(notANumber(batch, row, field, number));
    return Number.NaN;
  }

  private readTime(batch: RowBatch, row: number, field: number, column: Column, times: TimeReader): number {
    const text = batch.isNull(row, field) ? null : batch.text(row, field);
    if (text === null || meansMissing(column.missingValues, text))
      return this.readMissing(batch, row, field, column);
    const time = times.read(text);
    if (Number.isNaN(time)) this.problems.add(notATime(batch, row, field, times));
    return time;
  }

  private readText(batch: RowBatch, row: number, field: number, column: Column, file: string): number {
    const { texts } = column;
    let code = texts.known(batch, row, field);
    if (code === undefined) {
      if (batch.isNull(row, field)) return this.readMissing(batch, row, field, column);
      const level = texts.index.count;
      if (level === (column.reading.isProse ? maxTexts : maxLevels)) {
        if (column.reading.kind === "text") throw tooManyLevels(file, column.name, level);
        return Number.NaN;
      }
      const text = batch.text(row, field);
      code = meansMissing(column.missingValues, text) ? Number.NaN : level;
      texts.learn(text, code);
      const { line, column: character } = batch.placeOf(row, field);
      column.places.push({ file, line: line!, column: character! });
    }
    return Number.isNaN(code) ? this.readMissing(batch, row, field, column) : code;
  }

  private readMissing(batch: RowBatch, row: number, field: number, column: Column): number {
    column.missing++;
    if (column.reading.required) this.problems.add(missingValue(batch, row, field, column.reading.hint));
    return Number.NaN;
  }
}

/** Copies `count` plain numbers; false, and all copied in vain, if one is NaN. */
function copyNumbers(from: Float64Array, first: number, to: RawValues, at: number, count: number): boolean {
  let sum = 0;
  for (let j = 0; j < count; j++) {
    const value = from[first + j]!;
    to[at + j] = value;
    sum += value - value;
  }
  return sum === 0;
}

/** Of every column of numbers: nothing is ever added. */
const noTexts = new TextCells();

function timesOf({ kind, format = null }: ColumnReading): TimeReader | null {
  return kind === "time" || kind === "date" ? new TimeReader(format, kind === "time") : null;
}

function newColumn(name: string, reading: ColumnReading, texts: ReadonlySet<string>): Column {
  const isText = reading.kind === "text" || (reading.kind === null && texts.has(name));
  return {
    name,
    reading,
    isText,
    missingValues: missingValues(reading.missing),
    texts: isText ? new TextCells() : noTexts,
    times: timesOf(reading),
    places: [],
    missing: 0,
  };
}
