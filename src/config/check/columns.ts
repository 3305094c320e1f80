/** Contradictions between the settings of columns, and between them, the target and the split. */

import { spelled } from "../../support/spelling.ts";
import { formatFault, knownDirectives } from "../../support/time.ts";
import type { ColumnSpec, CsvDataSpec } from "../schema.ts";
import { type Contradiction, repeated } from "./contradiction.ts";
import { isOfTexts, textOptions } from "./texts.ts";

export function* columns(data: CsvDataSpec): Iterable<Contradiction> {
  if (data.decimal === data.thousands) {
    const message = `data.decimal and data.thousands are both ${JSON.stringify(data.decimal)}`;
    yield { path: ["data", "thousands"], message, expected: "different characters" };
  }
  for (const [name, column] of Object.entries(data.columns)) {
    const path = ["data", "columns", name];
    const { type } = column;
    if (data.target.includes(name) && type !== null && !["number", "category", "boolean"].includes(type)) {
      yield {
        path,
        message: `the target ${name} cannot be of type ${type}`,
        expected: "number, category or boolean",
      };
    }
    yield* columnOptions(name, column, data.target.includes(name));
  }
  for (const type of ["split", "weight", "group", "time"]) {
    const [, second] = Object.keys(data.columns).filter((name) => data.columns[name]!.type === type);
    if (second !== undefined) {
      const message = `${second} is a second column of type ${type}`;
      yield { path: ["data", "columns", second], message, expected: "one" };
    }
  }
  const rules = Object.entries(data.columns).filter(([, { type }]) => splittingTypes.has(type));
  if (rules.length > 1) {
    const [[first, { type: one }], [second, { type: other }]] = rules as [Rule, Rule];
    if (one !== other) {
      yield {
        path: ["data", "columns", second],
        message: `${first} of type ${one} and ${second} of type ${other} both determine the split`,
        expected: "one of them",
      };
    }
  }
  const rule = rules[0];
  if (rule && data.split.stratify) {
    yield {
      path: ["data", "split", "stratify"],
      message: `stratify is true, but the ${rule[1].type} column ${rule[0]} determines the split`,
      expected: "one of them",
    };
  }
  yield* repeated(data.target, ["data", "target"]);
}

type Rule = [string, ColumnSpec];
const splittingTypes: ReadonlySet<unknown> = new Set(["split", "group", "time"]);

/** Contradictions between a column's type and its settings. */
function* columnOptions(name: string, column: ColumnSpec, isTarget: boolean): Iterable<Contradiction> {
  const path = ["data", "columns", name];
  const { type, missing, scale, encoding } = column;
  const isOrdinal = encoding === "ordinal";
  const ofNumbers = encoding === "piecewise_linear" || encoding === "periodic";
  const isCategory = type === "category" || (type === null && encoding !== null && !ofNumbers);
  if (isCategory && (missing === "mean" || missing === "median")) {
    const message = `the category ${name} has no ${missing}`;
    const expected = "category, most_frequent, constant or error";
    yield { path: [...path, "missing"], message, expected };
  }
  if ((type === "number" || type === "date") && missing === "category") {
    const message = `the ${type} ${name} has no categories`;
    const expected = "median, mean, most_frequent, constant or error";
    yield { path: [...path, "missing"], message, expected };
  }
  if (type === "number" && typeof missing === "object" && typeof missing?.constant === "string") {
    const message = `the number column ${name} cannot be filled with the text ${JSON.stringify(missing.constant)}`;
    yield { path: [...path, "missing", "constant"], message, expected: "a number" };
  }
  if (missing === "drop" && !isTarget) {
    const message = `rows without ${name} would be dropped, but every row needs a prediction`;
    yield { path: [...path, "missing"], message, expected: "missing: drop on targets only" };
  }
  if (missing === "error" && column.indicator) {
    const message = `${name} has an indicator of missing values, but missing: error refuses them`;
    yield { path: [...path, "indicator"], message, expected: "another missing than error" };
  }
  if (type !== null && type !== "number" && !isOrdinal && scale !== null && scale !== "none") {
    const message = `${name} is of type ${type}, which is not scaled`;
    yield { path: [...path, "scale"], message, expected: "scale on number columns only" };
  }
  if (isTarget && (scale === "log" || scale === "robust_clip" || scale === "quantile_normal")) {
    const message = `the target ${name} cannot be scaled by ${scale}`;
    yield { path: [...path, "scale"], message, expected: "standard, minmax, robust or none" };
  }
  if (ofNumbers && type !== null && type !== "number") {
    const message = `${name} is of type ${type} and cannot be encoded ${encoding}`;
    yield { path: [...path, "encoding"], message, expected: "one_hot, ordinal or embedding" };
  }
  if (encoding === "piecewise_linear" && scale !== null) {
    const message = `${name} is cut at its quantiles, and cannot also be scaled by ${scale}`;
    yield { path: [...path, "scale"], message, expected: "no scale together with piecewise_linear" };
  }
  if (encoding !== null && isTarget) {
    const message = `the target ${name} cannot be encoded ${encoding}`;
    yield { path: [...path, "encoding"], message, expected: "encodings of inputs only" };
  }
  if (
    column.width !== null &&
    type !== "text" &&
    (encoding === null || encoding === "one_hot" || isOrdinal)
  ) {
    const message = `${name} has a width${encoding === null ? "" : `, but is encoded ${encoding}`}`;
    const expected = "encoding: embedding, piecewise_linear or periodic beside a width";
    yield { path: [...path, "width"], message, expected };
  }
  yield* textOptions(name, column);
  yield* formatOptions(name, column);
  yield* writtenOptions(name, column);
  yield* levelOptions(name, column);
}

