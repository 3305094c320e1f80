/** The names of a table's columns, whatever its format: every column has one of its own, its file's or one in its stead. */
import { exitCodes, type Problem, UserError } from "../../support/errors.ts";
import type { Place } from "./rowBatch.ts";

export const maxColumns = 100_000;

/** Problems told with their place. */
const mostPlaces = 20;

export interface ColumnNames {
  /** Each there and different from the others. */
  readonly header: readonly string[];
  /** By name, why a column cannot be told from others by it: it is none of the file's, or several have it. */
  readonly oddNames: ReadonlyMap<string, Problem>;
}

/** Names that pandas gives columns without one, in CSV and in Parquet. */
const standIn = /^(?:Unnamed: \d+|__index_level_\d+__)$/;

/** Whether a name is one that stands for none. */
export function isStandIn(name: string): boolean {
  return standIn.test(name);
}

/**
 * A column without a name is called "Unnamed: " and its number from 0, as pandas has it; a second "a" is "a.1".
 * Throws UserError(data) for too many columns.
 */
export function nameColumns(names: readonly string[], placeOf: (field: number) => Place): ColumnNames {
  if (names.length > maxColumns) {
    const message = `${names.length} columns`;
    throw new UserError(exitCodes.data, { ...placeOf(0), message, expected: `${maxColumns} at most` });
  }
  const own = new Set(names);
  const oddNames = new Map<string, Problem>();
  const place = (field: number) => (oddNames.size < mostPlaces ? placeOf(field) : { file: placeOf(0).file });
  const seen = new Map<string, { field: number; copies: number }>();
  const header = names.map((name, field) => {
    const first = seen.get(name);
    if (name.trim() === "") {
      const problem = { ...place(field), message: `column ${field + 1} has no name`, expected: "a name" };
      const given = `Unnamed: ${field}`;
      oddNames.set(given, { ...problem, hint: `columns: { "${given}": ignore } leaves it out` });
      return given;
    }
    if (first === undefined) {
      seen.set(name, { field, copies: 0 });
      return name;
    }
    const message = `columns ${first.field + 1} and ${field + 1} are both named "${name}"`;
    const problem = { ...place(field), message, expected: "different names for columns that are used" };
    let given = name;
    do given = `${name}.${++first.copies}`;
    while (own.has(given));
    own.add(given);
    oddNames.set(given, problem);
    if (!oddNames.has(name)) oddNames.set(name, problem);
    return given;
  });
  return { header, oddNames };
}

/** `column_1` … of a file that names none. */
export function numberedColumns(count: number): readonly string[] {
  return Array.from({ length: count }, (_, field) => `column_${field + 1}`);
}

/** Of a file whose names are all its own. */
export const noOddNames: ReadonlyMap<string, Problem> = new Map();
