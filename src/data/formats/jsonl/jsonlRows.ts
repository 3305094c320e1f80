/** The objects of JSON Lines as rows, whatever chunks they come in. Strict: what is wrong with a line stands beside it. */
import type { Problem } from "../../../support/errors.ts";
import { nearest } from "../../../support/nearest.ts";
import type { ByteWriter } from "../byteWriter.ts";
import { noOddNames } from "../columnNames.ts";
import type { LevelIndex } from "../levels.ts";
import { asUsual, exampleOf, type Notation, numberReader } from "../notation.ts";
import { numberOf } from "../number.ts";
import { dataError } from "../problems.ts";
import { nothing, type Place, plainNumber, type RowBatch } from "../rowBatch.ts";
import { type JsonObject, memberOf, parseLine, sourceOf } from "./jsonLine.ts";

export interface JsonlOptions {
  /** Named in problems. */
  readonly file: string | undefined;
  /**
   * The fields that are asked for; they are in the header whatever the first objects have.
   * null: no object has a key that none of the first batch has.
   */
  readonly columns: readonly string[] | null;
  /** A longer line is refused; absent: {@link maxLineBytes}. */
  readonly maxLine?: number | undefined;
  /** Of numbers in texts. */
  readonly notation?: Notation;
}

/** Bytes that should be an object, and their number, for problems. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** Rows per batch, so that a large chunk makes no large heap. */
const batchRows = 1024;
/** A double of so many characters was written with no digit that it has not. */
const fewDigits = 16;
/** A line that is longer is refused. */
const maxLineBytes = 64 * 2 ** 20;

/** A batch of the lines that are complete. Empty lines are none; a key that is left out is null. Throws UserError(data). */
export async function* jsonlRows(
  source: AsyncIterable<Uint8Array>,
  options: JsonlOptions,
): AsyncGenerator<JsonlBatch> {
  let header: readonly string[] | null = null;
  for await (const lines of linesOf(source, options)) {
    const batch: JsonlBatch = new JsonlBatch(lines, header, options);
    header = batch.header;
    yield batch;
  }
  if (header === null) throw dataError({ file: options.file, message: "the file is empty" });
}

/** Likewise of objects that are there already: one batch at least, and none of very many. */
export async function* jsonRows(records: readonly Line[], options: JsonlOptions): AsyncGenerator<JsonlBatch> {
  let header: readonly string[] | null = null;
  for (let from = 0; from === 0 || from < records.length; from += batchRows) {
    const batch: JsonlBatch = new JsonlBatch(records.slice(from, from + batchRows), header, options);
    header = batch.header;
    yield batch;
  }
}

async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  { file, maxLine = maxLineBytes }: JsonlOptions,
): AsyncGenerator<readonly Line[]> {
  let number = 1;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let lines: Line[] = [];
  const take = (whole: Uint8Array) => {
    const bytes = trimmed(number === 1 ? withoutMark(whole) : whole);
    if (bytes.length > 0) lines.push({ number, bytes });
    number++;
  };
  const taken = () => {
    const full = lines;
    lines = [];
    return full;
  };
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      const piece = chunk.subarray(from, end);
      take(rest.length > 0 ? Buffer.concat([...rest, piece]) : piece);
      rest = [];
      restBytes = 0;
      from = end + 1;
      if (lines.length >= batchRows) yield taken();
    }
    if (from < chunk.length) {
      rest.push(Uint8Array.from(chunk.subarray(from)));
      restBytes += chunk.length - from;
      if (restBytes > maxLine) {
        const expected = `${maxLine / 2 ** 20} MB at most`;
        throw dataError({ file, line: number, message: "a line that does not end", expected });
      }
    }
    if (lines.length > 0) yield taken();
  }
  if (restBytes > 0) take(Buffer.concat(rest));
  if (lines.length > 0) yield taken();
}

export class JsonlBatch implements RowBatch {
  readonly delimiter = null;
  readonly file: string | undefined;
  readonly header: readonly string[];
  /** An object has no key twice. */
  readonly oddNames = noOddNames;
  readonly nested = nothing;
  readonly notes = nothing;
  readonly count: number;
  readonly problems = new Map<number, Problem>();
  readonly first: Int32Array;
  readonly values: Float64Array;
  /** null where a line is none. */
  readonly objects: readonly (JsonObject | null)[];
  private readonly notation: Notation;
  private readonly readNumber: (text: string) => number;

  /** @param header null: the first batch's, which has to find it */
  constructor(
    private readonly lines: readonly Line[],
    header: readonly string[] | null,
    { file, columns, notation = asUsual }: JsonlOptions,
  ) {
    this.file = file;
    this.notation = notation;
    this.readNumber = numberReader(notation);
    this.count = lines.length;
    this.objects = lines.map(({ bytes, number }, row) => {
      const parsed = parseLine(bytes, number, file);
      if ("object" in parsed) return parsed.object;
      this.problems.set(row, parsed.problem);
      return null;
    });
    this.header = header ?? this.ownHeader(columns);
    const width = this.header.length;
    this.first = Int32Array.from({ length: this.count + 1 }, (_, row) => row * width);
    this.values = new Float64Array(this.count * width).fill(Number.NaN);
    const known = columns === null ? new Set(this.header) : null;
    for (const [row, object] of this.objects.entries()) {
      if (object === null) continue;
      const problem = misfit(object, this.header, columns, known);
      if (problem) this.problems.set(row, { ...this.placeOf(row), ...problem });
      else this.takeNumbers(object, row * width);
    }
  }

