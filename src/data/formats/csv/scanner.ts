/**
 * Finds records and fields in CSV bytes, as RFC 4180 has them, whatever the chunks they come in. Strict: what
 * is wrong with a record stands beside it. Knows nothing of columns' types; no field becomes a string here.
 */
import { isUtf8 } from "node:buffer";
import type { Problem, UserError } from "../../../support/errors.ts";
import { tellingBytes } from "../../../support/fileFormats.ts";
import { maxColumns, numberedColumns } from "../columnNames.ts";
import { checkIsText } from "../misnamed.ts";
import { asUsual } from "../notation.ts";
import { parseNumber, powersOfTen } from "../number.ts";
import { dataError } from "../problems.ts";
import { plainNumber } from "../rowBatch.ts";
import { CsvBatch, grown } from "./batch.ts";
import { byteKinds, delimits, endsLine, isHigh, isNul, ordinary } from "./byteKinds.ts";
import {
  findDelimiter,
  type HeaderSearch,
  newSearch,
  saidDelimiter,
  skipByteOrderMark,
} from "./delimiter.ts";
import { invalidEncoding, nulByte, raggedRow, textAfterQuote } from "./faults.ts";
import { type CsvOptions, maxRecordBytes } from "./options.ts";

/** Digits that 32 bits hold, whatever they are: the number they make, and a power of ten, are exact. */
const shortDigits = 9;
/** A number cut off by the chunk's end is read again with the next chunk, unless it is longer than this. */
const waitFor = 64;

/** Bytes after which the hot loop pauses at the end of a record. */
const pauseAfter = 2048;

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const minus = 0x2d;
const hash = 0x23;
/** No byte. */
const never = -1;

type State = "plain" | "quoted" | "closed" | "comment";

/**
 * A push parser. After each `push` and after `end` it holds the records that became complete; they stay
 * readable until the next call. The first record is the header and is not counted.
 */
export class CsvScanner extends CsvBatch {
  private readonly maxRecord: number;
  private kinds = new Uint8Array(256);
  private search: HeaderSearch | null = newSearch();
  /** Absolute offset of bytes[0]. */
  private base = 0;
  protected length = 0;
  private position = 0;
  private state: State = "plain";
  /** Number of the next field, and where it starts. */
  private field = 0;
  private fieldStart = 0;
  private recordStart = 0;
  private recordLine = 1;
  protected line = 1;
  /** A CR ended the last record: a LF that follows belongs to it. */
  private afterReturn = false;
  private high = false;
  private problem: Problem | null = null;
  private quoteLine = 0;
  /** The byte that begins a comment. */
  private readonly comment: number;
  private readonly hasHeader: boolean;
  /** The byte before decimals, where it is none between fields. */
  private point: number = never;
  protected isFirstRecord = true;

