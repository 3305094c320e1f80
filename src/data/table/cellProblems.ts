/** What is wrong with a cell or a column of a table, in sentences with their places. */
import { type Problem, quoted } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import { numberOf } from "../formats/number.ts";
import { dataError } from "../formats/problems.ts";
import type { RowBatch } from "../formats/rowBatch.ts";
import { linesFor, numbersIn } from "./spellings.ts";
import type { TimeReader } from "./times.ts";

export function missingValue(batch: RowBatch, row: number, field: number, hint: string | undefined): Problem {
  return { ...missingProblem(batch, row, field), expected: "a value in every row", hint };
}

/** Where a value is missing, and how that is written. */
export function missingProblem(batch: RowBatch, row: number, field: number): Problem {
  const name = batch.header[field];
  const message = batch.isNull(row, field)
    ? `column "${name}" has no value`
    : `column "${name}" holds ${quoted(batch.text(row, field))}, a missing value`;
  return { ...batch.placeOf(row, field), message };
}

export function notATime(
  batch: RowBatch,
  row: number,
  field: number,
  { expected, format, takesNumbers }: TimeReader,
): Problem {
  const name = batch.header[field]!;
  const what = takesNumbers ? "time" : "date";
  const message = `column "${name}" holds ${quoted(batch.text(row, field))}, not a ${what}`;
  const hint = `how they are written, if otherwise: columns: { ${JSON.stringify(name)}: { type: ${what}, format: "%m/%d/%Y" } }`;
  return { ...batch.placeOf(row, field), message, expected, ...(format === null && { hint }) };
}

/** A value that is not a number, or none that 32 bits hold. */
export function notANumber(batch: RowBatch, row: number, field: number, number: number): Problem {
  const text = batch.text(row, field);
  const place = batch.placeOf(row, field);
  const name = batch.header[field]!;
  const example = batch.numbersAs(field);
  if (example === null || !Number.isNaN(number))
    return { ...place, ...numberProblem(name, text, Number.isNaN(number)) };
  const message = `column "${name}" holds ${quoted(text)}, not a number`;
  return { ...place, message, expected: `numbers as ${example}, as the spec says` };
}

/** The sentence for a text in a column of numbers. */
function numberProblem(name: string, text: string, isText: boolean) {
  if (!isText) {
    const message = `column "${name}" holds ${quoted(text)}, too large for a 32-bit float`;
    return { message, expected: "at most 3.4e38" };
  }
  const written = numbersIn([text], 1);
  if (written !== null) {
    const message = `column "${name}" holds ${quoted(text)}, not a number`;
    return { message, hint: `if all are written so, ${linesFor(written, name)}` };
  }
  return {
    message: `column "${name}" holds ${quoted(text)}, not a number`,
    hint: `if it means that the value is missing: columns.${name}.missing_values: [${JSON.stringify(text)}]`,
  };
}

/** A column that a header lacks, with the nearest name it has. */
export function missingColumn(name: string, header: readonly string[], file: string | undefined) {
  const meant = nearest(name, header);
  return { file, line: 1, message: `no column is named "${name}"`, hint: namesHint(meant, header) };
}

/** What is told of the columns that are there: the one that was meant, or what a file without a header needs. */
export function namesHint(meant: string | undefined, header: readonly string[]): string {
  if (meant !== undefined) return `did you mean ${quoted(meant)}?`;
  if (header[0]?.startsWith("#"))
    return `the columns are ${listed(header)}; if that is a comment: data.comment: "#"`;
  const numbers = header.filter((name) => !Number.isNaN(numberOf(name))).length;
  const bare =
    "; if they are a first row of values: data.header: false, which names them column_1, column_2, …";
  return `the columns are ${listed(header)}${2 * numbers >= header.length ? bare : ""}`;
}

export function tooManyLevels(file: string, name: string, maxLevels: number) {
  const message = `column "${name}" holds more than ${maxLevels} different texts`;
  return dataError({ file, message, expected: "a category", hint: `columns.${name}: id` });
}

function listed(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(", ")}, … (${names.length})` : names.join(", ");
}
