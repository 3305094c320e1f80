/** Sentences for cells that cannot be read, and for columns that are not there. */
import { type Problem, quoted } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import type { RowBatch } from "../formats/rowBatch.ts";

/** Where a value is missing, and how that is written. */
export function missingProblem(batch: RowBatch, row: number, field: number): Problem {
  const name = batch.header[field];
  const message = batch.isNull(row, field)
    ? `column "${name}" has no value`
    : `column "${name}" holds ${quoted(batch.text(row, field))}, a missing value`;
  return { ...batch.placeOf(row, field), message };
}

/** A value that is not a number, or none that 32 bits hold. */
export function notANumber(batch: RowBatch, row: number, field: number, number: number): Problem {
  const text = batch.text(row, field);
  const place = batch.placeOf(row, field);
  return { ...place, ...numberProblem(batch.header[field]!, text, Number.isNaN(number)) };
}

/** The sentence for a text in a column of numbers. */
function numberProblem(name: string, text: string, isText: boolean) {
  if (!isText) {
    const message = `column "${name}" holds ${quoted(text)}, too large for a 32-bit float`;
    return { message, expected: "at most 3.4e38" };
  }
  return {
    message: `column "${name}" holds ${quoted(text)}, not a number`,
    hint: `if it means that the value is missing: columns.${name}.missing_values: [${JSON.stringify(text)}]`,
  };
}

/** A column that a header lacks, with the nearest name it has. */
export function missingColumn(name: string, header: readonly string[], file: string | undefined) {
  const meant = nearest(name, header);
  const hint = meant === undefined ? `the columns are ${listed(header)}` : `did you mean ${quoted(meant)}?`;
  return { file, line: 1, message: `no column is named "${name}"`, hint };
}

function listed(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(", ")}, … (${names.length})` : names.join(", ");
}