  hasFields(row: number): boolean {
    return this.objects[row] !== null;
  }

  isNull(row: number, field: number): boolean {
    return (this.valueAt(row, field) ?? null) === null;
  }

  text(row: number, field: number): string {
    const value = this.valueAt(row, field) ?? null;
    if (value === null) return "";
    if (typeof value === "string") return value;
    // Of a longer number, a double may not have all digits.
    if (typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
      const text = String(value);
      if (text.length <= fewDigits) return text;
    }
    return typeof value === "boolean" ? String(value) : sourceOf(this.lines[row]!.bytes, this.header[field]!);
  }

  number(row: number, field: number): number {
    const value = this.values[this.first[row]! + field]!;
    if (!Number.isNaN(value)) return value;
    const text = this.text(row, field);
    return typeof this.valueAt(row, field) === "string" ? this.readNumber(text) : numberOf(text);
  }

  numbersAs(): string | null {
    return exampleOf(this.notation, undefined);
  }

  levelOf(row: number, field: number, index: LevelIndex): number {
    return this.isNull(row, field) ? -1 : index.findText(this.text(row, field));
  }

  placeOf(row: number): Place {
    return { file: this.file, line: this.lines[row]!.number };
  }

  writeCsv(row: number, field: number, out: ByteWriter): void {
    if (!this.isNull(row, field)) out.csvField(this.text(row, field));
  }

  writeJson(row: number, field: number, out: ByteWriter): void {
    const text = this.text(row, field);
    const isText = typeof this.valueAt(row, field) === "string";
    if (this.isNull(row, field)) out.text("null");
    else out.text(isText ? JSON.stringify(text) : text);
  }

  private valueAt(row: number, field: number): unknown {
    const object = this.objects[row]!;
    return object === null ? null : memberOf(object, this.header[field]!);
  }

  /** The keys of the objects, or of the first and what else is asked for, however these come. Throws UserError(data) if the first has to be one. */
  private ownHeader(columns: readonly string[] | null): readonly string[] {
    const wrong = this.problems.get(0);
    if (wrong && columns === null) throw dataError(wrong);
    const keys = new Set<string>();
    const first = this.objects.find((object) => object !== null) ?? null;
    for (const object of columns === null ? this.objects : [first])
      for (const key of Object.keys(object ?? {})) keys.add(key);
    for (const column of columns ?? []) keys.add(column);
    return [...keys];
  }

  private takeNumbers(object: JsonObject, at: number): void {
    for (const [field, name] of this.header.entries()) {
      const value = memberOf(object, name);
      if (typeof value === "number") this.values[at + field] = plainNumber(value);
    }
  }
}

/** Why an object is no row; `known` are the keys that it may have. */
function misfit(
  object: JsonObject,
  header: readonly string[],
  columns: readonly string[] | null,
  known: ReadonlySet<string> | null,
): Omit<Problem, "file" | "line"> | null {
  for (const name of columns ?? header) {
    const value = memberOf(object, name);
    if (typeof value === "object" && value !== null) {
      const message = `${JSON.stringify(name)} is ${Array.isArray(value) ? "an array" : "an object"}`;
      return { message, expected: "a number, a text, a boolean or null" };
    }
  }
  const absent = columns?.filter((name) => memberOf(object, name) === undefined) ?? [];
  if (absent.length > 0) return absenceOf(absent, object, columns!);
  const more = known && Object.keys(object).find((name) => !known.has(name));
  if (more === null || more === undefined) return null;
  const meant = nearest(more, header);
  return {
    message: `the object has ${JSON.stringify(more)}, which none of the first has`,
    expected: "keys of the first objects",
    hint: meant === undefined ? "write null for a missing value" : `did you mean ${JSON.stringify(meant)}?`,
  };
}

/** Fields that an object leaves out are null, unless it has all under other names, or one under a name like it. */
function absenceOf(
  absent: readonly string[],
  object: JsonObject,
  columns: readonly string[],
): Omit<Problem, "file" | "line"> | null {
  const others = Object.keys(object).filter((name) => !columns.includes(name));
  const expected = "every input column, but for missing values";
  for (const name of absent) {
    const meant = nearest(name, others);
    if (meant === undefined && absent.length < columns.length) continue;
    const hint =
      meant === undefined ? "write null for a missing value" : `did you mean ${JSON.stringify(meant)}?`;
    return { message: `the object has no ${JSON.stringify(name)}`, expected, hint };
  }
  return null;
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === carriageReturn || bytes[end - 1] === 0x20 || bytes[end - 1] === 0x09))
    end--;
  return bytes.subarray(0, end);
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
