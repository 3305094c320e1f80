/** What each column of a table holds, in figures: for people who look at their data before they train on it. */

import type { ColumnType } from "../../config/schema.ts";
import type { RawValues } from "./cells.ts";
import { columnOf, type Table, type TableColumn } from "./readTable.ts";
import { inferType } from "./roles.ts";
import { meanAndDeviation, median, range } from "./statistics.ts";

export interface ColumnProfile {
  readonly name: string;
  readonly type: ColumnType | "target";
  readonly missing: number;
  /** Different values, the missing one not counted; more than are counted are told as `distinctIsLeast`. */
  readonly distinct: number;
  readonly distinctIsLeast: boolean;
  /** Of a column of numbers. */
  readonly numbers: NumberProfile | null;
  /** Of a column of texts: the most frequent ones, most frequent first. */
  readonly top: readonly { readonly text: string; readonly rows: number }[] | null;
  /** Texts that fewer rows have than are worth an input of their own, `rareRows`. */
  readonly rare: number;
}

interface NumberProfile {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly deviation: number;
  readonly median: number;
  readonly areWhole: boolean;
  /** Rows in each of ten ranges of equal width from min to max. */
  readonly histogram: readonly number[];
}

/** Texts that fewer rows have teach a network little. */
export const rareRows = 5;

const bins = 10;
const mostTop = 5;
/** Different numbers counted at most. */
const mostDistinct = 100_000;

/** `typeOf`: what a column is used for; by default what its values tell. */
export function profileTable(
  table: Table,
  typeOf: (column: TableColumn) => ColumnProfile["type"] = (column) => inferType(column, table.rows).type,
): ColumnProfile[] {
  return table.columns.map((column, j) => {
    const values = columnOf(table, j);
    const { name, missing } = column;
    const common = { name, type: typeOf(column), missing };
    return column.kind === "text"
      ? { ...common, ...profileTexts(column, values) }
      : { ...common, ...profileNumbers(values) };
  });
}

/** Whether whole numbers only count the rows: each once, without a gap, or rising row by row. */
export function countsRows(values: RawValues): boolean {
  if (!Number.isInteger(values[0]!)) return false;
  const { min, max } = range(values);
  const length = max - min + 1;
  if (!Number.isInteger(min) || values.length < leastCounted || values.length > 2 ** 24) return false;
  let rises = true;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isInteger(values[i]!)) return false;
    if (i > 0 && values[i]! <= values[i - 1]!) rises = false;
  }
  if (rises || length !== values.length) return rises;
  const seen = new Uint8Array(length);
  for (let i = 0; i < values.length; i++) seen[values[i]! - min] = 1;
  return seen.every((one) => one === 1);
}

/**
 * Whether numbers are as long as ids are, so that doubles no longer tell all of them apart: all beyond 2⁵³, of up to twenty
 * digits, and few of them round, as measured quantities of this size are.
 */
export function areLongIds(values: RawValues): boolean {
  let [present, round] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (Number.isNaN(size)) continue;
    if (size <= Number.MAX_SAFE_INTEGER || size >= 1e20) return false;
    present++;
    if (size % 1e5 === 0) round++;
  }
  return present > 1 && 2 * round < present;
}

/** How often whole numbers start anew at 1 where they count rows one by one, as those of each group may; 0: they do not. */
export function countingTurns(values: RawValues): number {
  let turns = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 1) turns++;
    else if (i === 0 || values[i] !== values[i - 1]! + 1) return 0;
  }
  return turns * leastCounted <= values.length ? turns : 0;
}

/** In fewer rows, numbers may rise by chance. */
const leastCounted = 20;

function profileTexts(column: TableColumn, values: RawValues) {
  const counts = new Float64Array(column.levels.length);
  for (const level of values) if (!Number.isNaN(level)) counts[level]!++;
  const present = [...counts.keys()].filter((level) => counts[level]! > 0);
  const top = present
    .toSorted((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, mostTop)
    .map((level) => ({ text: column.levels[level]!, rows: counts[level]! }));
  return {
    distinct: present.length,
    distinctIsLeast: column.overflowed,
    numbers: null,
    top,
    rare: present.filter((level) => counts[level]! < rareRows).length,
  };
}

function profileNumbers(values: RawValues) {
  const distinct = new Set<number>();
  const histogram = new Array<number>(bins).fill(0);
  const { min, max } = range(values);
  const perUnit = max > min ? bins / (max - min) : 0;
  let areWhole = true;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (distinct.size < mostDistinct) distinct.add(value);
    areWhole &&= Number.isInteger(value);
    histogram[Math.min(bins - 1, Math.floor((value - min) * perUnit))]!++;
  }
  const numbers = { min, max, ...meanAndDeviation(values), median: median(values), areWhole, histogram };
  return {
    distinct: distinct.size,
    distinctIsLeast: distinct.size === mostDistinct,
    numbers: distinct.size > 0 ? numbers : null,
    top: null,
    rare: 0,
  };
}
