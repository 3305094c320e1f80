/** Decimal numbers read straight from bytes into 32-bit floats. Knows no columns and no missing values. */

/** 10⁰ … 10¹⁰⁰; up to 10²² exact. */
export const powersOfTen = Float64Array.from({ length: 101 }, (_, exponent) => Number(`1e${exponent}`));

/** Digits that a double holds exactly, whatever they are. */
const exactDigits = 15;
/** Digits kept of a longer mantissa; dropping the rest errs by less than 1e-16 of the value. */
const keptDigits = 17;
/** Longest mantissa that the fast path adds up; each digit past the exact ones errs by at most 2 · 2⁻⁵³. */
const plainDigits = 30;
/**
 * More than the relative error of any mantissa below times or over a power of ten: 34 · 2⁻⁵³ at most.
 * Rounding is monotone: if both ends of the interval around a value round to one float, so does the number.
 */
const margin = 2 ** -46;

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
  let at = start;
  const first = bytes[at]!;
  if (first === minus) at++;
  const digitsStart = at;
  let mantissa = 0;
  let digit = 0;
  while (at < end) {
    digit = bytes[at]! ^ 0x30;
    if (digit > 9) break;
    mantissa = mantissa * 10 + digit;
    at++;
  }
  let digits = at - digitsStart;
  let fractionDigits = 0;
  if (at < end && bytes[at] === point) {
    const fractionStart = ++at;
    while (at < end) {
      digit = bytes[at]! ^ 0x30;
      if (digit > 9) break;
      mantissa = mantissa * 10 + digit;
      at++;
    }
    fractionDigits = at - fractionStart;
    digits += fractionDigits;
  }
  if (at !== end || digits === 0 || digits > plainDigits) return parseSlowly(bytes, start, end);
  const value = fractionDigits === 0 ? mantissa : mantissa / powersOfTen[fractionDigits]!;
  const signed = first === minus ? -value : value;
  // Clinger: an exact mantissa over an exact power of ten rounds once, as Number() does.
  if (digits <= exactDigits) return Math.fround(signed);
  const low = Math.fround(signed * (1 - margin));
  return low === Math.fround(signed * (1 + margin)) ? low : parseSlowly(bytes, start, end);
}

/** Exponents, long mantissas, plus signs, surrounding blanks. */
function parseSlowly(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && isBlank(bytes[start]!)) start++;
  while (start < end && isBlank(bytes[end - 1]!)) end--;

  let at = start;
  const negative = bytes[at] === minus;
  if (at < end && (negative || bytes[at] === plus)) at++;
  let mantissa = 0;
  let kept = 0;
  let exponent = 0;
  let digits = 0;
  let afterPoint = false;
  for (; at < end; at++) {
    const digit = bytes[at]! ^ 0x30;
    if (digit <= 9) {
      digits++;
      if (kept < keptDigits) {
        mantissa = mantissa * 10 + digit;
        if (mantissa > 0) kept++;
        if (afterPoint) exponent--;
      } else if (!afterPoint) exponent++;
    } else if (bytes[at] === point && !afterPoint) afterPoint = true;
    else break;
  }
  if (digits === 0) return Number.NaN;
  if (at < end) {
    if ((bytes[at]! | 0x20) !== lowerE) return Number.NaN;
    at++;
    const negativeExponent = bytes[at] === minus;
    if (at < end && (negativeExponent || bytes[at] === plus)) at++;
    if (at === end) return Number.NaN;
    let written = 0;
    for (; at < end; at++) {
      const digit = bytes[at]! ^ 0x30;
      if (digit > 9) return Number.NaN;
      written = Math.min(written * 10 + digit, 1e9);
    }
    exponent += negativeExponent ? -written : written;
  }

  const sign = negative ? -1 : 1;
  if (mantissa === 0) return 0 * sign;
  if (exponent >= -100 && exponent <= 100) {
    const value = exponent < 0 ? mantissa / powersOfTen[-exponent]! : mantissa * powersOfTen[exponent]!;
    const low = Math.fround(value * (1 - margin));
    if (low === Math.fround(value * (1 + margin))) return sign * low;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  const exact = Number(text);
  return Number.isFinite(exact) ? Math.fround(exact) : Number.NaN;
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab;
}
