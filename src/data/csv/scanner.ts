/**
 * Finds records and fields in CSV bytes, as RFC 4180 has them, whatever the chunks they come in. Strict: what
 * is wrong with a record stands beside it. Knows nothing of columns' types; no field becomes a string here.
 */
import { isUtf8 } from "node:buffer";
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import { checkHeader, checkPreamble, findDelimiter, type HeaderSearch, skipByteOrderMark } from "./header.ts";
import type { LevelIndex } from "./levels.ts";
import { parseFloat32, powersOfTen } from "./number.ts";

export interface CsvOptions {
  /** Named in problems. */
  readonly file?: string | undefined;
  /** One character; found from the header if null. */
  readonly delimiter?: string | null | undefined;
  /** Largest record in bytes. */
  readonly maxRecord?: number;
}

export const maxColumns = 100_000;
export const maxRecordBytes = 64 * 2 ** 20;

/** Bytes to push at once: small enough to stay in a cache, large enough to be worth the call. */
export const pieceBytes = 64 * 2 ** 10;

/** Digits that 32 bits hold, whatever they are. */
const shortDigits = 9;
/** A number cut off by the chunk's end is read again with the next chunk, unless it is longer than this. */
const waitFor = 64;

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const minus = 0x2d;
const point = 0x2e;

/** What a byte can mean outside quotes. */
const ordinary = 0;
const delimits = 1;
const quotes = 2;
const endsLine = 3;
const isNul = 4;
const isHigh = 5;

type State = "plain" | "quoted" | "closed";
type Place = Pick<Problem, "file" | "line" | "column">;

/**
 * A push parser. After each `push` and after `end`, records 0 … count − 1 are those that became complete;
 * they stay readable until the next call. The first record is the header and is not counted.
 *
 * Field f of record r is number `first[r] + f`; it ends before byte `ends[first[r] + f]` and starts after the
 * field before it, or at `starts[r]`. Quotes are still around it.
 */
export class CsvScanner {
  bytes = Buffer.alloc(pieceBytes);
  count = 0;
  /** Per record: its first byte, its first field's number (one more entry: where the last one ends), its line. */
  starts = new Int32Array(1024);
  first = new Int32Array(1025);
  lines = new Float64Array(1024);
  ends = new Int32Array(pieceBytes);
  /** Parallel to `ends`: the field's number, or NaN where its text must be looked at. */
  values = new Float32Array(pieceBytes);
  /** What is wrong with a record, by its number. Such a record has no meaningful fields. */
  readonly problems = new Map<number, Problem>();
  /** The column names, once the first record is complete. */
  header: readonly string[] | null = null;
  delimiter: string | null;

  readonly file: string | undefined;
  private readonly maxRecord: number;
  private readonly kinds = new Uint8Array(256);
  private search: HeaderSearch | null = { position: 0, inQuotes: false, counts: [0, 0, 0, 0] };
  /** Absolute offset of bytes[0]. */
  private base = 0;
  private length = 0;
  private position = 0;
  private state: State = "plain";
  /** Number of the next field, and where it starts. */
  private field = 0;
  private fieldStart = 0;
  private recordStart = 0;
  private recordLine = 1;
  private line = 1;
  /** A CR ended the last record: a LF that follows belongs to it. */
  private afterReturn = false;
  private high = false;
  private problem: Problem | null = null;
  private quoteLine = 0;
  /** The first empty line after the last record: a fault if a record follows, nothing at the file's end. */
  private blankLine: number | null = null;

  constructor(options: CsvOptions = {}) {
    this.file = options.file;
    this.delimiter = options.delimiter ?? null;
    this.maxRecord = options.maxRecord ?? maxRecordBytes;
  }

  /** Takes the next bytes; they may be reused by the caller afterwards. */
  push(chunk: Uint8Array): void {
    this.makeRoom(chunk.length);
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
    this.bytes[this.length] = 0;
    if (this.search && !this.begin(false)) return;
    this.scan();
    this.checkLimits();
  }

  /** Says that no bytes follow. The last record may lack its line end. */
  end(): void {
    this.makeRoom(0);
    this.bytes[this.length] = 0;
    if (this.search && !this.begin(true)) return;
    this.scan();
    if (this.state === "quoted") {
      throw this.fail(this.quoteLine, undefined, "a quote opens here and is never closed");
    }
    if (this.state === "closed") this.state = "plain";
    if (this.fieldStart < this.length || this.field > this.first[this.count]!) {
      this.ends = grown(this.ends, this.field + 1);
      this.values = grown(this.values, this.field + 1);
      this.values[this.field] = Number.NaN;
      this.ends[this.field++] = this.length;
      this.finishRecord(this.length);
    }
    this.checkLimits();
  }

