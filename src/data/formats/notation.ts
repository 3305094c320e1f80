/** How numbers and texts are written where a spec says so: decimal commas, groups of digits, units, spellings. */
import type { CsvDataSpec } from "../../config/schema.ts";
import { type Spelling, spelled } from "../../support/spelling.ts";
import { numberOf } from "./number.ts";

/** How the numbers of a table are written. */
export interface Notation {
  readonly decimal: "." | ",";
  /** Between groups of digits; null: nothing. */
  readonly thousands: string | null;
}

/** How the cells of one column are written; spellings of texts, but for those that mean a missing value. */
export interface CellRules extends Spelling {
  /** Around each number. */
  readonly prefix: string | null;
  readonly suffix: string | null;
  readonly missing: ReadonlySet<string>;
}

/** How a table is written, as its spec has it. */
export interface Written extends Notation {
  readonly delimiter: string | null;
  /** Begins a line of CSV that is none. */
  readonly comment: string | null;
  /** Whether CSV begins with the columns' names. */
  readonly header: boolean;
  /** By the names of columns. */
  readonly cells: ReadonlyMap<string, CellRules>;
}

/** As files are written that no spec describes. */
export const asUsual: Written = {
  delimiter: null,
  comment: null,
  header: true,
  decimal: ".",
  thousands: null,
  cells: new Map(),
};

export function writtenAs(spec: CsvDataSpec): Written {
  const { delimiter, comment, header, decimal, thousands, columns, missing_values } = spec;
  const cells = new Map<string, CellRules>();
  for (const [name, column] of Object.entries(columns)) {
    const { prefix, suffix, trim, case: inCase } = column;
    const missing = new Set([...missing_values, ...column.missing_values]);
    if (prefix !== null || suffix !== null || trim || inCase !== null)
      cells.set(name, { prefix, suffix, trim, case: inCase, missing });
  }
  return { delimiter, comment, header, decimal, thousands, cells };
}

/** The number that a text is; NaN for any other. */
export type NumberReader = (text: string) => number;

/** Blanks that stand between digits, and apostrophes, are of several kinds. */
const alike: Readonly<Record<string, string>> = {
  " ": "[ \\u00a0\\u2009\\u202f]",
  "'": "['\\u2019]",
  ".": "\\.",
};

/** Groups have three digits, but for the first and, as in India, those before the last, which may have two. */
export function numberReader({ decimal, thousands }: Notation): NumberReader {
  if (decimal === "." && thousands === null) return numberOf;
  const between = thousands === null ? null : (alike[thousands] ?? thousands);
  const decimals = decimal === "." ? "\\." : ",";
  const grouped = new RegExp(
    `^[+-]?[1-9]\\d{0,2}(?:${between}\\d{2,3})*${between}\\d{3}(?:${decimals}\\d*)?$`,
    "u",
  );
  const separators = new RegExp(`${between}`, "gu");
  return (text) => {
    let plain = text.trim();
    if (between !== null && grouped.test(plain)) plain = plain.replace(separators, "");
    if (decimal === ",") {
      if (plain.includes(".")) return Number.NaN;
      plain = plain.replace(",", ".");
    }
    return numberOf(plain);
  };
}

/** Likewise of a column, whose numbers may stand between a prefix and a suffix: both have to be there. */
export function columnReader(written: Written, name: string): NumberReader {
  const read = numberReader(written);
  const rules = written.cells.get(name);
  return rules && hasAffix(rules) ? affixed(rules, read) : read;
}

export function hasAffix({ prefix, suffix }: CellRules): boolean {
  return prefix !== null || suffix !== null;
}

export function affixed(
  { prefix, suffix }: Pick<CellRules, "prefix" | "suffix">,
  read: NumberReader,
): NumberReader {
  const before = prefix?.trim() ?? "";
  const behind = suffix?.trim() ?? "";
  return (text) => {
    const whole = text.trim();
    const sign = /^[+-]/.exec(whole)?.[0] ?? "";
    const rest = whole.slice(sign.length);
    const hasBoth = rest.startsWith(before) && rest.endsWith(behind);
    if (!hasBoth || rest.length < before.length + behind.length) return Number.NaN;
    const digits = rest.slice(before.length, rest.length - behind.length).trim();
    if (sign !== "" && /^[+-]/.test(digits)) return Number.NaN;
    return read(sign + digits);
  };
}

/** A number as it is to be written, for messages; null: as programs write it. */
export function exampleOf({ decimal, thousands }: Notation, rules: CellRules | undefined): string | null {
  const { prefix, suffix } = rules ?? { prefix: null, suffix: null };
  if (decimal === "." && thousands === null && prefix === null && suffix === null) return null;
  return `${prefix ?? ""}1${thousands ?? ""}234${decimal}5${suffix ?? ""}`;
}

/** A text as its column's levels have it. */
export function tidied(rules: CellRules, text: string): string {
  return rules.missing.has(text.trim()) ? text : spelled(rules, text);
}
