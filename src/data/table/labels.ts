/** Texts as labels: their order, numbers written differently, words for yes and no. */
import { numberOf } from "../formats/number.ts";

/** Whether the text is a decimal number, as the columns of a table have it. */
export function isDecimal(text: string): boolean {
  return !Number.isNaN(numberOf(text));
}

/** Sorted numerically if all are numbers, else by code point. */
export function sortLabels(labels: readonly string[]): string[] {
  if (labels.every(isDecimal)) return labels.toSorted((a, b) => Number(a) - Number(b));
  return labels.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** One way of writing a label that is a number: `1.0` and `1` are one class. */
export function canonicalLabel(label: string): string {
  return isDecimal(label) ? String(Number(label)) : label;
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
