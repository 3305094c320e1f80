/** Drives the CSV scanner over a stream of bytes. */
import { dataError } from "../problems.ts";
import { pieceBytes } from "./batch.ts";
import { type CsvOptions, CsvScanner } from "./scanner.ts";

/**
 * Yields the scanner whenever it holds complete records, which are valid until the next step, and once the
 * header is known. Throws UserError(data) for an empty file and for what leaves no records to go on with.
 */
export async function* scanRecords(
  source: AsyncIterable<Uint8Array>,
  options: CsvOptions,
): AsyncGenerator<CsvScanner> {
  const scanner = new CsvScanner(options);
  let told = false;
  const isNews = () => scanner.count > 0 || (!told && scanner.header !== null);
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      scanner.push(chunk.subarray(from, from + pieceBytes));
      if (isNews()) yield scanner;
      told = scanner.header !== null;
    }
  }
  scanner.end();
  if (scanner.header === null) throw dataError({ file: options.file, message: "the file is empty" });
  if (isNews()) yield scanner;
}
