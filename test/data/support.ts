/** Helpers of the data tests: cutting bytes into chunks, collecting what a scanner finds. */
import { type CsvOptions, CsvScanner } from "../../src/data/csv/scanner.ts";
import { type Problem, sentence } from "../../src/support/errors.ts";

/** The bytes in pieces, cut at the given places (modulo the length). */
export function chunked(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

export interface Scanned {
  header: readonly string[] | null;
  records: string[][];
  problems: string[];
}

export function scanAll(chunks: readonly Uint8Array[], options: CsvOptions = {}): Scanned {
  const scanner = new CsvScanner(options);
  const records: string[][] = [];
  const problems: Problem[] = [];
  const collect = () => {
    for (let record = 0; record < scanner.count; record++) {
      const problem = scanner.problems.get(record);
      if (problem) problems.push(problem);
      else records.push(scanner.header!.map((_, field) => scanner.text(record, field)));
    }
  };
  for (const chunk of chunks) {
    scanner.push(chunk);
    collect();
  }
  scanner.end();
  collect();
  return { header: scanner.header, records, problems: problems.map(sentence) };
}
