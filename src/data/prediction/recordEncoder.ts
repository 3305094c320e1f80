/** Encodes streamed records as the training rows were; a record that can't be is answered with its problem. */
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import type { CsvRecords } from "../formats/csv/csvRecords.ts";
import type { CsvScanner } from "../formats/csv/scanner.ts";
import { fieldOf, type JsonlRecords } from "../formats/jsonl.ts";
import { LevelIndex } from "../formats/levels.ts";
import { parseFloat32 } from "../formats/number.ts";
import type { RecordBatch, RecordReader } from "../formats/records.ts";
import { deskew } from "../preprocessing/deskew.ts";
import { RowEncoder } from "../preprocessing/encode.ts";
import { unseenProblem } from "../preprocessing/matrix.ts";
import {
  type CategoryColumn,
  elementNames,
  type InputColumn,
  type Inputs,
  levelNumbers,
  type Preprocessing,
} from "../preprocessing/preprocessing.ts";
import { booleanOf } from "../table/labels.ts";
import { missingColumn, notANumber, numberProblem, quoted } from "../table/readTable.ts";

export interface RecordEncoder {
  /** Inputs per record. */
  readonly width: number;
  /** out[to …] = the record's inputs, or what is wrong with it. */
  encode(batch: RecordBatch, record: number, out: Float32Array, to: number): Problem | null;
  /** What was filled in or not known, counted so far. */
  warnings(): string[];
}

/** Throws UserError(data) for every column that the records lack, with the nearest name they have. */
export function createEncoder(preprocessing: Preprocessing, reader: RecordReader): RecordEncoder {
  const columns = columnsOf(preprocessing.inputs);
  const prepare = preparationOf(preprocessing.inputs);
  if (reader.format === "jsonl") return new JsonlEncoder(columns, reader.file, prepare);
  const known = new Map(reader.header.map((name, field) => [name, field]));
  const absent = columns.filter(({ name }) => !known.has(name));
  if (absent.length > 0)
    throw new UserError(exitCodes.data, absentColumns(absent, columns, preprocessing.inputs, reader));
  return new CsvEncoder(
    columns,
    columns.map(({ name }) => known.get(name)!),
    prepare,
  );
}

function absentColumns(
  absent: readonly InputColumn[],
  columns: readonly InputColumn[],
  { kind }: Inputs,
  { header, file }: RecordReader,
): Problem[] {
  if (kind !== "columns") {
    const message = `${absent.length} of ${columns.length} columns are not there, such as "${absent[0]!.name}"`;
    const expected = `${columns[0]!.name} to ${columns.at(-1)!.name}`;
    return [{ file, line: 1, message, expected, hint: "an IDX or NPY file: --images FILE" }];
  }
  const problems: Problem[] = absent.slice(0, mostNamed).map(({ name }) => missingColumn(name, header, file));
  const more = absent.length - mostNamed;
  return more > 0 ? [...problems, { message: `and ${more} more columns` }] : problems;
}

/** Columns whose absence is told by name. */
const mostNamed = 20;

/** What happens to a raw row before its numbers are scaled, one by one; rows with gaps are left as they are. */
function preparationOf(inputs: Inputs): (raw: Float32Array) => void {
  if (inputs.kind === "columns" || !inputs.deskew) return () => {};
  return (raw) => {
    if (!raw.some(Number.isNaN)) deskew(raw, inputs);
  };
}

/** Elements of an array are columns too, by the names that inspect gives them. */
function columnsOf(inputs: Inputs): readonly InputColumn[] {
  if (inputs.kind === "columns") return inputs.columns;
  const { scaling } = inputs;
  return elementNames(inputs.shape).map((name) => ({
    type: "number",
    name,
    scaling,
    missingValues: [],
    fill: null,
    indicator: false,
  }));
}

/** A column as the encoders look at it. */
interface Reading {
  readonly column: InputColumn;
  readonly missing: ReadonlySet<string>;
  /** Missing values that are numbers themselves, as `-999`. */
  readonly missingNumbers: readonly number[];
  /** Texts seen or known, and what each stands for; null for a column of numbers. */
  readonly texts: LevelIndex | null;
  readonly codes: number[];
  readonly levels: ReadonlyMap<string, number>;
}

/** Stands for a text that its column refuses. */
const refused = -2;
/** Texts remembered per column; levels are always. */
const mostTexts = 10_000;

function readingOf(column: InputColumn): Reading {
  const missing = new Set(column.missingValues);
  const numbers = column.missingValues.map((text) =>
    parseFloat32(Buffer.from(text), 0, Buffer.byteLength(text)),
  );
  const isNumber = column.type === "number";
  const levels = column.type === "category" ? levelNumbers(column) : new Map<string, number>();
  return {
    column,
    missing,
    missingNumbers: isNumber ? numbers.filter((number) => !Number.isNaN(number)) : [],
    texts: isNumber ? null : LevelIndex.of(levels.keys()),
    codes: [...levels.values()],
    levels,
  };
}

/** A text in a column of categories or booleans, as a raw row has it. */
function codeOf({ column, missing, levels }: Reading, text: string): number {
  if (missing.has(text.trim())) return Number.NaN;
  if (column.type === "boolean") return booleanOf(text) ?? refused;
  return levels.get(text) ?? ((column as CategoryColumn).refusesUnseen ? refused : -1);
}

/** The sentence for a text that its column refuses. */
function refusedText({ column }: Reading, text: string) {
  return column.type === "category" ? unseenProblem(column, text) : booleanProblem(column.name, text);
}

class CsvEncoder implements RecordEncoder {
  readonly width: number;
  private readonly rows: RowEncoder;
  private readonly raw: Float32Array;
  private readonly readings: readonly Reading[];
  /** Why the latest value is none. */
  private problem: Problem | null = null;

