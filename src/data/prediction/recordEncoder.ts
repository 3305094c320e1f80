/** Encodes streamed records as the training rows were; a record that can't be is answered with its problem. */
import { exitCodes, type Problem, quoted, UserError } from "../../support/errors.ts";
import { LevelIndex } from "../formats/levels.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { deskew } from "../preprocessing/deskew.ts";
import { RowEncoder } from "../preprocessing/encode.ts";
import { unseenProblem } from "../preprocessing/matrix.ts";
import {
  type CategoryColumn,
  elementNames,
  type InputColumn,
  type Inputs,
  levelNumbers,
  levelReader,
  type Preprocessing,
} from "../preprocessing/preprocessing.ts";
import type { TrainingProfile } from "../preprocessing/profile.ts";
import { missingColumn, missingProblem, notANumber, notATime } from "../table/cellProblems.ts";
import {
  fits,
  isMissing,
  type MissingValues,
  meansMissing,
  missingValues,
  RawValues,
  TextCells,
} from "../table/cells.ts";
import { booleanOf } from "../table/labels.ts";
import { checkIsTold } from "../table/nameless.ts";
import { TimeReader } from "../table/times.ts";

/** The columns that a model takes, by the names that rows have to have. */
export function inputNames({ inputs }: Preprocessing): string[] {
  return columnsOf(inputs).map(({ name }) => name);
}

/** Throws UserError(data) for every column that the header lacks, with the nearest name it has. */
export function createEncoder(
  preprocessing: Preprocessing,
  { header, oddNames, file }: Pick<RowBatch, "header" | "oddNames" | "file">,
): RecordEncoder {
  const columns = columnsOf(preprocessing.inputs);
  const known = new Map(header.map((name, field) => [name, field]));
  const absent = columns.filter(({ name }) => !known.has(name));
  if (absent.length > 0)
    throw new UserError(
      exitCodes.data,
      absentColumns(absent, columns, preprocessing.inputs, { header, file }),
    );
  for (const { name } of columns) checkIsTold(name, oddNames);
  const fields = Int32Array.from(columns, ({ name }) => known.get(name)!);
  return new RecordEncoder(columns, fields, preparationOf(preprocessing.inputs), preprocessing.profile);
}

