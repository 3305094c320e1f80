/** Decimal numbers read straight from bytes into doubles. Knows no columns and no missing values. */

/** 10⁰ … 10¹⁰⁰; up to 10²² exact. */
export const powersOfTen = Float64Array.from({ length: 101 }, (_, exponent) => Number(`1e${exponent}`));

/** Powers of ten beyond are no doubles. */
const exactPower = 22;
/** Digits are added to a mantissa below this one by one: it stays a whole number that a double holds. */
const nearlyFull = 9e14;
/** Further digits, that make up a whole number of their own. */
const mostFurther = 15;
/** More than the relative error of a number scaled in steps of 10²², each of which costs 2⁻¹⁰² at most. */
const margin = 2 ** -95;
/** Larger exponents than these are left to JavaScript's own parser. */
const largestExponent = 3 * exactPower;

const space = 0x20;
const tab = 0x09;
const plus = 0x2b;
const minus = 0x2d;
const point = 0x2e;
const lowerE = 0x65;

/**
 * `Number(text)` of the text in bytes [start, end): the nearest double, for every decimal number.
 * NaN where the text is no decimal number: empty, `0x10`, `1_000`, `12abc`, `1,5`, `Infinity`, and `1e999`,
 * which no double holds. Blanks around the number are allowed.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  // Of blanks alone, nothing is left: at their neighbours' blanks, too, no digit follows.
  while (isBlank(bytes[start])) start++;
  while (isBlank(bytes[end - 1])) end--;
  const first = bytes[start];
  let at = isSign(first) ? start + 1 : start;
  const digitsStart = at;
  let exponent = 0;
  let pointAt = -1;
  // The number's digits are `mantissa`, then `further`, which are so many.
  let mantissa = 0;
  let further = 0;
  let furtherDigits = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! ^ 0x30;
    if (digit > 9) {
      if (bytes[at] !== point || pointAt >= 0) break;
      pointAt = at;
      continue;
    }
    if (mantissa < nearlyFull) mantissa = mantissa * 10 + digit;
    else {
      further = further * 10 + digit;
      furtherDigits++;
    }
  }
  if (at - digitsStart === (pointAt < 0 ? 0 : 1)) return Number.NaN;
  if (pointAt >= 0) exponent = pointAt + 1 - at;
  if (at < end) exponent += parseExponent(bytes, at, end);
  if (Number.isNaN(exponent)) return Number.NaN;
  let value = Number.NaN;
  if (furtherDigits === 0 && Math.abs(exponent) <= exactPower) {
    // One rounding of two exact numbers.
    const power = powersOfTen[Math.abs(exponent)]!;
    value = exponent < 0 ? mantissa / power : mantissa * power;
  } else if (furtherDigits <= mostFurther && Math.abs(exponent) <= largestExponent) {
    value = scaled(mantissa, further, furtherDigits, exponent);
  }
  if (!Number.isNaN(value)) return first === minus ? -value : value;
  const exact = Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
  return Number.isFinite(exact) ? exact : Number.NaN;
}

/** The number of a text, as {@link parseNumber}. */
export function numberOf(text: string): number {
  const bytes = Buffer.from(text);
  return parseNumber(bytes, 0, bytes.length);
}

/**
 * (mantissa · 10^furtherDigits + further) · 10^exponent, rounded once, computed as the sum of two doubles (T. J.
 * Dekker 1971, "A floating-point technique for extending the available precision"); NaN where what that leaves out
 * could decide between two neighbours.
 */
function scaled(mantissa: number, further: number, furtherDigits: number, exponent: number): number {
  let high = mantissa;
  let low = further / powersOfTen[furtherDigits]!;
  for (let left = exponent + furtherDigits; left !== 0; ) {
    const step = Math.max(-exactPower, Math.min(exactPower, left));
    const power = powersOfTen[Math.abs(step)]!;
    left -= step;
    if (step < 0) {
      const quotient = high / power;
      const product = quotient * power;
      low = (high - product - productError(quotient, power, product) + low) / power;
      high = quotient;
    } else {
      const product = high * power;
      low = productError(high, power, product) + low * power;
      high = product;
    }
    const sum = high + low;
    low -= sum - high;
    high = sum;
  }
  // Rounding is monotone: if both ends of the interval around a number round to one double, so does the number.
  const wrong = high * margin;
  const value = high + (low - wrong);
  return value === high + (low + wrong) ? value : Number.NaN;
}

/** a · b − product, exactly, for product = a · b as rounded. */
function productError(a: number, b: number, product: number): number {
  const aHigh = highHalf(a);
  const bHigh = highHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper 26 bits of a double's 53. */
function highHalf(a: number): number {
  const shifted = 134217729 * a;
  return shifted - (shifted - a);
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
