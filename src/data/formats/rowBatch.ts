/** What rows are to those that read them, whatever format they come in. */
import type { Problem } from "../../support/errors.ts";
import type { ByteWriter } from "./byteWriter.ts";
import type { LevelIndex } from "./levels.ts";

/** A column of Parquet has no line; its row counts as one, from 1. */
export type Place = Pick<Problem, "file" | "line" | "column">;

/** Of files in which all is as it seems. */
export const nothing: ReadonlySet<string> = new Set();

/** Larger numbers are not told among a batch's values, so that all of these are finite as 32-bit floats, too. */
const largestPlain = 1e38;

/** A number as one of a batch's values: NaN if it is none of everyday size. */
export function plainNumber(value: number): number {
  return Math.abs(value) <= largestPlain ? value : Number.NaN;
}

/**
 * Complete rows and their fields, each counted from 0; valid until the next batch of the same file is asked for.
 * The numbers stand in one array, so that reading a table is a loop over it; all else is asked for field by field.
 */
export interface RowBatch {
  /** Named in problems. */
  readonly file: string | undefined;
  /** The fields' names. */
  readonly header: readonly string[];
  /** Names that cannot tell one column from the others, and why: a problem where such a column is used. */
  readonly oddNames: ReadonlyMap<string, Problem>;
  /** Columns that hold lists or structures, which are not read: odd ones. */
  readonly nested: ReadonlySet<string>;
  /** What has been found in the file so far that is not as it seems, in sentences. */
  readonly notes: ReadonlySet<string>;
  /** What stands between fields, where something does. */
  readonly delimiter: string | null;
  readonly count: number;
  /** What is wrong with a row as such, by its number. */
  readonly problems: ReadonlyMap<number, Problem>;
  /** Field f of row r is values[first[r] + f]: a plain number, or NaN where its text must be looked at. */
  readonly first: Int32Array;
  readonly values: Float64Array;
  /** Whether the fields of a row can be read; always so if it has no problem. */
  hasFields(row: number): boolean;
  /** Whether a field is empty in a way that no text is: JSON's null, say. */
  isNull(row: number, field: number): boolean;
  /** A field as it is written; nothing of null. */
  text(row: number, field: number): string;
  /** A field's number; NaN if its text, with or without blanks around it, is none. */
  number(row: number, field: number): number;
  /** An example of how a field's numbers are to be written; null: as programs write them. */
  numbersAs(field: number): string | null;
  /** The number of a field's text in an index; -1 if it is not there, or null. */
  levelOf(row: number, field: number, index: LevelIndex): number;
  placeOf(row: number, field: number): Place;
  /** Writes a field as one of a comma-separated file, or as a JSON value. */
  writeCsv(row: number, field: number, out: ByteWriter): void;
  writeJson(row: number, field: number, out: ByteWriter): void;
}
