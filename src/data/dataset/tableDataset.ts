/** What becomes of a table: split → preprocessing fitted on the training rows → matrices. */
import type { ColumnType, CsvDataSpec } from "../../config/schema.ts";
import { exitCodes, quoted, UserError } from "../../support/errors.ts";
import { dataError, ProblemList } from "../formats/problems.ts";
import { type ColumnDrift, driftOf } from "../preprocessing/drift.ts";
import { type ColumnTotals, fitColumn } from "../preprocessing/fit.ts";
import { kept } from "../preprocessing/keep.ts";
import { encodeTable } from "../preprocessing/matrix.ts";
import type { InputColumn, Preprocessing, Target } from "../preprocessing/preprocessing.ts";
import { type ColumnSeen, columnSeen, mostProfiled } from "../preprocessing/profile.ts";
import { encodeTargets, fitTarget, inferTarget, strataOf } from "../preprocessing/target.ts";
import { targetColumns } from "../preprocessing/targetColumns.ts";
import { profileTable } from "../table/profile.ts";
import { columnOf, columnsOf, type Table, type TableColumn } from "../table/readTable.ts";
import {
  type ColumnRole,
  crowdOf,
  droppingTargets,
  isInput,
  presentLevels,
  rolesOf,
} from "../table/roles.ts";
import { numbersAsTexts } from "../table/spellings.ts";
import { checkTable } from "./checks/checks.ts";
import type { Dataset, LoadOptions, Split } from "./dataset.ts";
import { rowHashes } from "./rowHashes.ts";
import { allRows, type RowSplit, type SplitName, splitPool } from "./split.ts";
import { byEarlier, leaveOutTrained, rememberRows, strictError, unseenOf } from "./trainedRows.ts";

/** Which of a table's files, from the first on, hold what. */
export interface Files {
  /** How many hold the rows to train on or to split. */
  readonly pool: number;
  readonly validation: number;
}

/** The data set of a table: fitted on its training rows, or as a trained model has it. Throws UserError. */
export function tableDataset(spec: CsvDataSpec, table: Table, files: Files, options: LoadOptions): Dataset {
  const known = options.preprocessing ?? null;
  const earlier = options.earlier ?? null;
  const { roles, warnings } = rolesOf(spec, table);

  const pool = sum(table.fileRows.slice(0, files.pool));
  const { loss = null, quantiles } = options;
  const inferred =
    known?.target ?? inferTarget(spec, targetColumns(spec.target, table, { pool, loss }), loss, quantiles);
  const labelled = labelledRows(spec, table);
  const hashes = rowHashes(table, known ? contentOfModel(spec, known) : contentColumns(roles));
  const split = blaming(crowds(spec, table), () =>
    splitTable(spec, table, roles, files, inferred, options.seed, labelled.rows, hashes),
  );
  const seen = known ? leaveOutTrained(known, { hashes, all: labelled.rows, split }) : [];
  if (earlier) {
    const ofEarlier = rowHashes(table, contentOfModel(spec, earlier));
    seen.push(...leaveOutTrained(earlier, { hashes: ofEarlier, all: labelled.rows, split }, byEarlier));
  }
  const preprocessing = known ?? {
    ...kept(fitTable(spec, table, roles, inferred, split.train), earlier),
    trained: rememberRows(hashes, labelled.rows, split.train, earlier),
  };

  const typeOf = new Map(roles.map(({ name, type }) => [name, type]));
  const profile = options.profile ? profileTable(table, ({ name }) => typeOf.get(name)!) : null;
  const targets = encodeTargets(preprocessing.target, table);
  const checks = known ? [] : checkTable(table, preprocessing, split, targets, hashes);
  const encoded = encodeAll(table, roles, inputColumns(preprocessing), targets);
  const told = known
    ? [...seen, ...encoded.warnings]
    : [...seen, ...table.notes, ...warnings, ...labelled.warnings, ...checks, ...encoded.warnings];
  if (options.strict && told.length > 0) throw strictError(told);
  const part = (name: SplitName): Split | null =>
    split[name].length > 0 ? { ...encoded.rows, indices: split[name] } : null;
  return {
    preprocessing,
    splits: { train: part("train")!, validation: part("validation"), test: part("test") },
    warnings: told,
    profile,
  };
}

