/** Builds output bytes: text, copies, and 32-bit floats in the fewest digits that give them back. */
import { powersOfTen } from "./number.ts";

const quote = 0x22;

/** Digits that always tell one float from its neighbours. */
const enoughDigits = 9;
/** Digits that a float mostly needs, at least: fewer are found by dropping zeros. */
const fewDigits = 6;

export class ByteWriter {
  private bytes = Buffer.alloc(2 ** 16);
  length = 0;
  private readonly needsQuotes: RegExp;

  /** @param delimiter between the fields of CSV: one character, of one byte */
  constructor(private readonly delimiter = ",") {
    this.needsQuotes = new RegExp(`[${delimiter}"\n\r]`);
  }

  /** What was written since the last call; valid until the next write. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  /** UTF-8. */
  text(text: string): void {
    this.room(3 * text.length);
    this.length += this.bytes.write(text, this.length);
  }

  copy(source: Uint8Array, start: number, end: number): void {
    this.room(end - start);
    const { bytes } = this;
    let to = this.length;
    for (let at = start; at < end; at++) bytes[to++] = source[at]!;
    this.length = to;
  }

  /** A field of CSV, in quotes if it must be (RFC 4180). */
  csvField(text: string): void {
    this.text(this.needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  }

  /** A field that already is one in another CSV file: as it is if this one has it so. */
  csvCopy(source: Uint8Array, start: number, end: number): void {
    const isQuoted = end > start && source[start] === quote;
    if (isQuoted || !source.subarray(start, end).includes(this.delimiter.charCodeAt(0)))
      this.copy(source, start, end);
    else this.csvField(Buffer.from(source.subarray(start, end)).toString());
  }

  /** As a 32-bit float; with more digits where numbers that are `step` apart are to differ. */
  number(value: number, step: number): void {
    if (step === 0 || !Number.isFinite(value)) {
      this.float32(Math.fround(value));
      return;
    }
    const digits = 1 + Math.ceil(Math.log10(Math.abs(value) / step));
    this.text(String(Number(value.toPrecision(Math.min(17, Math.max(8, digits))))));
  }

  /** The shortest decimal that rounds to this 32-bit float; `NaN`, `Infinity` in words. */
  float32(value: number): void {
    if (value < 0 || Object.is(value, -0)) this.byte(0x2d);
    const size = Math.abs(value);
    if (!(size < 1e9 && (size >= 1e-5 || size === 0))) {
      this.text(farFloat(size));
      return;
    }
    if (Number.isInteger(size)) {
      this.digits(size, 0);
      return;
    }
    // Digits before the point, counted negatively for zeros after it.
    let before = 0;
    if (size >= 1) while (size >= powersOfTen[before]!) before++;
    else while (before > -4 && size * powersOfTen[1 - before]! < 1) before--;
    for (let digits = fewDigits; ; digits++) {
      const places = Math.max(0, digits - before);
      const scaled = Math.round(size * powersOfTen[places]!);
      if (digits >= enoughDigits || Math.fround(scaled / powersOfTen[places]!) === size) {
        this.digits(scaled, places);
        return;
      }
    }
  }

  /** scaled / 10^places, without zeros at the end of the fraction; `scaled` fits 31 bits. */
  private digits(scaled: number, places: number): void {
    let left = scaled | 0;
    for (let rest = (left / 10) | 0; places > 0 && rest * 10 === left; rest = (left / 10) | 0) {
      left = rest;
      places--;
    }
    this.room(32);
    const { bytes } = this;
    let count = 1;
    while (left >= powersOfTen[count]!) count++;
    const whole = Math.max(count, places + 1);
    let at = this.length + whole + (places > 0 ? 1 : 0);
    this.length = at;
    for (let digit = 0; digit < whole; digit++) {
      if (places > 0 && digit === places) bytes[--at] = 0x2e;
      const rest = (left / 10) | 0;
      bytes[--at] = 0x30 + left - rest * 10;
      left = rest;
    }
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.length + bytes, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** Very large and very small ones, with an exponent. */
function farFloat(size: number): string {
  if (!Number.isFinite(size)) return String(size);
  for (let digits = fewDigits; digits < enoughDigits; digits++) {
    const text = size.toPrecision(digits);
    if (Math.fround(Number(text)) === size) return String(Number(text));
  }
  return String(Number(size.toPrecision(enoughDigits)));
}