  constructor(
    columns: readonly InputColumn[],
    private readonly fields: readonly number[],
    private readonly prepare: (raw: Float32Array) => void,
  ) {
    this.rows = new RowEncoder(columns);
    this.width = this.rows.width;
    this.raw = new Float32Array(columns.length);
    this.readings = columns.map(readingOf);
  }

  encode(batch: RecordBatch, record: number, out: Float32Array, to: number): Problem | null {
    const wrong = batch.problemOf(record);
    if (wrong) return wrong;
    const { scanner } = batch as CsvRecords;
    const { raw, readings, fields } = this;
    const { values } = scanner;
    const first = scanner.first[record]!;
    for (let j = 0; j < raw.length; j++) {
      const reading = readings[j]!;
      const field = fields[j]!;
      const value = values[first + field]!;
      if (reading.texts !== null) raw[j] = this.readText(scanner, record, field, reading);
      else if (value - value === 0 && reading.missingNumbers.length === 0) raw[j] = value;
      else raw[j] = this.readNumber(scanner, record, field, reading);
      if (this.problem !== null) {
        const { problem } = this;
        this.problem = null;
        return problem;
      }
    }
    this.prepare(raw);
    const missing = this.rows.encode(raw, 0, out, to);
    return missing < 0 ? null : refusal(scanner, record, fields[missing]!);
  }

  warnings(): string[] {
    return this.rows.warnings();
  }

  private readNumber(scanner: CsvScanner, record: number, field: number, reading: Reading): number {
    const number = scanner.number(record, field);
    if (number - number === 0) return reading.missingNumbers.includes(number) ? Number.NaN : number;
    const isMissing = Number.isNaN(number) && reading.missing.has(scanner.text(record, field).trim());
    if (!isMissing) this.problem = notANumber(scanner, record, field, number);
    return Number.NaN;
  }

  private readText(scanner: CsvScanner, record: number, field: number, reading: Reading): number {
    const texts = reading.texts!;
    const known = scanner.levelOf(record, field, texts);
    if (known >= 0) return reading.codes[known]!;
    const text = scanner.text(record, field);
    const code = codeOf(reading, text);
    if (code === refused) this.problem = { ...scanner.placeOf(record, field), ...refusedText(reading, text) };
    else if (texts.count < mostTexts) {
      texts.add(text);
      reading.codes.push(code);
    }
    return code;
  }
}

function refusal(scanner: CsvScanner, record: number, field: number): Problem {
  const message = `column "${scanner.header![field]}" holds ${quoted(scanner.text(record, field))}, a missing value`;
  return {
    ...scanner.placeOf(record, field),
    message,
    expected: "a value, as the model's spec says missing: error",
  };
}

function booleanProblem(name: string, text: string) {
  return {
    message: `column "${name}" holds ${quoted(text)}, not a boolean`,
    expected: "true or false, yes or no, 1 or 0",
  };
}

class JsonlEncoder implements RecordEncoder {
  readonly width: number;
  private readonly rows: RowEncoder;
  private readonly raw: Float32Array;
  private readonly readings: readonly Reading[];

  constructor(
    columns: readonly InputColumn[],
    private readonly file: string | undefined,
    private readonly prepare: (raw: Float32Array) => void,
  ) {
    this.rows = new RowEncoder(columns);
    this.width = this.rows.width;
    this.raw = new Float32Array(columns.length);
    this.readings = columns.map(readingOf);
  }

  encode(batch: RecordBatch, record: number, out: Float32Array, to: number): Problem | null {
    const wrong = batch.problemOf(record);
    if (wrong) return wrong;
    const object = (batch as JsonlRecords).objectOf(record);
    const place = { file: this.file, line: batch.lineOf(record) };
    for (const [j, reading] of this.readings.entries()) {
      const { name } = reading.column;
      const value = fieldOf(object, name);
      if (value === undefined) {
        const meant = nearest(name, Object.keys(object));
        const hint =
          meant === undefined ? "write null for a missing value" : `did you mean ${quoted(meant)}?`;
        return {
          ...place,
          message: `the object has no "${name}"`,
          expected: "every input column",
          hint,
        };
      }
      if (typeof value === "object" && value !== null) {
        const message = `"${name}" is ${Array.isArray(value) ? "an array" : "an object"}`;
        return { ...place, message, expected: "a number, a text, a boolean or null" };
      }
      const raw = rawOf(reading, value as string | number | boolean | null);
      if (typeof raw !== "number") return { ...place, ...raw };
      this.raw[j] = raw;
    }
    this.prepare(this.raw);
    const missing = this.rows.encode(this.raw, 0, out, to);
    if (missing < 0) return null;
    const message = `"${this.readings[missing]!.column.name}" is missing`;
    return { ...place, message, expected: "a value, as the model's spec says missing: error" };
  }

  warnings(): string[] {
    return this.rows.warnings();
  }
}

/** A JSON value as a raw row has it, or why it is none. */
function rawOf(reading: Reading, value: string | number | boolean | null): number | Problem {
  if (value === null) return Number.NaN;
  const { column, missing, missingNumbers } = reading;
  const text = String(value);
  if (column.type !== "number") {
    const code = codeOf(reading, text);
    return code === refused ? refusedText(reading, text) : code;
  }
  if (typeof value === "string" && missing.has(value.trim())) return Number.NaN;
  const bytes = Buffer.from(text);
  const number = typeof value === "number" ? Math.fround(value) : parseFloat32(bytes, 0, bytes.length);
  if (missingNumbers.includes(number)) return Number.NaN;
  return number - number === 0 ? number : numberProblem(column.name, text, Number.isNaN(number));
}