/** Sentences for targets of so many classes that few have several rows, and for numbers that these may be meant as. */
function crowds(spec: CsvDataSpec, table: Table): string[] {
  const targets = table.columns.filter(({ name }) => spec.target.includes(name));
  return targets.flatMap((column) => {
    const crowd = crowdOf(column, table.rows);
    return crowd ? [...numbersAsTexts("target", column.name, presentLevels(column)), crowd] : [];
  });
}

/** Does as told; where that fails, it is for these reasons, if there are any. */
function blaming<Result>(reasons: readonly string[], act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof UserError) || reasons.length === 0) throw error;
    const expected = "classes of several rows each";
    throw new UserError(
      error.exitCode,
      reasons.map((message) => ({ message, expected })),
    );
  }
}

/** The columns whose values tell one row from another: inputs and targets. What is ignored may number the rows. */
export function contentColumns(roles: readonly ColumnRole[]): ReadonlySet<string> {
  const isContent = ({ type }: ColumnRole) => isInput(type) || type === "target";
  return new Set(roles.filter(isContent).map(({ name }) => name));
}

/** The same columns, as a trained model has them. */
export function contentOfModel(spec: CsvDataSpec, preprocessing: Preprocessing): ReadonlySet<string> {
  return new Set([...inputColumns(preprocessing).map(({ name }) => name), ...spec.target]);
}

/** All rows of a table that a trained model has not seen, as one split for it. Throws UserError. */
export function wholeTable(
  spec: CsvDataSpec,
  table: Table,
  preprocessing: Preprocessing,
  strict = false,
): { split: Split; warnings: readonly string[]; drift: readonly ColumnDrift[] | null } {
  const { roles } = rolesOf(spec, table);
  const labelled = labelledRows(spec, table);
  const unseen = unseenOf(preprocessing, labelled.rows, () =>
    rowHashes(table, contentOfModel(spec, preprocessing)),
  );
  const targets = encodeTargets(preprocessing.target, table);
  const { profile } = preprocessing;
  const drift = profile ? driftOf(table, profile) : null; // encoding empties the table
  const shared = encodeAll(table, roles, inputColumns(preprocessing), targets);
  const warnings = [...labelled.warnings, ...unseen.warnings, ...shared.warnings];
  if (strict && warnings.length > 0) throw strictError(warnings);
  return { split: { ...shared.rows, indices: unseen.indices }, warnings, drift };
}

/** The rows that have their targets: all, but for those that the spec lets go (`missing: drop`). */
function labelledRows(spec: CsvDataSpec, table: Table): { rows: Int32Array; warnings: string[] } {
  let rows = allRows(table.rows);
  const warnings: string[] = [];
  for (const name of droppingTargets(spec)) {
    const values = columnOf(
      table,
      table.columns.findIndex((column) => column.name === name),
    );
    const present = rows.filter((row) => !Number.isNaN(values[row]!));
    const missing = rows.length - present.length;
    if (missing > 0) warnings.push(leftOutSentence(name, missing));
    rows = present;
  }
  return { rows, warnings };
}

/** The sentence for rows without a target. */
export function leftOutSentence(name: string, rows: number): string {
  return `target "${name}": ${rows} ${rows === 1 ? "row has" : "rows have"} none and ${rows === 1 ? "is" : "are"} left out`;
}

/** The columns of a model of tables. Throws UserError(data) for one of images. */
export function inputColumns({ inputs }: Preprocessing): readonly InputColumn[] {
  if (inputs.kind === "columns") return inputs.columns;
  throw new UserError(exitCodes.data, {
    message: "the model was trained on IDX images",
    expected: "IDX files",
  });
}