  /** Whether no byte came but, at most, a byte order mark or empty lines. */
  get empty(): boolean {
    return this.header === null;
  }

  /** Start of a field's bytes, quotes included. */
  fieldStartOf(record: number, field: number): number {
    return field === 0 ? this.starts[record]! : this.ends[this.first[record]! + field - 1]! + 1;
  }

  /** A field's text, without quotes. */
  text(record: number, field: number): string {
    return decodeField(this.bytes, this.fieldStartOf(record, field), this.ends[this.first[record]! + field]!);
  }

  /** A field's number; NaN if its text, with or without quotes and blanks around it, is none. */
  number(record: number, field: number): number {
    const at = this.first[record]! + field;
    const value = this.values[at]!;
    if (!Number.isNaN(value)) return value;
    const start = this.fieldStartOf(record, field);
    const end = this.ends[at]!;
    if (this.bytes[start] !== quote || start === end) return parseFloat32(this.bytes, start, end);
    const text = Buffer.from(this.text(record, field));
    return parseFloat32(text, 0, text.length);
  }

  /** Number of a field's text in an index, −1 if it is not there. */
  levelOf(record: number, field: number, index: LevelIndex): number {
    const start = this.fieldStartOf(record, field);
    const end = this.ends[this.first[record]! + field]!;
    if (this.bytes[start] !== quote || start === end) return index.find(this.bytes, start, end);
    const text = Buffer.from(this.text(record, field));
    return index.find(text, 0, text.length);
  }

  /** Where a field starts: its line, and the character in it, both from 1. */
  placeOf(record: number, field: number): Place {
    return this.placeAt(this.starts[record]!, this.lines[record]!, this.fieldStartOf(record, field));
  }

