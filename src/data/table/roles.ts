/** What each column of a table is for: from the spec where that says it, else from the column's values. */
import type { ColumnSpec, ColumnType, CsvDataSpec, NumberEncoding } from "../../config/schema.ts";
import { exitCodes, type Problem, quoted, UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import { isoTime } from "../../support/time.ts";
import { columnReader, type NumberReader, writtenAs } from "../formats/notation.ts";
import { numberOf } from "../formats/number.ts";
import { missingColumn, namesHint } from "./cellProblems.ts";
import { looksBoolean } from "./labels.ts";
import { areProse } from "./prose.ts";
import type { ColumnReading, Table, TableColumn } from "./readTable.ts";
import { numbersAsTexts, spellings } from "./spellings.ts";

export interface ColumnRole {
  readonly name: string;
  readonly type: ColumnType | "target";
  readonly spec: ColumnSpec | null;
  /** Texts that mean a value is missing. */
  readonly missing: readonly string[];
  /** What its values are that it takes no part, where the spec does not say it. */
  readonly why?: string | undefined;
}

/** A text column is an id, not a category, if it has more levels than this … */
const mostLevels = 20;
/** … and more than this share of its values are different. */
const idShare = 0.5;

/** A target of more texts than this may be a name or a free text. */
const mostClasses = 100;

/** A text in a column of numbers is a slip if there are so many different numbers for each such text. */
const numbersPerSlip = 10;

/** How to read each column. Throws UserError(usage) for names in the spec that the header lacks. */
export function readingsOf(
  spec: CsvDataSpec,
  header: readonly string[],
  file: string,
  targetKind: ColumnReading["kind"],
): ColumnReading[] {
  const known = new Set(header);
  const columns = columnSpecs(spec);
  const wanted = [
    ...spec.target.map((name) => ({ name, message: `the target column "${name}" is not in the file` })),
    ...[...columns.keys()].map((name) => ({ name, message: `no column is named "${name}"` })),
  ];
  const problems = wanted
    .filter(({ name }) => !known.has(name))
    .map(({ name, message }): Problem => {
      const meant = nearest(name, header);
      const hint = namesHint(meant, header);
      return { file, line: 1, message, expected: "a name from the header", hint };
    });
  if (problems.length > 0) throw new UserError(exitCodes.data, problems);
  const targets = new Set(spec.target);
  return header.map((name) => {
    const column = columns.get(name) ?? null;
    const missing = missingTexts(spec, column);
    if (targets.has(name)) {
      const hint = `columns: { ${JSON.stringify(name)}: { missing: drop } } leaves such rows out`;
      return { kind: targetKind, missing, required: !dropsRows(column), hint };
    }
    const policy = column?.missing ?? (spec.missing === "error" ? "error" : null);
    const type = typeSaid(column);
    const required = policy === "error" || (type !== null && isNeverMissing.has(type));
    const hint =
      policy === "error" ? "the spec says missing: error; without it, missing values are filled" : undefined;
    return {
      kind: type === null ? null : kinds[type],
      isProse: type === "text",
      missing,
      required,
      isFree: column === null,
      format: column?.format ?? null,
      ...(hint ? { hint } : {}),
    };
  });
}

/** Whether rows without a value of that target are left out. */
function dropsRows(column: ColumnSpec | null): boolean {
  return column?.missing === "drop";
}

/** The targets whose rows are left out where they are missing. */
export function droppingTargets(spec: CsvDataSpec): string[] {
  const columns = columnSpecs(spec);
  return spec.target.filter((name) => dropsRows(columns.get(name) ?? null));
}

/** The type that a column's settings say, by name or by what they are for; null: its values tell. */
function typeSaid(column: ColumnSpec | null): ColumnType | null {
  if (column === null || column.type) return column?.type ?? null;
  if (numberEncodingOf(column) || column.prefix !== null || column.suffix !== null) return "number";
  return column.levels || column.encoding ? "category" : null;
}

/** How a column's own settings make several inputs of a number. */
export function numberEncodingOf({ encoding }: ColumnSpec): NumberEncoding | null {
  return encoding === "piecewise_linear" || encoding === "periodic" ? encoding : null;
}

const isNeverMissing: ReadonlySet<ColumnType> = new Set(["weight", "split", "group", "time"]);

const kinds = {
  number: "number",
  category: "text",
  boolean: "text",
  ignore: "skip",
  id: "skip",
  weight: "number",
  split: "text",
  group: "text",
  time: "time",
  date: "date",
  text: "text",
} as const satisfies Record<ColumnType, ColumnReading["kind"]>;

/** The types of columns that are inputs. */
const inputTypes = ["number", "category", "boolean", "date", "text"] as const;
type InputType = (typeof inputTypes)[number];

export function isInput(type: ColumnRole["type"]): type is InputType {
  return (inputTypes as readonly string[]).includes(type);
}

/** What a trained model says of an input column. */
interface InputReading {
  readonly name: string;
  readonly type: InputType;
  /** Of dates. */
  readonly format?: string | null;
  readonly missingValues: readonly string[];
  /** null: a missing value is refused. */
  readonly fill: number | null;
}

/** The readings of a trained model's data: its inputs as they were, the others as the spec has them, if used. */
export function readingsOfModel(
  readings: readonly ColumnReading[],
  header: readonly string[],
  file: string,
  spec: CsvDataSpec,
  columns: readonly InputReading[],
): ColumnReading[] {
  const inputs = new Map(columns.map((column) => [column.name, column]));
  const known = new Set(header);
  const problems = columns.filter(({ name }) => !known.has(name)).slice(0, 20);
  if (problems.length > 0) {
    throw new UserError(
      exitCodes.data,
      problems.map(({ name }) => missingColumn(name, header, file)),
    );
  }
  const used = new Set(spec.target);
  for (const [name, { type }] of columnSpecs(spec))
    if (type !== null && isNeverMissing.has(type)) used.add(name);
  return readings.map((reading, field) => {
    const name = header[field]!;
    const column = inputs.get(name);
    if (column) {
      const { type, missingValues: missing, fill, format = null } = column;
      return { kind: kinds[type], isProse: type === "text", format, missing, required: fill === null };
    }
    return used.has(name) ? reading : { ...reading, kind: "skip" };
  });
}

/** The role of every column of the table. Skipped columns have none. */
export function rolesOf(
  spec: CsvDataSpec,
  table: Pick<Table, "columns" | "rows" | "fileRows">,
): { roles: ColumnRole[]; warnings: string[] } {
  const targets = new Set(spec.target);
  const specs = columnSpecs(spec);
  const warnings: string[] = [];
  const written = writtenAs(spec);
  const isOneFile = table.fileRows.length === 1;
  const roles = table.columns.map((column): ColumnRole => {
    const own = specs.get(column.name) ?? null;
    const read = columnReader(written, column.name);
    const base = { name: column.name, spec: own, missing: missingTexts(spec, own) };
    if (targets.has(column.name)) {
      const slip = !spec.task ? slipIn(column, { read, isOneFile }) : null;
      if (slip) warnings.push(`the target "${column.name}" ${slip}: taken for classes`);
      const odd = slip ? [] : spellings("target", column.name, presentLevels(column));
      const crowd = crowdOf(column, table.rows);
      const isPlain = !slip && odd.length === 0;
      warnings.push(...odd);
      if (crowd) warnings.push(isPlain ? `${crowd}: is it a text that names rows?` : crowd);
      return { ...base, type: "target" };
    }
    const said = typeSaid(own);
    const odd = () => warnings.push(...spellings("column", column.name, presentLevels(column)));
    if (said === "category") odd();
    if (said) return { ...base, type: said };
    const { type, why } = inferType(column, table.rows, { read, isOneFile });
    if (why) warnings.push(`column "${column.name}" ${why}`);
    if (type === "category") odd();
    if (type === "id") warnings.push(...numbersAsTexts("column", column.name, presentLevels(column)));
    return { ...base, type, why };
  });
  return { roles, warnings };
}

/** A sentence for a target of so many different texts that hardly any can be learnt; null for any other. */
export function crowdOf(column: TableColumn, rows: number): string | null {
  const present = rows - column.missing;
  const { length: distinct } = presentLevels(column);
  const isCrowd = distinct > mostClasses || (distinct > mostLevels && distinct > idShare * present);
  if (column.kind === "number" || !isCrowd) return null;
  const count = column.overflowed ? `over ${distinct}` : distinct;
  return `target "${column.name}" has ${count} classes in ${present} rows`;
}

/** How the texts of a column are read, and whether all are of one file. */
interface Reading {
  readonly read: NumberReader;
  readonly isOneFile: boolean;
}

/** The type of a column by its values, and a reason if it takes no part, or another one than it seems to. */
export function inferType(
  column: TableColumn,
  rows: number,
  how: Reading = { read: numberOf, isOneFile: true },
): { type: ColumnType; why?: string } {
  const present = rows - column.missing;
  if (present === 0) return { type: "ignore", why: "holds no value: ignored" };
  if (column.kind === "number") return { type: "number" };
  const slip = slipIn(column, how);
  const levels = presentLevels(column);
  const distinct = levels.length;
  if (column.overflowed || (distinct > mostLevels && distinct > idShare * present)) {
    if (levels.every(isDate)) return { type: "id", why: datesLeftOut(column.name, distinct) };
    const count = column.overflowed ? `over ${distinct}` : distinct;
    const what = slip ?? `holds ${count} different texts in ${present} values`;
    const hint = areProse(levels)
      ? ` (columns: { ${JSON.stringify(column.name)}: text } learns from their words)`
      : "";
    return { type: "id", why: `${what}: taken for an id, ignored${hint}` };
  }
  if (slip) return { type: "category", why: `${slip}: taken for a category` };
  return { type: looksBoolean(levels) ? "boolean" : "category" };
}

const isDate = (text: string) => !Number.isNaN(isoTime(text.trim()));

function datesLeftOut(name: string, count: number): string {
  return `holds ${count} different dates: ignored (columns: { ${JSON.stringify(name)}: date } learns from them, time splits by them)`;
}

/** The texts of a column that mean a value. */
export function presentLevels({ levels, isMissing }: TableColumn): readonly string[] {
  return levels.filter((_, number) => !isMissing[number]);
}

/** What a column holds that would be one of numbers but for a few values; null for any other. */
function slipIn(
  { name, kind, levels, isMissing, places }: TableColumn,
  { read, isOneFile }: Reading,
): string | null {
  if (kind === "number") return null;
  const slips = levels.flatMap((text, number) =>
    isMissing[number] || !Number.isNaN(read(text)) ? [] : [number],
  );
  const numbers = levels.length - slips.length;
  if (slips.length === 0 || numbers < numbersPerSlip * slips.length) return null;
  const first = levels[slips[0]!]!;
  const { file, line } = places[slips[0]!] ?? {};
  const where = line === undefined ? "" : ` in ${isOneFile ? "line " : `${file}:`}${line}`;
  const hint = `columns: { ${JSON.stringify(name)}: { missing_values: [${JSON.stringify(first)}] } }`;
  return `holds numbers and ${quoted(first)}${where} (if it is a missing value, ${hint})`;
}

/** A map, as columns may be named `__proto__`. */
function columnSpecs(spec: CsvDataSpec): Map<string, ColumnSpec> {
  return new Map(Object.entries(spec.columns));
}

function missingTexts(spec: CsvDataSpec, column: ColumnSpec | null): string[] {
  return [...new Set([...spec.missing_values, ...(column?.missing_values ?? [])])];
}
