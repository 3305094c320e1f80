/** Records found in CSV bytes: where their fields lie, and what they hold. Knows not how they were found. */
import type { Problem } from "../../../support/errors.ts";
import type { ByteWriter } from "../byteWriter.ts";
import { nameColumns, noOddNames } from "../columnNames.ts";
import type { LevelIndex } from "../levels.ts";
import { exampleOf, type Notation, numberReader } from "../notation.ts";
import { numberOf, parseNumber } from "../number.ts";
import { nothing, type Place, type RowBatch } from "../rowBatch.ts";

/** Bytes to scan at once: small enough to stay in a cache, large enough to be worth the call. */
export const pieceBytes = 64 * 2 ** 10;

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const tab = 0x09;

/**
 * Records 0 … count − 1. Field f of record r is number `first[r] + f`; it ends before byte
 * `ends[first[r] + f]` and starts after the field before it, or at `starts[r]`. Quotes are still around it.
 */
export class CsvBatch implements RowBatch {
  bytes = Buffer.alloc(pieceBytes);
  count = 0;
  /** Per record: its first byte, its first field's number (one more entry: where the last one ends), its line. */
  starts = new Int32Array(1024);
  first = new Int32Array(1025);
  lines = new Float64Array(1024);
  ends = new Int32Array(pieceBytes);
  /** Parallel to `ends`: the field's number, or NaN where its text must be looked at. */
  values = new Float64Array(pieceBytes);
  /** What is wrong with a record, by its number. Such a record has no meaningful fields. */
  readonly problems = new Map<number, Problem>();
  /** The column names; none until the first record is complete. */
  header: readonly string[] = [];
  oddNames = noOddNames;
  readonly nested = nothing;
  readonly notes = nothing;
  /** Whether records may begin with a field that the header, quoted as R writes it, does not name. */
  mayHaveRowNames = false;
  /** The header as it is written, and its line. */
  private names: readonly string[] = [];
  private headerLine = 1;
  private readonly readNumber: (text: string) => number;

  constructor(
    /** Named in problems. */
    readonly file: string | undefined,
    /** What stands between fields, once it is known. */
    public delimiter: string | null,
    protected readonly notation: Notation,
  ) {
    this.readNumber = numberReader(notation);
  }

  /** Start of a field's bytes, quotes included. */
  fieldStartOf(record: number, field: number): number {
    return field === 0 ? this.starts[record]! : this.ends[this.first[record]! + field - 1]! + 1;
  }

  /** A record that is not as it should be has no fields to rely on. */
  hasFields(record: number): boolean {
    return !this.problems.has(record);
  }

  /** An empty field is a text like any other. */
  isNull(): boolean {
    return false;
  }

  /** Without quotes. */
  text(record: number, field: number): string {
    return decodeField(this.bytes, this.fieldStartOf(record, field), this.ends[this.first[record]! + field]!);
  }

  number(record: number, field: number): number {
    const at = this.first[record]! + field;
    const value = this.values[at]!;
    if (!Number.isNaN(value)) return value;
    const start = this.fieldStartOf(record, field);
    const end = this.ends[at]!;
    return this.bytes[start] === quote || this.readNumber !== numberOf
      ? this.readNumber(this.text(record, field))
      : parseNumber(this.bytes, start, end);
  }

  numbersAs(): string | null {
    return exampleOf(this.notation, undefined);
  }

  levelOf(record: number, field: number, index: LevelIndex): number {
    const start = this.fieldStartOf(record, field);
    const end = this.ends[this.first[record]! + field]!;
    if (this.bytes[start] !== quote) return index.find(this.bytes, start, end);
    return index.findText(this.text(record, field));
  }

  /** Where a field starts: its line, and the character in it, both from 1. */
  placeOf(record: number, field: number): Place {
    return this.placeAt(this.starts[record]!, this.lines[record]!, this.fieldStartOf(record, field));
  }

  writeCsv(record: number, field: number, out: ByteWriter): void {
    if (!this.hasFields(record)) return;
    out.csvCopy(this.bytes, this.fieldStartOf(record, field), this.ends[this.first[record]! + field]!);
  }

  writeJson(record: number, field: number, out: ByteWriter): void {
    out.text(JSON.stringify(this.hasFields(record) ? this.text(record, field) : null));
  }

  /** Takes one more record, whose fields end before number `field`. */
  protected addRecord(start: number, line: number, field: number, problem: Problem | null): void {
    const record = this.count++;
    this.starts = grown(this.starts, record + 1);
    this.lines = grown(this.lines, record + 1);
    this.first = grown(this.first, record + 2);
    this.starts[record] = start;
    this.lines[record] = line;
    this.first[record + 1] = field;
    if (problem) this.problems.set(record, problem);
  }

  /** Takes the fields from number 0 on as the header. */
  protected readHeader(fields: number, start: number, line: number): void {
    this.first[1] = fields;
    this.starts[0] = start;
    this.lines[0] = this.headerLine = line;
    this.mayHaveRowNames = this.bytes[this.starts[0]!] === quote;
    const texts = Array.from({ length: fields }, (_, field) => this.text(0, field));
    this.takeNames(texts, (field) => this.placeOf(0, field));
  }

  private takeNames(texts: readonly string[], placeOf: (field: number) => Place): void {
    const { header, oddNames } = nameColumns(texts, placeOf);
    this.header = header;
    this.oddNames = oddNames;
    this.names = texts;
  }

  /** Where the first record has a field more than the header: an empty one at its end, or R's name of the row. */
  protected nameOneMore(fields: number, start: number): void {
    const first = this.first[this.count]!;
    const endsEmpty = this.ends[first + fields - 1] === this.ends[first + fields - 2]! + 1;
    const begin = this.bytes[start];
    const isNamed = this.mayHaveRowNames && (begin === quote || begin === 0x31);
    if (!endsEmpty && !isNamed) return;
    const { names, headerLine: line, file } = this;
    this.takeNames(endsEmpty ? [...names, ""] : ["", ...names], () => ({ file, line }));
  }

  /** Of a record of one field: whether it is an empty line, or one of blanks. */
  protected isBlank(start: number, end: number): boolean {
    let at = start;
    while (at < end && (this.bytes[at] === space || this.bytes[at] === tab)) at++;
    return at === end;
  }

  /** The place of a byte, counted from a record's start. */
  protected placeAt(start: number, line: number, end: number): Place {
    let column = 1;
    for (let at = start; at < end; at++) {
      const byte = this.bytes[at]!;
      if (byte === lineFeed || (byte === carriageReturn && this.bytes[at + 1] !== lineFeed)) {
        line++;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) column++;
    }
    return { file: this.file, line, column };
  }
}

/** The text of a field's bytes, quotes removed where it has them; no quote follows an empty field. */
function decodeField(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  return bytes[start] === quote ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** An array at least so long, with what it held. */
export function grown<Values extends Int32Array | Float64Array>(values: Values, length: number): Values {
  if (values.length >= length) return values;
  const larger = new (values.constructor as new (length: number) => Values)(
    Math.max(length, 2 * values.length),
  );
  larger.set(values as never);
  return larger;
}
