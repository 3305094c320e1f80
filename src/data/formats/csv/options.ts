/** How a CSV file is to be read. */
import type { Notation } from "../notation.ts";

export interface CsvOptions {
  /** Named in problems. */
  readonly file?: string | undefined;
  /** One character; found from the header if null. */
  readonly delimiter?: string | null | undefined;
  /** Begins a line that is no record; null: none is. */
  readonly comment?: string | null | undefined;
  /** Whether the first record names the columns; true if absent. */
  readonly header?: boolean | undefined;
  /** As programs write numbers, if absent. */
  readonly notation?: Notation | undefined;
  /** Largest record in bytes. */
  readonly maxRecord?: number | undefined;
  /** That may scan a large file; 1 if absent. */
  readonly threads?: number | undefined;
}

export const maxRecordBytes = 64 * 2 ** 20;