function absentColumns(
  absent: readonly InputColumn[],
  columns: readonly InputColumn[],
  { kind }: Inputs,
  { header, file }: Pick<RowBatch, "header" | "file">,
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
function preparationOf(inputs: Inputs): (raw: RawValues) => void {
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

/** How the cells of a column are read. */
interface Reading {
  readonly column: InputColumn;
  readonly missingValues: MissingValues;
  /** Texts seen or known, and what each stands for; null for a column of numbers or dates. */
  readonly texts: TextCells | null;
  /** null: the column's cells are no dates. */
  readonly times: TimeReader | null;
  readonly levelOf: (text: string) => number | undefined;
}

/** Stands for a text that its column refuses. */
const refused = -2;
/** Texts remembered per column; levels are always. */
const mostTexts = 10_000;

function readingOf(column: InputColumn): Reading {
  const levels = column.type === "category" ? levelNumbers(column) : new Map<string, number>();
  const hasTexts = column.type === "category" || column.type === "boolean";
  return {
    column,
    missingValues: missingValues(column.missingValues),
    texts: !hasTexts ? null : new TextCells(LevelIndex.of(levels.keys()), [...levels.values()]),
    times: column.type === "date" ? new TimeReader(column.format, false) : null,
    levelOf: column.type === "category" ? levelReader(column) : () => undefined,
  };
}

/** A text in a column of categories or booleans, as a raw row has it. */
function codeOf({ column, missingValues, levelOf }: Reading, text: string): number {
  if (meansMissing(missingValues, text)) return Number.NaN;
  if (column.type === "boolean") return booleanOf(text) ?? refused;
  return levelOf(text) ?? ((column as CategoryColumn).refusesUnseen ? refused : -1);
}

/** The sentence for a text that its column refuses. */
function refusedText({ column }: Reading, text: string) {
  return column.type === "category" ? unseenProblem(column, text) : booleanProblem(column.name, text);
}

export class RecordEncoder {
  /** Inputs per record. */
  readonly width: number;
  private readonly rows: RowEncoder;
  private readonly raw: RawValues;
  /** Of the current record, where a column is one of texts. */
  private readonly prose: string[] = [];
  private readonly readings: readonly Reading[];
  /** Per column, whether a number that the batch tells is the value. */
  private readonly arePlain: readonly boolean[];
  /** Why the latest value is none. */
  private problem: Problem | null = null;

  constructor(
    columns: readonly InputColumn[],
    private readonly fields: Int32Array,
    private readonly prepare: (raw: RawValues) => void,
    profile: TrainingProfile | null = null,
  ) {
    this.rows = new RowEncoder(columns, (j) => this.prose[j]!, profile);
    this.width = this.rows.width;
    this.raw = new RawValues(columns.length);
    this.readings = columns.map(readingOf);
    this.arePlain = this.readings.map(
      ({ column: { type }, missingValues: { numbers } }) => type === "number" && numbers.length === 0,
    );
  }

  /** out[to …] = the record's inputs, or what is wrong with it. */
  encode(batch: RowBatch, record: number, out: Float32Array, to: number): Problem | null {
    const wrong = batch.problems.get(record);
    if (wrong) return wrong;
    const { raw, readings, fields, arePlain } = this;
    const { values } = batch;
    const first = batch.first[record]!;
    for (let j = 0; j < raw.length; j++) {
      const field = fields[j]!;
      const value = values[first + field]!;
      if (arePlain[j] && value - value === 0) raw[j] = value;
      else {
        const reading = readings[j]!;
        if (reading.column.type === "text") raw[j] = this.readProse(batch, record, field, j);
        else
          raw[j] = reading.texts
            ? this.readText(batch, record, field, reading, reading.texts)
            : this.readNumber(batch, record, field, reading);
        if (this.problem !== null) {
          const { problem } = this;
          this.problem = null;
          return problem;
        }
      }
    }
    this.prepare(raw);
    out.fill(0, to, to + this.width);
    const missing = this.rows.encode(raw, 0, out, to);
    if (missing < 0) return null;
    const expected = "a value, as the model's spec says missing: error";
    return { ...missingProblem(batch, record, fields[missing]!), expected };
  }

  /** What was filled in or not known, counted so far. */
  warnings(): string[] {
    return this.rows.warnings();
  }

  /** What the warnings count, as numbers. */
  get counts(): readonly Float64Array[] {
    return this.rows.counts;
  }

  /** Counts what others have filled in and not known as well. */
  add(others: readonly (readonly Float64Array[])[]): void {
    this.rows.add(others);
  }

  private readNumber(batch: RowBatch, record: number, field: number, reading: Reading): number {
    const { missingValues, times } = reading;
    if (times) return this.readTime(batch, record, field, missingValues, times);
    const number = batch.number(record, field);
    if (isMissing(missingValues, batch, record, field, number)) return Number.NaN;
    if (!fits(number)) this.problem = notANumber(batch, record, field, number);
    return number;
  }

  private readTime(
    batch: RowBatch,
    record: number,
    field: number,
    missingValues: MissingValues,
    times: TimeReader,
  ): number {
    if (batch.isNull(record, field)) return Number.NaN;
    const text = batch.text(record, field);
    if (meansMissing(missingValues, text)) return Number.NaN;
    const time = times.read(text);
    if (Number.isNaN(time)) this.problem = notATime(batch, record, field, times);
    return time;
  }

  /** 0 for a text, which is kept aside. */
  private readProse(batch: RowBatch, record: number, field: number, j: number): number {
    if (batch.isNull(record, field)) return Number.NaN;
    const text = batch.text(record, field);
    if (meansMissing(this.readings[j]!.missingValues, text)) return Number.NaN;
    this.prose[j] = text;
    return 0;
  }

  private readText(
    batch: RowBatch,
    record: number,
    field: number,
    reading: Reading,
    texts: TextCells,
  ): number {
    const known = texts.known(batch, record, field);
    if (known !== undefined) return known;
    if (batch.isNull(record, field)) return Number.NaN;
    const text = batch.text(record, field);
    const code = codeOf(reading, text);
    if (code === refused) this.problem = { ...batch.placeOf(record, field), ...refusedText(reading, text) };
    else if (texts.index.count < mostTexts) texts.learn(text, code);
    return code;
  }
}

function booleanProblem(name: string, text: string) {
  return {
    message: `column "${name}" holds ${quoted(text)}, not a boolean`,
    expected: "true or false, yes or no, 1 or 0",
  };
}
