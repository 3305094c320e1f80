/** Fits the preprocessing of input columns on the training rows. Sees no other row's values. */

import type { ColumnSpec, CsvDataSpec } from "../../config/schema.ts";
import { assert, exitCodes, UserError } from "../../support/errors.ts";
import { dataError } from "../formats/problems.ts";
import type { RawValues } from "../table/cells.ts";
import { booleanOf, sortLabels } from "../table/labels.ts";
import type { TableColumn } from "../table/readTable.ts";
import { type ColumnRole, numberEncodingOf } from "../table/roles.ts";
import { type Moments, meanAndDeviation, median, mostFrequent } from "../table/statistics.ts";
import { TimeReader } from "../table/times.ts";
import { fitDates } from "./dates.ts";
import { fitExpansion } from "./expansion.ts";
import { booleanCodes } from "./matrix.ts";
import {
  type BooleanColumn,
  type CategoryColumn,
  type DateColumn,
  type InputColumn,
  levelCount,
  levelNumbers,
  type NumberColumn,
  type TextColumn,
} from "./preprocessing.ts";
import { fitColumnScaling, fitScaling, isLinearName } from "./scaling.ts";
import { fitTexts } from "./texts.ts";

type Defaults = Pick<CsvDataSpec, "scale" | "missing" | "number_encoding">;
type Policy = Exclude<NonNullable<ColumnSpec["missing"]>, "drop">;

/** What all training rows hold in a column, where only a sample of them is at hand. */
export interface ColumnTotals {
  /** Of numbers. */
  readonly moments: Moments;
  /** Rows of each level. */
  readonly counts: ReadonlyMap<number, number>;
  readonly missing: number;
}

/** `values`: the column's in the training rows, as the table holds them, or a sample. Throws UserError(data). */
export function fitColumn(
  role: ColumnRole,
  column: TableColumn,
  values: RawValues,
  spec: Defaults,
  totals: ColumnTotals | null = null,
): InputColumn {
  if (role.type === "category") return fitCategory(role, column, values, spec, totals);
  if (role.type === "boolean") return fitBoolean(role, column, values, spec);
  if (role.type === "text") return fitText(role, column, values, spec, totals);
  if (role.type === "date") return fitDate(role, values, spec, totals?.moments ?? null);
  return fitNumber(role, values, spec, totals?.moments ?? null);
}

function policyOf(role: ColumnRole, spec: Defaults, usual: Policy): Policy {
  const said = role.spec?.missing ?? (spec.missing === "error" ? "error" : usual);
  assert(said !== "drop", "only a target's rows are left out");
  return said;
}

function fitNumber(role: ColumnRole, values: RawValues, spec: Defaults, known: Moments | null): NumberColumn {
  const policy = policyOf(role, spec, "median");
  const encoding = (role.spec && numberEncodingOf(role.spec)) ?? spec.number_encoding;
  const isCut = encoding === "piecewise_linear";
  return {
    type: "number",
    name: role.name,
    missingValues: role.missing,
    scaling: fitColumnScaling(isCut ? "none" : (role.spec?.scale ?? spec.scale), values, known),
    ...(encoding && { expansion: fitExpansion(encoding, role.spec?.width ?? null, values) }),
    fill: fillOf(role, policy, values, known),
    indicator: hasIndicator(role, policy),
  };
}

function fitDate(role: ColumnRole, values: RawValues, spec: Defaults, known: Moments | null): DateColumn {
  const policy = policyOf(role, spec, "median");
  const format = role.spec?.format ?? null;
  const constant =
    typeof policy === "object" ? new TimeReader(format, false).read(String(policy.constant)) : null;
  if (Number.isNaN(constant))
    throw misfit(role, "is filled with what is no date", "a date as the column has them");
  return {
    type: "date",
    name: role.name,
    missingValues: role.missing,
    format,
    dates: fitDates(values, known),
    fill: constant ?? fillOf(role, policy, values, known),
    indicator: hasIndicator(role, policy),
  };
}

/** Pairs of words, but no letters; a table of numbers that fits the cache of today's cores. */
const defaultTexts = { words: 2, letters: 0, buckets: 2 ** 16, width: 16 } as const;

function fitText(
  role: ColumnRole,
  column: TableColumn,
  values: RawValues,
  spec: Defaults,
  totals: ColumnTotals | null,
): TextColumn {
  const policy = policyOf(role, spec, "category");
  const { counts } = totals ?? countLevels(values);
  const texts = [...counts].map(([level, rows]) => ({ text: column.levels[level]!, rows }));
  const { words, letters, buckets, width, encoding, min_count: minCount = 1 } = role.spec ?? {};
  const settings = {
    words: words ?? defaultTexts.words,
    letters: letters ?? defaultTexts.letters,
    buckets: buckets ?? defaultTexts.buckets,
    width: width ?? defaultTexts.width,
  };
  return {
    type: "text",
    name: role.name,
    missingValues: role.missing,
    texts: fitTexts(texts, { settings, isWeighted: encoding !== "hashed", minCount }),
    fill: policy === "error" ? null : -1,
    indicator: false,
  };
}

