/** Columns that are no values, or have no name, as indices and delimiters at a line's end make them: which are left out of a table, and why. */

import { type Problem, quoted } from "../../support/errors.ts";
import { isStandIn } from "../formats/columnNames.ts";
import { dataError } from "../formats/problems.ts";
import type { RowBatch } from "../formats/rowBatch.ts";

export interface Nameless {
  readonly names: ReadonlySet<string>;
  /** Those of them that hold nothing in the first rows. */
  readonly empty: readonly string[];
  /** Sentences for them. */
  readonly notes: readonly string[];
}

export const nothingLeftOut: Nameless = { names: new Set(), empty: [], notes: [] };

/**
 * By a file's first rows: an index, that is a first column of different whole numbers or texts, and empty columns are
 * left out. Throws UserError(data) for another column that has no name, if it is free.
 */
export function namelessColumns(
  batch: RowBatch,
  readings: readonly { readonly isFree?: boolean }[],
): Nameless {
  const names = new Set<string>();
  const empty: string[] = [];
  const notes: string[] = [];
  for (const [field, name] of batch.header.entries()) {
    if (!readings[field]!.isFree) continue;
    if (batch.nested.has(name)) {
      names.add(name);
      notes.push(`column ${quoted(name)} holds lists or structures: left out`);
    }
    if (!isStandIn(name)) continue;
    const problem = batch.oddNames.get(name);
    const subject = problem ? `column ${field + 1} has no name` : `column "${name}" stands for none`;
    const found = contentOf(batch, field);
    if (found === "nothing" && problem) {
      empty.push(name);
      notes.push(`${subject} and no values: left out`);
    } else if (found === "an index" && (field === 0 || name.startsWith("__index")))
      notes.push(`${subject} and ${whatIndex(batch, field)}: left out as an index`);
    else if (problem) throw dataError({ ...problem, expected: "a name, as it holds values" });
    else continue;
    names.add(name);
  }
  return { names, empty, notes };
}

/** Whether a field has no text, or none but blanks. */
export function isEmptyField(batch: RowBatch, row: number, field: number): boolean {
  return batch.isNull(row, field) || batch.text(row, field).trim() === "";
}

function contentOf(batch: RowBatch, field: number): "nothing" | "an index" | "values" {
  const seen = new Set<string>();
  let rows = 0;
  let full = 0;
  for (let row = 0; row < batch.count; row++) {
    if (batch.problems.has(row)) continue;
    rows++;
    if (isEmptyField(batch, row, field)) continue;
    full++;
    const number = batch.number(row, field);
    if (!Number.isNaN(number) && !Number.isInteger(number)) return "values";
    seen.add(batch.text(row, field));
  }
  if (full === 0) return "nothing";
  return full === rows && seen.size === rows ? "an index" : "values";
}

function whatIndex(batch: RowBatch, field: number): string {
  for (let row = 1; row < batch.count; row++)
    if (!(batch.number(row, field) === batch.number(row - 1, field) + 1)) return "names the rows";
  return "counts the rows";
}

/** A value where the rows before have nothing. */
export function lateValue(batch: RowBatch, row: number, field: number): Problem {
  const message = `column ${field + 1} has no name and holds ${quoted(batch.text(row, field))}`;
  return { ...batch.placeOf(row, field), message, expected: "nothing, as in the rows before" };
}

/** Throws UserError(data) for a name that several columns share. */
export function checkIsTold(name: string, oddNames: RowBatch["oddNames"]): void {
  const problem = oddNames.get(name);
  if (problem && !isStandIn(name)) throw dataError(problem);
}
