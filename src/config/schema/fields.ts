/**
 * The kinds of values a spec is made of. Each schema's error message is the phrase after "expected";
 * what was found, and where, is added by issues.ts.
 */
import { z } from "zod";

/** A whole number from `minimum` on. */
export function wholeNumber(minimum: number) {
  const expected = `a whole number of at least ${minimum}`;
  return z.int(expected).min(minimum, expected);
}

/** A finite number. */
export const finite = () => z.number("a number");

export function above(minimum: number) {
  const expected = `a number above ${minimum}`;
  return z.number(expected).gt(minimum, expected);
}

export function atLeast(minimum: number) {
  const expected = `a number of at least ${minimum}`;
  return z.number(expected).min(minimum, expected);
}

/** In [0, 1): shares, rates of decay, dropout. */
export function share() {
  const expected = "a number from 0 up to, not including, 1";
  return z.number(expected).min(0, expected).lt(1, expected);
}

/** In (0, 1). */
export function between0and1() {
  const expected = "a number between 0 and 1, both excluded";
  return z.number(expected).gt(0, expected).lt(1, expected);
}

/** In (0, 1]. */
export function factor() {
  const expected = "a number above 0 and at most 1";
  return z.number(expected).gt(0, expected).max(1, expected);
}

export const flag = () => z.boolean("true or false");

export function text(expected = "text") {
  return z.string(expected).min(1, expected);
}

/** A file's path as it was written; relative ones start at the spec's directory. */
export function path() {
  const expected = "the path of a file";
  return z
    .string(expected)
    .min(1, expected)
    .regex(/^[^\0]*$/, expected);
}

/** A list with at least one element. */
export function listOf<Element extends z.ZodType>(element: Element, elements: string) {
  const expected = `a list of at least one ${elements}`;
  return z.array(element, expected).min(1, expected);
}

/** One of a fixed set of names. */
export function choice<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, names.length === 2 ? names.join(" or ") : `one of ${names.join(", ")}`);
}