/** Contradictions of what only categories have. */
function* levelOptions(name: string, column: ColumnSpec): Iterable<Contradiction> {
  const path = ["data", "columns", name];
  const { type, encoding } = column;
  const ofNumbers = encoding === "piecewise_linear" || encoding === "periodic";
  if (type === null || type === "category") return;
  for (const [option, isGiven] of [
    ["encoding", encoding !== null && !ofNumbers && !isOfTexts(encoding) && type !== "text"],
    ["levels", column.levels !== null],
    ["min_count", column.min_count !== 1 && type !== "text"],
    ["unseen", column.unseen !== "ignore"],
  ] as const) {
    if (!isGiven) continue;
    const message = `${name} is of type ${type}, which has no levels`;
    yield { path: [...path, option], message, expected: `${option} on categories only` };
  }
}

/** Contradictions of how a column's numbers and texts are written. */
function* writtenOptions(name: string, column: ColumnSpec): Iterable<Contradiction> {
  const { type, prefix, suffix, trim, case: inCase, levels } = column;
  const path = ["data", "columns", name];
  const affix = prefix === null ? "suffix" : "prefix";
  if (column[affix] !== null && type !== null && type !== "number" && type !== "weight") {
    const message = `${name} is of type ${type}, and has a ${affix} around numbers`;
    yield { path: [...path, affix], message, expected: "prefix and suffix on numbers only" };
  }
  if (!trim && inCase === null) return;
  const change = trim ? "trim" : "case";
  if (prefix !== null || suffix !== null || type === "number" || type === "weight" || type === "time") {
    const message = `${name} holds ${type === "time" ? "times" : "numbers"}, and ${change} changes texts`;
    yield { path: [...path, change], message, expected: `${change} on texts only` };
  }
  const odd = levels?.find((level) => spelled(column, level) !== level);
  if (odd !== undefined) {
    const message = `no text of ${name} is ${JSON.stringify(odd)}, as ${change} makes another of it`;
    yield { path: [...path, "levels"], message, expected: "levels as trim and case leave them" };
  }
}

/** Contradictions of the format in which a column's times are written. */
function* formatOptions(name: string, { type, format }: ColumnSpec): Iterable<Contradiction> {
  if (format === null) return;
  const fault = formatFault(format);
  if (fault === null && (type === "time" || type === "date")) return;
  const message = fault
    ? `in the format of ${name}, ${fault}`
    : `${name} has a format, but is no date or time`;
  const expected = fault ? `strptime's ${knownDirectives.join(" ")}` : "type: date or time beside a format";
  yield { path: ["data", "columns", name, "format"], message, expected };
}
