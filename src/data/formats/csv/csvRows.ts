/** The rows of CSV bytes as they come. */
import { dataError } from "../problems.ts";
import { type CsvBatch, pieceBytes } from "./batch.ts";
import { type CsvOptions, CsvScanner } from "./scanner.ts";

/**
 * A batch whenever records are complete, and one, maybe of none, once the header is known. Throws UserError(data) for an empty file and for what leaves no records to go on with.
 */
export async function* csvRows(
  source: AsyncIterable<Uint8Array>,
  options: CsvOptions,
): AsyncGenerator<CsvBatch> {
  const scanner = new CsvScanner(options);
  let told = false;
  let isEnd = false;
  const isNews = () =>
    scanner.count > 0 || (!told && scanner.header.length > 0 && (isEnd || !scanner.mayHaveRowNames));
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      scanner.push(chunk.subarray(from, from + pieceBytes));
      if (!isNews()) continue;
      yield scanner;
      told = true;
    }
  }
  scanner.end();
  isEnd = true;
  if (scanner.header.length === 0) throw dataError({ file: options.file, message: "the file is empty" });
  if (isNews()) yield scanner;
}