/** Columns that lie in one cache line of a row. */
const columnsAtOnce = 16;

/** `totalsOf`: what all rows hold in a column, where the table is a sample of them. Throws UserError(data). */
export function fitTable(
  spec: CsvDataSpec,
  table: Table,
  roles: readonly ColumnRole[],
  target: Target,
  train: Int32Array,
  totalsOf: (j: number) => ColumnTotals | null = () => null,
): Preprocessing {
  const columns: InputColumn[] = [];
  const seen: [string, ColumnSeen][] = [];
  for (let first = 0; first < roles.length; first += columnsAtOnce) {
    const some = roles.slice(first, first + columnsAtOnce);
    const values = columnsOf(table, first, some.length, train);
    for (const [j, role] of some.entries()) {
      if (!isInput(role.type)) continue;
      const column = table.columns[first + j]!;
      columns.push(fitColumn(role, column, values[j]!, spec, totalsOf(first + j)));
      const isKept = columns.length <= mostProfiled && role.type !== "text";
      const known = isKept ? columnSeen(column, values[j]!) : null;
      if (known) seen.push([role.name, known]);
    }
  }
  if (columns.length === 0) throw noColumn(spec, table, roles);
  // The network's first layers take the texts' inputs off its end.
  columns.sort((a, b) => Number(a.type === "text") - Number(b.type === "text"));
  const profile = { rows: train.length, columns: Object.fromEntries(seen) };
  const fitted = fitTarget(target, spec, table, train, totalsOf);
  return { inputs: { kind: "columns", columns }, target: fitted, profile };
}

/** Columns whose fate is told one by one. */
const mostTold = 12;

/** Says of each column why it is no input. */
function noColumn(spec: CsvDataSpec, table: Table, roles: readonly ColumnRole[]): UserError {
  const read = new Set(table.columns.map(({ name }) => name));
  const said = (name: string, type: string) => `${quoted(name)} is of type ${type}, as the spec says`;
  const fates = [
    ...table.notes,
    ...roles.flatMap(({ name, type, why }) => {
      if (type === "target") return [];
      return why ? `${quoted(name)} ${why}` : said(name, type);
    }),
    ...Object.entries(spec.columns).flatMap(([name, { type }]) =>
      type === null || read.has(name) ? [] : said(name, type),
    ),
  ];
  const more = fates.length > mostTold ? [`and ${fates.length - mostTold} more`] : [];
  const told = fates.length > 0 ? fates : ["the file has no other column"];
  const why = [...told.slice(0, mostTold), ...more].join("; ");
  const message = `no column is left to predict ${spec.target.join(", ")} from: ${why}`;
  return dataError({ message, expected: "at least one column of numbers or categories" });
}

function encodeAll(
  table: Table,
  roles: readonly ColumnRole[],
  columns: readonly InputColumn[],
  targets: Float32Array,
) {
  const weights = weightsOf(table, roles);
  const { matrix, warnings } = encodeTable(table, columns);
  return { rows: { table: matrix, targets, weights }, warnings };
}

function weightsOf(table: Table, roles: readonly ColumnRole[]): Float32Array | null {
  const j = roles.findIndex(({ type }) => type === "weight");
  if (j < 0) return null;
  const { name } = roles[j]!;
  const weights = Float32Array.from(columnOf(table, j));
  for (const [row, weight] of weights.entries()) checkWeight(name, weight, row);
  if (weights.every((weight) => weight === 0)) throw noWeight(name);
  return weights;
}

/** Throws UserError(data) for a weight below 0. `row`: its number, from 0. */
export function checkWeight(name: string, weight: number, row: number): void {
  if (!(weight < 0)) return;
  const message = `the weight "${name}" is ${weight} in data row ${row + 1}`;
  throw dataError({ message, expected: "weights of 0 or more" });
}

export function noWeight(name: string): UserError {
  return dataError({ message: `every weight in "${name}" is 0`, expected: "a row that counts" });
}

