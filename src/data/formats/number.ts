/** Decimal numbers read straight from bytes into 32-bit floats. Knows no columns and no missing values. */

/** 10⁰ … 10¹⁰⁰; up to 10²² exact. */
export const powersOfTen = Float64Array.from({ length: 101 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * More than the relative error of a mantissa below, times or over a power of ten: a digit past the first fifteen errs
 * by 2 · 2⁻⁵³ at most, and 139 are those that a finite float can have with such a power: 252 · 2⁻⁵³.
 */
const margin = 2 ** -45;

const space = 0x20;
const tab = 0x09;
const plus = 0x2b;
const minus = 0x2d;
const point = 0x2e;
const lowerE = 0x65;

/**
 * `Math.fround(Number(text))` of the text in bytes [start, end): exactly that, for every decimal number.
 * NaN where the text is no decimal number: empty, `0x10`, `1_000`, `12abc`, `1,5`, `Infinity`, and `1e999`,
 * which no double holds. Blanks around the number are allowed. ±Infinity where only a double holds it.
 */
export function parseFloat32(bytes: Uint8Array, start: number, end: number): number {
  // Of blanks alone, nothing is left: at their neighbours' blanks, too, no digit follows.
  while (isBlank(bytes[start])) start++;
  while (isBlank(bytes[end - 1])) end--;
  const first = bytes[start];
  let at = isSign(first) ? start + 1 : start;
  const digitsStart = at;
  let mantissa = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! ^ 0x30;
    if (digit > 9) break;
    mantissa = mantissa * 10 + digit;
  }
  let digits = at - digitsStart;
  let exponent = 0;
  if (at < end && bytes[at] === point) {
    const fractionStart = ++at;
    for (; at < end; at++) {
      const digit = bytes[at]! ^ 0x30;
      if (digit > 9) break;
      mantissa = mantissa * 10 + digit;
    }
    exponent = fractionStart - at;
    digits -= exponent;
  }
  if (digits === 0) return Number.NaN;
  if (at < end) exponent += parseExponent(bytes, at, end);

  // Of other powers there is no number here, and NaN equals nothing.
  const power = powersOfTen[Math.abs(exponent)]!;
  const value = exponent < 0 ? mantissa / power : mantissa * power;
  // Rounding is monotone: if both ends of the interval around a value round to one float, so does the number.
  const low = Math.fround(value * (1 - margin));
  const isExact = low === Math.fround(value * (1 + margin)) && low < Number.POSITIVE_INFINITY;
  if (isExact) return first === minus ? -low : low;
  if (Number.isNaN(exponent)) return Number.NaN;
  const exact = Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
  return Number.isFinite(exact) ? Math.fround(exact) : Number.NaN;
}

/** Of the bytes after a mantissa; NaN if they are no exponent. */
function parseExponent(bytes: Uint8Array, start: number, end: number): number {
  if ((bytes[start]! | 0x20) !== lowerE) return Number.NaN;
  const first = bytes[start + 1];
  let at = start + (isSign(first) ? 2 : 1);
  if (at >= end) return Number.NaN;
  let written = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! ^ 0x30;
    if (digit > 9) return Number.NaN;
    written = written * 10 + digit;
  }
  return first === minus ? -written : written;
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab;
}

function isSign(byte: number | undefined): boolean {
  return byte === minus || byte === plus;
}
