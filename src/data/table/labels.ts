/** Texts as labels: their order, numbers written differently, words for yes and no. */
import { numberOf } from "../formats/number.ts";

/** Whether the text is a decimal number, as the columns of a table have it. */
export function isDecimal(text: string): boolean {
  return !Number.isNaN(numberOf(text));
}

/** Sorted numerically if all are numbers, else by code point. */
export function sortLabels(labels: readonly string[]): string[] {
  if (labels.every(isDecimal)) return labels.toSorted((a, b) => Number(a) - Number(b) || exactOrder(a, b));
  return labels.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Of numbers that are one as doubles: whole ones as such, others as they come. */
function exactOrder(a: string, b: string): number {
  if (!isWhole(a) || !isWhole(b)) return 0;
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const isWhole = (text: string) => /^[+-]?\d+$/.test(text);

/**
 * One way of writing a label that is a number: `1.0` and `1` are one class, 9007199254740992 and 9007199254740993,
 * which are one as doubles, are two.
 */
export function canonicalLabel(label: string): string {
  if (!isDecimal(label)) return label;
  const short = String(Number(label));
  const exact = digitsOf(label);
  return digitsOf(short) === exact ? short : exact;
}

/** A decimal number, exactly, in one way of writing: sign, digits without zeros at their ends, power of ten. */
function digitsOf(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/.exec(text)!;
  const all = `${whole}${fraction}`.replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + all.length - digits.length;
  if (digits === "") return "0";
  const written = power >= 0 && power < 100 ? digits + "0".repeat(power) : `${digits}e${power}`;
  return sign === "-" ? `-${written}` : written;
}

const booleanWords = new Map([
  ["false", 0],
  ["no", 0],
  ["f", 0],
  ["n", 0],
  ["0", 0],
  ["true", 1],
  ["yes", 1],
  ["t", 1],
  ["y", 1],
  ["1", 1],
]);

/** 0 or 1 for a word for no or yes, in any case; undefined for any other. */
export function booleanOf(word: string): number | undefined {
  return booleanWords.get(canonicalLabel(word.trim()).toLowerCase());
}

/** Whether a column of these texts is inferred to be boolean: both true and false, or both yes and no. */
export function looksBoolean(levels: readonly string[]): boolean {
  const words = new Set(levels.map((level) => level.trim().toLowerCase()));
  const isPair = (words.has("true") && words.has("false")) || (words.has("yes") && words.has("no"));
  return isPair && [...words].every((word) => booleanOf(word) !== undefined);
}
