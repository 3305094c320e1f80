/** The rows of CSV bytes as they come. */
import { asUsual } from "../notation.ts";
import { dataError } from "../problems.ts";
import { type CsvBatch, pieceBytes } from "./batch.ts";
import type { CsvOptions } from "./options.ts";
import { parallelRows } from "./parallelRows.ts";
import { CsvScanner } from "./scanner.ts";

/** Bytes that are read before other threads are asked to help: of 98 MB as a whole `predict` lost 0.1 s by them, of 393 MB it won 0.3. */
const worthThreads = 128 * 2 ** 20;

/**
 * A batch whenever records are complete, and one, maybe of none, once the header is known. Throws UserError(data) for an empty file and for what leaves no records to go on with.
 */
export async function* csvRows(
  source: AsyncIterable<Uint8Array>,
  options: CsvOptions,
): AsyncGenerator<CsvBatch> {
  const { threads = 1, comment = null, notation = asUsual } = options;
  const scanner = new CsvScanner(options);
  let told = false;
  let isEnd = false;
  const isNews = () =>
    scanner.count > 0 || (!told && scanner.header.length > 0 && (isEnd || !scanner.mayHaveRowNames));
  const chunks = source[Symbol.asyncIterator]();
  let bytes = 0;
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      const chunk = next.value;
      for (let from = 0; from < chunk.length; from += pieceBytes) {
        scanner.push(chunk.subarray(from, from + pieceBytes));
        if (!isNews()) continue;
        yield scanner;
        told = true;
      }
      bytes += chunk.length;
      if (threads > 1 && bytes >= worthThreads && scanner.isSplittable)
        yield* parallelRows(chunks, scanner, notation, comment, threads);
    }
  } finally {
    await chunks.return?.();
  }
  scanner.end();
  isEnd = true;
  if (scanner.header.length === 0) throw dataError({ file: options.file, message: "the file is empty" });
  if (isNews()) yield scanner;
}
