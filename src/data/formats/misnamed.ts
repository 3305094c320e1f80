/** What is told of a file that holds something else than it is read as. */
import { exitCodes, UserError } from "../../support/errors.ts";
import { type FormatName, formatOf, formatStarting, titlesOf } from "../../support/fileFormats.ts";
import { dataError } from "./problems.ts";

/** Throws UserError(data) for bytes that begin as no table of text does. */
export function checkIsText(start: Uint8Array, file: string | undefined): void {
  const format = formatStarting(start);
  if (format === "jsonl") {
    throw dataError({
      file,
      message: "the rows are JSON Lines",
      expected: "CSV",
      hint: "a file: name it .jsonl; nnt predict: --from jsonl",
    });
  }
  if (format === "parquet") {
    throw dataError({
      file,
      message: "the data is Parquet that is cut short, compressed once more, or from a pipe",
      expected: "a whole Parquet file, by its name",
    });
  }
  if (format !== null) throw notRead(format, file, "rows");
}

/** A file of a format that can't be read so. */
export function notRead(format: FormatName, file: string | undefined, as: "rows" | "arrays"): UserError {
  const { title, holds, hint } = formatOf(format);
  const expected = titlesOf(as);
  return new UserError(exitCodes.data, {
    file,
    message: `the file is ${title}`,
    expected,
    ...(holds === null && hint !== undefined ? { hint } : {}),
  });
}