/** What stands for a missing number; null: nothing does. */
function fillOf(
  role: ColumnRole,
  policy: Policy,
  values: RawValues,
  known: Moments | null = null,
): number | null {
  if (policy === "error") return null;
  if (typeof policy === "object") {
    if (typeof policy.constant === "number") return policy.constant;
    throw misfit(role, `is filled with the text ${JSON.stringify(policy.constant)}`, "a number");
  }
  let fill = Number.NaN;
  if (policy === "mean") fill = (known ?? meanAndDeviation(values)).mean;
  else if (policy === "most_frequent") fill = mostFrequent(values);
  else fill = median(values);
  return Number.isNaN(fill) ? 0 : fill;
}

function hasIndicator({ spec }: ColumnRole, policy: Policy): boolean {
  return policy === "category" || spec?.indicator === true;
}

function fitBoolean(role: ColumnRole, column: TableColumn, values: RawValues, spec: Defaults): BooleanColumn {
  const codes = booleanCodes(column);
  const policy = policyOf(role, spec, "most_frequent");
  const booleans = values.map((level) => (Number.isNaN(level) ? Number.NaN : codes[level]!));
  const constant = typeof policy === "object" ? booleanOf(String(policy.constant)) : null;
  if (constant === undefined) {
    throw misfit(role, "is filled with what is no boolean", "true or false, yes or no, 1 or 0");
  }
  const usual = policy === "mean" || policy === "error" ? policy : "most_frequent";
  return {
    type: "boolean",
    name: role.name,
    missingValues: role.missing,
    fill: constant ?? fillOf(role, usual, booleans),
    indicator: hasIndicator(role, policy),
  };
}

function fitCategory(
  role: ColumnRole,
  column: TableColumn,
  values: RawValues,
  spec: Defaults,
  totals: ColumnTotals | null,
): CategoryColumn {
  const { counts, missing } = totals ?? countLevels(values);
  const isOrdinal = role.spec?.encoding === "ordinal";
  const policy = policyOf(role, spec, isOrdinal ? "most_frequent" : "category");
  const constant = typeof policy === "object" ? String(policy.constant) : null;
  const { levels, rare } = levelsOf(role.spec, column, counts, missing > 0 ? constant : null);
  const numbers = { type: "category", levels, rare } as CategoryColumn;
  const known = levelNumbers(numbers);
  const numberOf = (level: string) => known.get(level) ?? -1;

  let fill: number | null;
  if (policy === "error") fill = null;
  else if (policy === "mean" || policy === "median")
    throw dataError({
      message: `column "${role.name}" is a category, its missing values have no ${policy}`,
      expected: "missing: error, most_frequent, constant or category",
    });
  else if (constant !== null) fill = numberOf(constant);
  else if (policy === "category" && !isOrdinal) fill = missing > 0 ? levelCount(numbers) : -1;
  else {
    const frequent = mostFrequent(values);
    fill = Number.isNaN(frequent) ? -1 : numberOf(column.levels[frequent]!);
  }
  const slots = levelCount(numbers) + (fill === levelCount(numbers) ? 1 : 0);
  const isEmbedded = role.spec?.encoding === "embedding" && slots > 0;
  return {
    type: "category",
    name: role.name,
    missingValues: role.missing,
    levels,
    rare,
    fill,
    ...(isEmbedded && { embedding: role.spec?.width ?? usualWidth(slots) }),
    ordinal: isOrdinal ? fitOrdinal(role, values, column, numberOf, spec) : null,
    refusesUnseen: role.spec?.unseen === "error",
    indicator: role.spec?.indicator === true || (isOrdinal && policy === "category"),
  };
}

function countLevels(values: RawValues) {
  const counts = new Map<number, number>();
  let missing = 0;
  for (const level of values) {
    if (Number.isNaN(level)) missing++;
    else counts.set(level, (counts.get(level) ?? 0) + 1);
  }
  return { counts, missing };
}

/** Numbers per level where the spec names none: fast.ai's rule. */
function usualWidth(levels: number): number {
  return Math.round(1.6 * levels ** 0.56);
}

/** Levels that have a number of their own, in their order, and those too rare for one. */
function levelsOf(
  spec: ColumnSpec | null,
  column: TableColumn,
  counts: ReadonlyMap<number, number>,
  constant: string | null,
): { levels: readonly string[]; rare: readonly string[] } {
  if (spec?.levels) return { levels: [...new Set(spec.levels)], rare: [] };
  const least = spec?.min_count ?? 1;
  const present = [...counts].map(([number, count]) => ({ level: column.levels[number]!, count }));
  const frequent = present.filter(({ count }) => count >= least).map(({ level }) => level);
  const rare = present.filter(({ count }) => count < least).map(({ level }) => level);
  if (constant !== null && !frequent.includes(constant)) frequent.push(constant);
  return { levels: sortLabels(frequent), rare: sortLabels(rare.filter((level) => level !== constant)) };
}

/** The scaling of levels' numbers: the column's, or the table's if that is a linear one. */
function fitOrdinal(
  role: ColumnRole,
  values: RawValues,
  column: TableColumn,
  numberOf: (level: string) => number,
  spec: Defaults,
) {
  const numbers = values
    .map((level) => (Number.isNaN(level) ? level : numberOf(column.levels[level]!)))
    .filter((number) => number >= 0);
  const name = role.spec?.scale ?? spec.scale;
  return fitScaling(isLinearName(name) ? name : "standard", numbers);
}

function misfit({ name }: ColumnRole, message: string, expected: string): UserError {
  return new UserError(exitCodes.usage, {
    message: `column "${name}" ${message}`,
    expected,
  });
}
