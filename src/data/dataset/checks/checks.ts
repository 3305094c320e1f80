/** What may be wrong with data that can be trained on: sentences with figures, told before training. */

import { quoted } from "../../../support/errors.ts";
import type { Answers } from "../../../tasks/task.ts";
import { answersOf } from "../../../tasks/tasks.ts";
import { columnWidth, type InputColumn, type Preprocessing } from "../../preprocessing/preprocessing.ts";
import { areLongIds, countsRows } from "../../table/profile.ts";
import { columnsOf, type Table } from "../../table/readTable.ts";
import { range } from "../../table/statistics.ts";
import type { RowSplit } from "../split.ts";
import { sharedRows } from "../trainedRows.ts";
import { standingApart } from "./apart.ts";
import { telling } from "./leaks.ts";

/** A class of fewer rows can hardly be learnt, and not be measured. */
const leastClassRows = 5;
/** A class of more than this share makes accuracy say little. */
const largestClassShare = 0.9;
/** A column with more than this share missing says little. */
const mostMissing = 0.5;
/** Inputs beyond this slow the first layer's learning down, if they do not end it. */
const largestUnscaled = 100;
/** Columns named in one sentence. */
const mostNamed = 5;

/**
 * `targets`, `hashes`: of all rows, [rows of the table × width] and [rows of the table]. Looks at training rows, and at whether others are among
 * them.
 */
export function checkTable(
  table: Table,
  preprocessing: Preprocessing,
  split: RowSplit,
  targets: Float32Array,
  hashes: Float64Array,
): string[] {
  const { inputs, target } = preprocessing;
  if (inputs.kind !== "columns") return [];
  return [
    ...checkColumns(table, inputs.columns, target, split.train, targets),
    ...checkTargets(answersOf(target), targets.length / table.rows, split.train, targets),
    ...checkDuplicates(inputs.columns, split, hashes),
  ];
}

/** What shows in the numbers of classes, one per row. */
export function checkClasses(classes: readonly string[], train: Int32Array, targets: Float32Array): string[] {
  const rows = new Array<number>(classes.length).fill(0);
  for (const row of train) rows[targets[row]!]!++;
  const few = classes.filter((_, number) => rows[number]! < leastClassRows);
  const told = few.slice(0, mostNamed).map((label) => `${quoted(label)} ${rows[classes.indexOf(label)]}`);
  const most = Math.max(...rows);
  const share = most / train.length;
  const warnings: string[] = [];
  if (few.length > 0) {
    const what = few.length === 1 ? "a class has" : `${few.length} classes have`;
    warnings.push(`${what} fewer than ${leastClassRows} training rows: ${andMore(told, few.length)}`);
  }
  if (share > largestClassShare) {
    const label = quoted(classes[rows.indexOf(most)]!);
    warnings.push(
      `class ${label} has ${percent(share)} of the training rows: look at f1_macro or roc_auc, not at accuracy`,
    );
  }
  return warnings;
}

/** The same of every target that has classes, by its name where there are several. */
function checkTargets(
  { names, classes }: Answers,
  width: number,
  train: Int32Array,
  targets: Float32Array,
): string[] {
  if (classes === null || classes.length !== width) return [];
  const rows = targets.length / width;
  return classes.flatMap((labels, j) => {
    const own = Float32Array.from({ length: rows }, (_, row) => targets[row * width + j]!);
    const place = width > 1 ? `target ${quoted(names[j]!)}: ` : "";
    return checkClasses(labels, train, own).map((warning) => place + warning);
  });
}

/** Columns that lie in one cache line of a row. */
const columnsAtOnce = 16;