function splitTable(
  spec: CsvDataSpec,
  table: Table,
  roles: readonly ColumnRole[],
  files: Files,
  target: Target,
  seed: number,
  /** Those that may be in a split, in the order of the table. */
  labelled: Int32Array,
  hashes: Float64Array,
): RowSplit {
  const pool = sum(table.fileRows.slice(0, files.pool));
  const validationEnd = pool + sum(table.fileRows.slice(files.pool, files.pool + files.validation));
  const rows = (first: number, end: number) =>
    labelled.subarray(below(labelled, first), below(labelled, end));
  const ofFiles = { validation: rows(pool, validationEnd), test: rows(validationEnd, table.rows) };
  const byColumn = roles.findIndex(({ type }) => type === "split");
  if (byColumn >= 0) return splitByColumn(table, byColumn, rows(0, pool), ofFiles);

  const strata = spec.split.stratify === false ? null : strataOf(target, targetColumns(spec.target, table));
  if (spec.split.stratify && strata === null) {
    throw new UserError(exitCodes.usage, {
      message: `data.split.stratify is true, and the target is no class but a ${target.task}`,
      expected: "stratify: false",
    });
  }
  const of = (type: ColumnType) => roles.findIndex((role) => role.type === type);
  const [group, time] = [of("group"), of("time")];
  const request = {
    validation: spec.validation ? 0 : spec.split.validation,
    test: spec.test ? 0 : spec.split.test,
    seed,
    hashes,
    classes: strata,
    groups: group < 0 ? null : rowHashes(table, new Set([roles[group]!.name])),
    times: time < 0 ? null : columnOf(table, time),
  };
  const split = splitPool(rows(0, pool), request, spec.split.fold);
  return {
    train: split.train,
    validation: spec.validation ? ofFiles.validation : split.validation,
    test: spec.test && !spec.split.fold ? ofFiles.test : split.test,
  };
}

/** How many of ascending rows are below a number. */
function below(rows: Int32Array, end: number): number {
  let [first, last] = [0, rows.length];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (rows[middle]! < end) first = middle + 1;
    else last = middle;
  }
  return first;
}

const splitWords = new Map<string, SplitName>([
  ["train", "train"],
  ["training", "train"],
  ["validation", "validation"],
  ["valid", "validation"],
  ["val", "validation"],
  ["dev", "validation"],
  ["test", "test"],
]);

/** The split that a text in a column of type split names, if it names one. */
export function splitNamed(text: string): SplitName | undefined {
  return splitWords.get(text.trim().toLowerCase());
}

/** Per level of a column of type split, the split it names; of a missing one, none. Throws UserError(data). */
export function splitNames(column: TableColumn): (SplitName | undefined)[] {
  const problems = new ProblemList();
  const names = column.levels.map((level, number) => {
    const name = splitNamed(level);
    if (name === undefined && !column.isMissing[number]) {
      const message = `column "${column.name}" holds ${quoted(level)}, not a split`;
      problems.add({ ...column.places[number], message, expected: "train, validation or test" });
    }
    return name;
  });
  problems.throwIfAny();
  return names;
}

/** Rows of the pool say where they belong; those of the other files belong there anyway. */
function splitByColumn(
  table: Table,
  j: number,
  pool: Int32Array,
  files: { validation: Int32Array; test: Int32Array },
): RowSplit {
  const column = table.columns[j]!;
  const names = splitNames(column);
  const values = columnOf(table, j);
  const of = (name: SplitName) => pool.filter((row) => names[values[row]!] === name);
  const train = of("train");
  if (train.length === 0) throw noTrainRow(column.name);
  const joined = (name: "validation" | "test") => Int32Array.from([...of(name), ...files[name]]);
  return { train, validation: joined("validation"), test: joined("test") };
}

export function noTrainRow(column: string): UserError {
  return dataError({
    message: `no row says "train" in column "${column}"`,
    expected: "rows to train on",
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