  constructor(options: CsvOptions = {}) {
    super(options.file, options.delimiter ?? null, options.notation ?? asUsual);
    this.maxRecord = options.maxRecord ?? maxRecordBytes;
    this.comment = options.comment?.charCodeAt(0) ?? never;
    this.hasHeader = options.header ?? true;
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
      throw this.fail(this.quoteLine, "a quote opens here and is never closed");
    }
    const isComment = this.state === "comment";
    if (this.state === "closed") this.state = "plain";
    if (!isComment && (this.fieldStart < this.length || this.field > this.first[this.count]!)) {
      this.growFields(this.field);
      this.values[this.field] = Number.NaN;
      this.ends[this.field++] = this.length;
      this.finishRecord(this.length);
    }
    this.checkLimits();
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
    const delimiter = findDelimiter(this.bytes, this.length, search, {
      comment: this.comment,
      decimal: this.notation.decimal,
      atEnd,
    });
    if (delimiter !== null || this.length >= tellingBytes)
      checkIsText(this.bytes.subarray(0, this.length), this.file);
    if (delimiter === null) {
      if (this.length > this.maxRecord) throw this.tooLarge();
      return false;
    }
    const start = skipByteOrderMark(this.bytes, this.length);
    const said = saidDelimiter(this.bytes.subarray(start, this.length));
    this.takeDelimiter(this.delimiter ?? said?.delimiter ?? delimiter);
    this.position = this.fieldStart = this.recordStart = start + (said?.bytes ?? 0);
    if (said) this.recordStart = this.nextLine(this.position);
    this.position = this.fieldStart = this.recordStart;
    return true;
  }

  protected takeDelimiter(delimiter: string): void {
    this.search = null;
    this.delimiter = delimiter;
    this.kinds = byteKinds(delimiter);
    const { decimal } = this.notation;
    if (decimal !== delimiter) this.point = decimal.charCodeAt(0);
  }

  /** Whether all bytes so far are of complete records. */
  get isBetweenRecords(): boolean {
    return this.state === "plain" && this.recordStart === this.length && !this.afterReturn;
  }

  /** Whether what follows, and the unfinished record, may be read elsewhere. */
  get isSplittable(): boolean {
    return !this.isFirstRecord && !this.afterReturn;
  }

  /** Where the record starts that is not complete yet: byte of the file, line; and its bytes so far. */
  get unfinished(): { readonly base: number; readonly line: number; readonly bytes: Uint8Array } {
    const { base, recordStart, recordLine: line } = this;
    return { base: base + recordStart, line, bytes: this.bytes.subarray(recordStart, this.length) };
  }

  /** Goes on where a line starts, all before which was read elsewhere: byte `base` of the file, of line `line`. */
  goOnAt(base: number, line: number): void {
    this.base = base;
    this.line = this.recordLine = line;
    this.position = this.fieldStart = this.recordStart = this.length = 0;
    this.field = this.first[0] = this.count = 0;
    this.state = "plain";
    this.high = false;
    this.problem = null;
    this.problems.clear();
  }

  protected scan(): void {
    while (this.position < this.length) {
      if (this.state === "plain") {
        if (this.afterReturn) this.skipLineFeed();
        const from = this.recordStart;
        if (!this.isAtComment()) this.scanPlain();
        if (this.isAtComment()) this.state = "comment";
        if (this.state === "plain" && this.recordStart === from) return;
      } else if (this.state === "quoted") this.scanQuoted();
      else if (this.state === "comment") this.scanComment();
      else this.scanClosed();
    }
  }

  /**
   * Outside quotes: the hot loop. Reads runs of one digit, which most pixels, flags and counts are, and fields
   * that are short decimal numbers on the way, so that their bytes are touched once. The byte after the last one is
   * NUL, which ends every inner loop. Pauses between records: V8 would else optimize the loop before it has seen its end,
   * and fall back to slow code at the end of each chunk.
   */
  private scanPlain(): void {
    const { bytes, kinds, length, comment, point } = this;
    const delimiter = this.delimiter!.charCodeAt(0);
    let { ends, values, field, fieldStart, position: at } = this;
    while (at < length) {
      let value = Number.NaN;
      if (at === fieldStart) {
        let only = bytes[at]! ^ 0x30;
        for (; only <= 9 && bytes[at + 1] === delimiter && field < ends.length; only = bytes[at]! ^ 0x30) {
          values[field] = only;
          ends[field++] = at + 1;
          at += 2;
        }
        fieldStart = at;
        const negative = bytes[at] === minus;
        const digitsStart = negative ? ++at : at;
        let mantissa = 0;
        for (let digit = bytes[at]! ^ 0x30; digit <= 9; digit = bytes[++at]! ^ 0x30)
          mantissa = (Math.imul(mantissa, 10) + digit) | 0;
        let digits = at - digitsStart;
        let fractionDigits = 0;
        if (bytes[at] === point) {
          const fractionStart = ++at;
          for (let digit = bytes[at]! ^ 0x30; digit <= 9; digit = bytes[++at]! ^ 0x30)
            mantissa = (Math.imul(mantissa, 10) + digit) | 0;
          fractionDigits = at - fractionStart;
          digits += fractionDigits;
        }
        const next = bytes[at]!;
        if (next === delimiter || next === lineFeed || next === carriageReturn) {
          if (digits > shortDigits) value = plainNumber(parseNumber(bytes, fieldStart, at));
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
      if (kind !== delimits && kind !== endsLine) {
        if (this.takeOddByte(kind!, at++, fieldStart)) break;
        continue;
      }
      if (field === ends.length) {
        this.growFields(field);
        ({ ends, values } = this);
      }
      values[field] = value;
      ends[field++] = at;
      if (kind === delimits) fieldStart = ++at;
      else {
        this.field = field;
        this.finishRecord(at);
        field = this.field;
        fieldStart = at = this.nextLine(at);
        if (bytes[at] === comment || at > this.position + pauseAfter) break;
      }
    }
    this.leave(at, field, fieldStart);
  }

  private leave(position: number, field: number, fieldStart: number): void {
    this.position = position;
    this.field = field;
    this.fieldStart = fieldStart;
  }

  /** One that belongs to the line end before. */
  private skipLineFeed(): void {
    this.afterReturn = false;
    if (this.bytes[this.position] === lineFeed) this.fieldStart = this.recordStart = ++this.position;
  }

  /** A quote, which is text but at a field's start, a NUL byte or one that ASCII has not; true where quotes open. */
  private takeOddByte(kind: number, at: number, fieldStart: number): boolean {
    if (kind === isNul) this.blameLine(this.line, nulByte(this.base + at));
    else if (kind === isHigh) this.high = true;
    else if (at === fieldStart) {
      this.quoteLine = this.line;
      this.state = "quoted";
      return true;
    }
    return false;
  }

  private growFields(field: number): void {
    if (field - this.first[this.count]! > maxColumns) throw this.tooWide();
    this.ends = grown(this.ends, field + 1);
    this.values = grown(this.values, field + 1);
  }

  /** Where the line starts after the one that ends at a byte. */
  private nextLine(end: number): number {
    this.recordLine = ++this.line;
    let at = end + 1;
    if (this.bytes[end] === carriageReturn) {
      if (at === this.length) this.afterReturn = true;
      else if (this.bytes[at] === lineFeed) at++;
    }
    this.recordStart = at;
    return at;
  }

  private isAtComment(): boolean {
    const isAtStart = this.state === "plain" && this.position === this.recordStart;
    return isAtStart && this.position < this.length && this.bytes[this.position] === this.comment;
  }

  private scanComment(): void {
    const { bytes, length } = this;
    let at = this.position;
    while (at < length && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) at++;
    this.position = at;
    if (at === length) return;
    this.state = "plain";
    this.position = this.fieldStart = this.nextLine(at);
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
      } else if (byte === 0) this.blameLine(this.line, nulByte(this.base + at));
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
      this.blame(this.position, textAfterQuote(this.delimiter!));
    }
  }

  private finishRecord(end: number): void {
    const fields = this.field - this.first[this.count]!;
    if (fields > maxColumns) throw this.tooWide();
    if (end - this.recordStart > this.maxRecord) throw this.tooLarge();
    if (this.high) {
      this.high = false;
      const record = this.bytes.subarray(this.recordStart, end);
      if (!isUtf8(record)) {
        this.blameLine(this.recordLine, invalidEncoding(record, this.base + this.recordStart));
      }
    }
    // In a table of one column, an empty line is a missing value.
    if (fields === 1 && this.header.length !== 1 && this.isBlank(this.recordStart, end)) {
      this.field--;
      return;
    }
    if (this.header.length === 0) {
      if (this.hasHeader) {
        this.finishHeader(fields);
        return;
      }
      this.header = numberedColumns(fields);
    }
    if (fields === this.header.length + 1 && this.isFirstRecord) this.nameOneMore(fields, this.recordStart);
    this.isFirstRecord = false;
    if (fields !== this.header.length) {
      const isComment = this.bytes[this.recordStart] === hash || this.header[0]!.startsWith("#");
      this.blameLine(this.recordLine, raggedRow(fields, this.header.length, isComment));
    }
    this.addRecord(this.recordStart, this.recordLine, this.field, this.problem);
    this.problem = null;
  }

  private finishHeader(fields: number): void {
    if (this.problem) throw dataError(this.problem);
    this.readHeader(fields, this.recordStart, this.recordLine);
    this.field = 0;
  }

  private blame(at: number, fault: Pick<Problem, "message" | "expected">): void {
    this.problem ??= { ...this.placeAt(this.recordStart, this.recordLine, at), ...fault };
  }

  private blameLine(line: number, fault: Pick<Problem, "message" | "expected">): void {
    this.problem ??= { file: this.file, line, ...fault };
  }

  private checkLimits(): void {
    if (this.length - this.recordStart > this.maxRecord) throw this.tooLarge();
  }

  private tooLarge(): UserError {
    const limit = `${this.maxRecord / 2 ** 20} MB at most`;
    return this.state === "quoted"
      ? this.fail(this.quoteLine, "a quote opens here and is not closed within the largest record", limit)
      : this.fail(this.recordLine, "a record that does not end", limit);
  }

  private tooWide(): UserError {
    return this.fail(this.recordLine, "more columns than can be", `${maxColumns} at most`);
  }

  private fail(line: number, message: string, expected?: string): UserError {
    return dataError({ file: this.file, line, message, expected });
  }
}