function checkColumns(
  table: Table,
  columns: readonly InputColumn[],
  target: Preprocessing["target"],
  train: Int32Array,
  targets: Float32Array,
): string[] {
  const inputs = new Map(columns.map((column) => [column.name, column]));
  const { names, scalings } = answersOf(target);
  const quantities = new Set(scalings === null ? [] : names);
  const tells = telling(target, train, targets);
  const found = Object.fromEntries(Object.keys(oddColumns).map((odd) => [odd, []])) as unknown as Record<
    OddColumn,
    string[]
  >;
  const apart: string[] = [];
  for (let first = 0; first < table.columns.length; first += columnsAtOnce) {
    const some = table.columns.slice(first, first + columnsAtOnce);
    for (const [j, values] of columnsOf(table, first, some.length, train).entries()) {
      const { name, kind } = some[j]!;
      const column = inputs.get(name);
      const { min, max } = range(values);
      if (column?.type === "number" || quantities.has(name))
        apart.push(
          ...standingApart(name, values, { min, max }, { isTarget: !column, isArray: table.isArray }),
        );
      if (!column) continue;
      const missing = missingIn(values) / values.length;
      if (min === max && missing === 0) found.constant.push(quoted(name));
      else if (kind === "number" && countsRows(values)) found.counting.push(quoted(name));
      else if (kind === "number" && areLongIds(values)) found.long.push(quoted(name));
      else {
        // The only input is what the target is to be told by.
        const share = columns.length > 1 ? tells(kind, values) : null;
        if (share !== null) found.telling.push(`${quoted(name)} ${percent(share)}`);
      }
      if (missing > mostMissing) found.missing.push(`${quoted(name)} ${percent(missing)}`);
      const largest = Math.max(-min, max);
      const isUnscaled = column.type === "number" && column.scaling.name === "none";
      if (isUnscaled && largest > largestUnscaled)
        found.unscaled.push(`${quoted(name)} up to ${Number(largest.toPrecision(3))}`);
    }
  }
  const sentences = Object.entries(oddColumns).flatMap(([odd, [one, many, why]]) => {
    const names = found[odd as OddColumn];
    const list = andMore(names.slice(0, mostNamed), names.length);
    return names.length === 0
      ? []
      : [`${names.length === 1 ? one : `${names.length} ${many}`}: ${list}${why}`];
  });
  return [...sentences, ...apart.slice(0, mostNamed)];
}

/** What is said of one such column, of several, and behind their names, in the order in which it is said. */
const oddColumns = {
  telling: [
    "a column tells the target by itself",
    "columns tell the target by themselves",
    "; is it known before the target is?",
  ],
  counting: ["a column counts the rows", "columns count the rows", "; as an id, ignore it"],
  long: [
    "a column holds whole numbers beyond 2^53, some of which become one",
    "columns hold whole numbers beyond 2^53, some of which become one",
    "; as an id, ignore it, or make it a category",
  ],
  constant: [
    "a column holds one value in all training rows",
    "columns hold one value in all training rows",
    "",
  ],
  missing: ["a column is missing more often than not", "columns are missing more often than not", ""],
  unscaled: ["a column is large and not scaled", "columns are large and not scaled", ""],
} as const satisfies Record<string, readonly [string, string, string]>;
type OddColumn = keyof typeof oddColumns;

function missingIn(values: ArrayLike<number>): number {
  let missing = 0;
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) missing++;
  return missing;
}

function checkDuplicates(
  columns: readonly InputColumn[],
  { train, validation, test }: RowSplit,
  hashes: Float64Array,
): string[] {
  const isSure = columns.some((column) => column.type === "number" || columnWidth(column) > 100);
  // Of a few categories, rows are equal by their nature.
  if (!isSure) return [];
  return (["validation", "test"] as const).flatMap((name) => {
    const rows = { validation, test }[name];
    const count = rows.length > 0 ? sharedRows(hashes, train, rows) : 0;
    if (count === 0) return [];
    const of = `${count} of ${rows.length} ${name} rows (${percent(count / rows.length)})`;
    return [`${of} ${count === 1 ? "is" : "are"} in the training rows, too, input and target alike`];
  });
}

function andMore(names: readonly string[], count: number): string {
  const more = count - names.length;
  return names.join(", ") + (more > 0 ? `, and ${more} more` : "");
}

/** `93 %`; never 100 % of less. */
function percent(share: number): string {
  const rounded = Math.round(100 * share);
  if (rounded === 100 && share < 1) return `${Math.floor(1000 * share) / 10} %`;
  return rounded === 0 ? `${Number((100 * share).toPrecision(1))} %` : `${rounded} %`;
}
