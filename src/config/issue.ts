/** One thing wrong in a spec, before it has a place in a file. */
import { nearest } from "../support/nearest.ts";
import type { Path } from "./paths.ts";

export interface Issue {
  /** Where, in the form the user wrote. */
  readonly path: Path;
  /** Point at the key instead of the value. */
  readonly atKey?: boolean;
  /** A whole sentence's first half: what was found where. */
  readonly message: string;
  readonly expected?: string | undefined;
}

const longestQuote = 40;

/** How a value is named in a sentence; `text` is how it was written. */
export function show(value: unknown, text?: string): string {
  if (value === null) return "empty";
  if (Array.isArray(value) && value.length === 1 && value[0] === null)
    return "a list of nothing, as - without quotes is";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return shorten(text ?? String(value));
  return value === "" ? "an empty text" : JSON.stringify(shorten(value));
}

export function shorten(text: string): string {
  const characters = Array.from(text.slice(0, 2 * longestQuote + 2));
  if (characters.length <= longestQuote) return text;
  return `${characters.slice(0, longestQuote - 1).join("")}…`;
}

/** `; did you mean …?`, or nothing. */
export function suggestion(found: unknown, candidates: Iterable<string>): string {
  const name = typeof found === "string" && found.length > 1 ? nearest(found, candidates) : undefined;
  return name === undefined ? "" : `; did you mean ${name}?`;
}