  /** Moves the unfinished record to the front and makes room behind it. */
  private makeRoom(bytes: number): void {
    const shift = this.recordStart;
    const kept = this.length - shift;
    const firstField = this.first[this.count]!;
    const needed = kept + bytes + 1;
    if (needed > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.bytes.length));
      larger.set(this.bytes.subarray(shift, this.length));
      this.bytes = larger;
    } else if (shift > 0) this.bytes.copyWithin(0, shift, this.length);
    this.values.copyWithin(0, firstField, this.field);
    this.ends.copyWithin(0, firstField, this.field);
    for (let field = 0; field < this.field - firstField; field++) this.ends[field]! -= shift;
    this.field -= firstField;
    this.base += shift;
    this.length = kept;
    this.position -= shift;
    this.fieldStart -= shift;
    this.recordStart = 0;
    this.first[0] = 0;
    this.count = 0;
    if (this.problems.size > 0) this.problems.clear();
  }

  /** Looks for the delimiter in the first record; false while that is not complete. */
  private begin(atEnd: boolean): boolean {
    const search = this.search!;
    const delimiter = findDelimiter(this.bytes, this.length, search, atEnd);
    if (delimiter === null) {
      if (this.length > this.maxRecord) throw this.tooLarge();
      return false;
    }
    checkPreamble(this.bytes.subarray(0, this.length), this.file);
    this.search = null;
    this.delimiter ??= delimiter;
    const { kinds } = this;
    kinds.fill(isHigh, 0x80);
    kinds[0] = isNul;
    kinds[lineFeed] = endsLine;
    kinds[carriageReturn] = endsLine;
    kinds[quote] = quotes;
    kinds[this.delimiter.charCodeAt(0)] = delimits;
    this.position = this.fieldStart = this.recordStart = skipByteOrderMark(this.bytes, this.length);
    return true;
  }

  private scan(): void {
    while (this.position < this.length) {
      if (this.state === "plain") {
        this.scanPlain();
        if (this.state === "plain") return;
      } else if (this.state === "quoted") this.scanQuoted();
      else this.scanClosed();
    }
  }

  /**
   * Outside quotes: the hot loop. Reads a field that is a short decimal number on the way, so that its bytes
   * are touched once. The byte after the last one is NUL, which ends every inner loop.
   */
  private scanPlain(): void {
    const { bytes, kinds, length } = this;
    const delimiter = this.delimiter!.charCodeAt(0);
    let { ends, values, field, fieldStart, position: at } = this;
    if (this.afterReturn) {
      this.afterReturn = false;
      if (bytes[at] === lineFeed) fieldStart = this.recordStart = ++at;
    }
    while (at < length) {
      let value = Number.NaN;
      if (at === fieldStart) {
        const only = bytes[at]! ^ 0x30;
        if (only <= 9 && bytes[at + 1] === delimiter && field < ends.length) {
          // One digit: most of what pixels, flags and counts are.
          values[field] = only;
          ends[field++] = at + 1;
          at += 2;
          fieldStart = at;
          continue;
        }
        const negative = bytes[at] === minus;
        if (negative) at++;
        const digitsStart = at;
        let mantissa = 0;
        for (let digit = bytes[at]! ^ 0x30; digit <= 9; digit = bytes[++at]! ^ 0x30) {
          mantissa = (Math.imul(mantissa, 10) + digit) | 0;
        }
        let digits = at - digitsStart;
        let fractionDigits = 0;
        if (bytes[at] === point) {
          const fractionStart = ++at;
          for (let digit = bytes[at]! ^ 0x30; digit <= 9; digit = bytes[++at]! ^ 0x30) {
            mantissa = (Math.imul(mantissa, 10) + digit) | 0;
          }
          fractionDigits = at - fractionStart;
          digits += fractionDigits;
        }
        const next = bytes[at]!;
        if (next === delimiter || next === lineFeed || next === carriageReturn) {
          if (digits > shortDigits) value = parseFloat32(bytes, fieldStart, at);
          else if (digits > 0) {
            value = fractionDigits === 0 ? mantissa : mantissa / powersOfTen[fractionDigits]!;
            if (negative) value = -value;
          }
          if (next === delimiter && field < ends.length) {
            values[field] = value;
            ends[field++] = at;
            fieldStart = ++at;
            continue;
          }
        } else if (at === length && at - fieldStart <= waitFor) {
          at = fieldStart;
          break;
        }
      }
      let kind = kinds[bytes[at]!];
      while (kind === ordinary) kind = kinds[bytes[++at]!];
      if (at >= length) break;
      if (kind === delimits || kind === endsLine) {
        if (field === ends.length) {
          if (field - this.first[this.count]! > maxColumns) throw this.tooWide();
          ends = this.ends = grown(ends, field + 1);
          values = this.values = grown(values, field + 1);
        }
        values[field] = value;
        ends[field++] = at;
        if (kind === delimits) {
          fieldStart = ++at;
        } else {
          this.field = field;
          this.finishRecord(at);
          field = this.field;
          this.recordLine = ++this.line;
          if (bytes[at++] === carriageReturn) {
            if (at === length) this.afterReturn = true;
            else if (bytes[at] === lineFeed) at++;
          }
          fieldStart = this.recordStart = at;
        }
      } else if (kind === quotes && at === fieldStart) {
        this.quoteLine = this.line;
        this.state = "quoted";
        at++;
        break;
      } else {
        if (kind === quotes)
          this.blame(at, "a quote inside a field", "a field in quotes, with its own doubled");
        else if (kind === isNul) this.blameNul(at);
        else this.high = true;
        at++;
      }
    }
    this.position = at;
    this.field = field;
    this.fieldStart = fieldStart;
  }

  private scanQuoted(): void {
    const { bytes, length } = this;
    let at = this.position;
    for (; at < length; at++) {
      const byte = bytes[at]!;
      if (byte === quote) {
        this.state = "closed";
        at++;
        break;
      }
      if (byte >= 0x80) this.high = true;
      else if (byte === carriageReturn) this.line++;
      else if (byte === lineFeed) {
        if (bytes[at - 1] !== carriageReturn) this.line++;
      } else if (byte === 0) this.blameNul(at);
    }
    this.position = at;
  }

  /** After a quote in a quoted field: it is doubled, or it has closed the field. */
  private scanClosed(): void {
    const byte = this.bytes[this.position]!;
    if (byte === quote) {
      this.state = "quoted";
      this.position++;
      return;
    }
    this.state = "plain";
    const kind = this.kinds[byte];
    if (kind !== delimits && kind !== endsLine) {
      this.blame(this.position, "text after a closing quote", `${nameOf(this.delimiter!)} or the line's end`);
    }
  }

  private finishRecord(end: number): void {
    const fields = this.field - this.first[this.count]!;
    if (fields > maxColumns) throw this.tooWide();
    if (end - this.recordStart > this.maxRecord) throw this.tooLarge();
    if (this.high) {
      this.high = false;
      const record = this.bytes.subarray(this.recordStart, end);
      if (!isUtf8(record)) this.blameEncoding(record);
    }
    if (this.header === null) {
      this.finishHeader(end, fields);
      return;
    }
    const isBlank = fields === 1 && end === this.recordStart;
    if (isBlank && this.header.length > 1) {
      this.field--;
      this.blankLine ??= this.recordLine;
      return;
    }
    if (this.blankLine !== null) this.blameBlankLine(this.blankLine);
    if (fields !== this.header.length) {
      this.problem ??= { file: this.file, line: this.recordLine, ...ragged(fields, this.header.length) };
    }
    this.addRecord(this.recordStart, this.recordLine);
    this.problem = null;
  }

  private addRecord(start: number, line: number): void {
    const record = this.count++;
    this.starts = grown(this.starts, record + 1);
    this.lines = grown(this.lines, record + 1);
    this.first = grown(this.first, record + 2);
    this.starts[record] = start;
    this.lines[record] = line;
    this.first[record + 1] = this.field;
    if (this.problem) this.problems.set(record, this.problem);
  }

  private finishHeader(end: number, fields: number): void {
    if (this.problem) throw new UserError(exitCodes.data, this.problem);
    const isBlank = fields === 1 && end === this.recordStart;
    if (isBlank)
      throw this.fail(this.recordLine, undefined, "the first line is empty", "a header naming the columns");
    this.first[1] = this.field;
    this.starts[0] = this.recordStart;
    this.lines[0] = this.recordLine;
    const texts = Array.from({ length: fields }, (_, field) => this.text(0, field));
    const places = (field: number) => this.placeOf(0, field);
    this.header = checkHeader(texts, places);
    this.field = 0;
  }

  /** Empty lines before a record become a record of their own, without fields. */
  private blameBlankLine(line: number): void {
    this.blankLine = null;
    const found = this.problem;
    const field = this.field;
    this.field = this.first[this.count]!;
    this.problem = { file: this.file, line, ...ragged(0, this.header!.length) };
    this.addRecord(this.recordStart, line);
    this.field = field;
    this.problem = found;
  }

  /** The place of a byte, counted from a record's start. */
  private placeAt(start: number, line: number, end: number): Place {
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

  private blame(at: number, message: string, expected: string): void {
    this.problem ??= { ...this.placeAt(this.recordStart, this.recordLine, at), message, expected };
  }

  private blameNul(at: number): void {
    this.problem ??= {
      file: this.file,
      line: this.line,
      message: `a NUL byte at byte ${this.base + at}`,
      expected: "UTF-8 text",
      hint: "if it is UTF-16: iconv -f UTF-16 -t UTF-8 FILE",
    };
  }

  private blameEncoding(record: Uint8Array): void {
    const offset = this.base + this.recordStart + invalidUtf8(record);
    this.problem ??= {
      file: this.file,
      line: this.recordLine,
      message: `invalid UTF-8 at byte ${offset}`,
      expected: "UTF-8 text",
      hint: "if it is Latin-1: iconv -f LATIN1 -t UTF-8 FILE",
    };
  }

  private checkLimits(): void {
    if (this.length - this.recordStart > this.maxRecord) throw this.tooLarge();
  }

  private tooLarge(): UserError {
    const limit = `${this.maxRecord / 2 ** 20} MB at most`;
    return this.state === "quoted"
      ? this.fail(
          this.quoteLine,
          undefined,
          "a quote opens here and is not closed within the largest record",
          limit,
        )
      : this.fail(this.recordLine, undefined, "a record that does not end", limit);
  }

  private tooWide(): UserError {
    return this.fail(this.recordLine, undefined, "more columns than can be", `${maxColumns} at most`);
  }

  private fail(line: number, column: number | undefined, message: string, expected?: string): UserError {
    return new UserError(exitCodes.data, { file: this.file, line, column, message, expected });
  }
}

/** The text of a field's bytes, quotes removed where it has them. */
export function decodeField(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  return bytes[start] === quote && end > start ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** What stands between fields, for messages. */
export function nameOf(delimiter: string): string {
  return delimiter === "\t" ? "a tab" : `\`${delimiter}\``;
}

function ragged(found: number, expected: number): Pick<Problem, "message" | "expected"> {
  const message = found === 0 ? "an empty line" : `a row of ${found} ${found === 1 ? "field" : "fields"}`;
  return { message, expected: `${expected}, as in the header` };
}

/** Offset of the first byte that no UTF-8 text has there. */
function invalidUtf8(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) valid = middle;
    else invalid = middle;
  }
  return characterStart(bytes, valid);
}

/** The position moved back, at most three bytes, to where a character starts. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let back = 0; back < 4 && at - back >= 0; back++) {
    if ((bytes[at - back]! & 0xc0) !== 0x80) return at - back;
  }
  return at;
}

function grown<Values extends Int32Array | Float32Array | Float64Array>(
  values: Values,
  length: number,
): Values {
  if (values.length >= length) return values;
  const larger = new (values.constructor as new (length: number) => Values)(
    Math.max(length, 2 * values.length),
  );
  larger.set(values as never);
  return larger;
}
