/** Shorthand and file-dependent defaults of the `data` section. */

import { formatNamed, formatOf as rowOf, titlesOf } from "../../support/fileFormats.ts";
import { nearest } from "../../support/nearest.ts";
import { show, suggestion } from "../issue.ts";
import type { Path } from "../paths.ts";
import { dataSchema, formatNames } from "../schema/data.ts";
import { type Expansion, isMapping, listed, type Mapping, unusable } from "./expansion.ts";
import { unknownKey } from "./zodIssues.ts";

/** Names for characters that are awkward to write, by the settings that take them. */
export const characterNames = {
  delimiter: { comma: ",", semicolon: ";", tab: "\t", pipe: "|" },
  decimal: { comma: ",", point: "." },
  thousands: { comma: ",", point: ".", space: " ", apostrophe: "'", underscore: "_" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What the data of any format may say. */
const dataKeys = [...new Set(dataSchema.options.flatMap(({ shape }) => Object.keys(shape)))];

const sources = ["path", "train", "validation", "test"] as const;

/** What folds are for, if there are any: then no test rows are needed unless asked for. */
export type FoldsUse = "evaluate" | "combine" | null;

export function expandData(expansion: Expansion, raw: unknown, folds: FoldsUse): unknown {
  if (!isMapping(raw)) return raw;
  const format = formatOf(expansion, raw);
  if (format === undefined) {
    for (const key of Object.keys(raw))
      if (!dataKeys.includes(key)) unknownKey(expansion, ["data", key], key, dataKeys);
    return unusable;
  }
  const common: Mapping = { ...raw, format };
  if ("classes" in raw) common.classes = expansion.texts(raw.classes, ["data", "classes"]);
  if (format === "csv") return withSplit(expandCsv(expansion, common), (data) => csvShares(data, folds));
  if (format === "idx" || format === "npy") return withSplit(common, () => noShares);
  return common;
}

/** The format given, its nearest when it is misspelt, or the guessed one; undefined when it is reported. */
function formatOf(expansion: Expansion, raw: Mapping): unknown {
  const { format } = raw;
  if (format === undefined || format === null) {
    const guessed = guessFormat(raw);
    if (guessed) return guessed;
    const [name] = fileNames(raw);
    if (name === undefined)
      expansion.report(["data"], "data.path is missing", "path: with a CSV file, or train: with IDX files");
    else reportUnknown(expansion, name);
    return undefined;
  }
  if ((formatNames as readonly unknown[]).includes(format)) return format;
  const path = ["data", "format"];
  const message = `data.format is ${show(format, expansion.textAt(path))}`;
  expansion.report(path, message, `${formatNames.join(", ")}${suggestion(format, formatNames)}`);
  return (typeof format === "string" ? nearest(format, formatNames) : undefined) ?? guessFormat(raw);
}

function reportUnknown(expansion: Expansion, name: string): void {
  const format = formatNamed(name);
  if (format === null) {
    const message = `data.format is missing, and ${show(name)} does not tell it by its ending`;
    expansion.report(["data"], message, formatNames.join(", "));
  } else {
    const message = `${show(name)} is ${rowOf(format).title}`;
    expansion.report(["data"], message, `${titlesOf("rows")}; of arrays ${titlesOf("arrays")}`);
  }
}

/** The format that the first recognisable file name tells. */
function guessFormat(raw: Mapping): (typeof formatNames)[number] | undefined {
  for (const name of fileNames(raw)) {
    if (name === stdinName) return "csv";
    const format = formatNamed(name);
    const section = format && rowOf(format).section;
    if (section) return section;
  }
  return sources.some((source) => isMapping(raw[source])) ? "idx" : undefined;
}

/** Stands for the standard input. */
const stdinName = "-";

function fileNames(raw: Mapping): string[] {
  const named = sources.flatMap((source) => {
    const files = raw[source];
    return isMapping(files) ? Object.values(files) : [files].flat();
  });
  return named.filter((name) => typeof name === "string");
}

function expandCsv(expansion: Expansion, raw: Mapping): Mapping {
  const expanded: Mapping = { ...raw };
  for (const key of sources) {
    if (key in raw) expanded[key] = listed(expansion, raw[key], ["data", key]);
  }
  if ("target" in raw) expanded.target = expandTexts(expansion, raw.target, ["data", "target"]);
  if ("missing_values" in raw)
    expanded.missing_values = expandTexts(expansion, raw.missing_values, ["data", "missing_values"]);
  if (raw.stream === true) expanded.stream = {};
  if (raw.stream === false) expanded.stream = null;
  for (const [key, names] of Object.entries(characterNames))
    expanded[key] = new Map<unknown, unknown>(Object.entries(names)).get(raw[key]) ?? raw[key];
  if (isMapping(raw.columns)) {
    const columns = Object.entries(raw.columns);
    expanded.columns = Object.fromEntries(
      columns.map(([name, column]) => [name, expandColumn(expansion, column, ["data", "columns", name])]),
    );
  }
  return expanded;
}

/** `number` → `{ type: number }`, `missing: 0` → `missing: { constant: 0 }`. */
function expandColumn(expansion: Expansion, raw: unknown, path: Path): unknown {
  if (typeof raw === "string") {
    expansion.came([...path, "type"], path);
    return { type: raw };
  }
  if (!isMapping(raw)) return raw;
  const expanded: Mapping = { ...raw };
  for (const key of ["missing_values", "levels"]) {
    if (key in raw) expanded[key] = expandTexts(expansion, raw[key], [...path, key]);
  }
  if (typeof raw.missing === "number") {
    expansion.came([...path, "missing", "constant"], [...path, "missing"]);
    expanded.missing = { constant: raw.missing };
  }
  return expanded;
}

function expandTexts(expansion: Expansion, value: unknown, path: Path): unknown {
  return expansion.texts(listed(expansion, value, path), path);
}

interface Shares {
  validation: number;
  test: number;
}

/** Shares that are written stand alone: who asks for validation rows only gets no test rows. */
function withSplit(data: Mapping, shares: (data: Mapping) => Shares): unknown {
  const { split = {} } = data;
  if (split !== null && !isMapping(split)) return data;
  const isWritten = split !== null && (split.validation !== undefined || split.test !== undefined);
  return { ...data, split: { ...(isWritten ? noShares : shares(data)), ...split } };
}

const noShares: Shares = { validation: 0, test: 0 };

/** One file is split unless other files, or a column, say which rows belong where; each fold has test rows. */
function csvShares(data: Mapping, folds: FoldsUse): Shares {
  const columns = isMapping(data.columns) ? Object.values(data.columns) : [];
  const said = columns.some((column) => isMapping(column) && column.type === "split");
  const whole = data.path != null && !said;
  return {
    validation: whole && data.validation == null && folds !== "combine" ? 0.1 : 0,
    test: whole && data.test == null && folds === null ? 0.2 : 0,
  };
}
