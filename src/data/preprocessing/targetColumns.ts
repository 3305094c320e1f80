/** The columns of a table as targets: labels, class numbers, flags and numbers of what they hold. */
import { quoted } from "../../support/errors.ts";
import type { LossName } from "../../tasks/losses.ts";
import type { TargetColumn } from "../../tasks/task.ts";
import { dataError, ProblemList } from "../formats/problems.ts";
import type { RawValues } from "../table/cells.ts";
import { booleanOf, canonicalLabel, sortLabels } from "../table/labels.ts";
import { columnOf, type Table, type TableColumn } from "../table/readTable.ts";

/** More distinct whole numbers than these are a quantity, not classes (CONTRACT). */
export const mostNumberClasses = 20;

export interface TargetOptions {
  /** The first rows, from which labels are taken; absent: all. */
  readonly pool?: number;
  /** Named where it cannot learn texts. */
  readonly loss?: LossName | null;
}

export function targetColumns(
  names: readonly string[],
  table: Table,
  options: TargetOptions = {},
): TargetColumn[] {
  return names.map((name) => {
    const j = table.columns.findIndex((column) => column.name === name);
    return targetColumn(table.columns[j]!, columnOf(table, j), options);
  });
}

function targetColumn(
  column: TableColumn,
  values: RawValues,
  { pool = values.length, loss = null }: TargetOptions,
): TargetColumn {
  const isText = column.kind === "text";
  return {
    name: column.name,
    isText,
    get looksLikeClasses() {
      return isText || areClasses(values);
    },
    get looksLikeFlags() {
      return isText ? levelsAreFlags(column) : values.every(isFlagOrMissing);
    },
    labels: () => labelsIn(column, values.subarray(0, pool)),
    classNumbers: (classes) => classNumbers(classes, column, values),
    flags: () => flagsIn(column, values),
    numbers() {
      if (!isText) return values;
      throw dataError({
        ...column.places[column.isMissing.indexOf(false)],
        message: `the target "${column.name}" holds texts, which loss ${loss ?? ""} cannot learn`,
        expected: "numbers",
      });
    },
  };
}

/** Whole numbers, few of them, where there are any. */
export function areClasses(values: RawValues): boolean {
  const distinct = new Set<number>();
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) return false;
    if (distinct.add(value).size > mostNumberClasses) return false;
  }
  return true;
}

const isFlagOrMissing = (value: number) => value === 0 || value === 1 || Number.isNaN(value);

function levelsAreFlags({ levels, isMissing }: TableColumn): boolean {
  return levels.every((level, number) => isMissing[number] || booleanOf(level) !== undefined);
}

/** Sorted; 1 and 1.0 are one, unless they stand for texts that are none. */
function labelsIn(column: TableColumn, values: RawValues): string[] {
  const found = new Set(values);
  found.delete(Number.NaN);
  const labels = [...found].map((value) => labelOf(column, value));
  const written = [...new Set(labels.map(canonicalLabel))];
  return sortLabels(written.every((label) => label === canonicalLabel(label)) ? written : labels);
}

function labelOf(column: TableColumn, value: number): string {
  return column.kind === "text" ? column.levels[value]! : String(value);
}

function classNumbers(classes: readonly string[], column: TableColumn, values: RawValues): Float32Array {
  const numbers = new Map(classes.map((label, number) => [label, number]));
  const problems = new ProblemList();
  const known = new Map([[Number.NaN, 0]]); // no class at all: rows without one are in no split
  const refuse = (value: number) => {
    const message = `column "${column.name}" holds ${quoted(labelOf(column, value))}, not one of the classes`;
    const listed = classes.length > 12 ? `${classes.length} classes` : classes.join(", ");
    const hint = "classes are those of the training rows, unless data.classes lists them";
    problems.add({ ...column.places[value], message, expected: `one of ${listed}`, hint });
    return 0;
  };
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    let number = known.get(value);
    if (number === undefined) {
      const label = labelOf(column, value);
      number = numbers.get(label) ?? numbers.get(canonicalLabel(label)) ?? refuse(value);
      known.set(value, number);
    }
    result[row] = number;
  }
  problems.throwIfAny();
  return result;
}

function flagsIn(column: TableColumn, values: RawValues): Float32Array {
  const problems = new ProblemList();
  const levels = column.levels.map((level, number) => {
    const value = booleanOf(level);
    if (value === undefined && !column.isMissing[number]) {
      const message = `column "${column.name}" holds ${quoted(level)}, not a label that is there or not`;
      problems.add({ ...column.places[number], message, expected: "1 or 0, true or false, yes or no" });
    }
    return value ?? 0;
  });
  problems.throwIfAny();
  return Float32Array.from(values, column.kind === "text" ? (value) => levels[value]! : undefined);
}
