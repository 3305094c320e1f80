/** The records a CSV scanner holds, as a batch to predict. */
import type { Problem } from "../../../support/errors.ts";
import type { ByteWriter } from "../byteWriter.ts";
import type { RecordBatch } from "../records.ts";
import type { CsvScanner } from "./scanner.ts";

export class CsvRecords implements RecordBatch {
  readonly header: readonly string[];

  constructor(readonly scanner: CsvScanner) {
    this.header = scanner.header!;
  }

  get count(): number {
    return this.scanner.count;
  }

  lineOf(record: number): number {
    return this.scanner.lines[record]!;
  }

  problemOf(record: number): Problem | null {
    const { problems } = this.scanner;
    return problems.size === 0 ? null : (problems.get(record) ?? null);
  }

  writeCsv(record: number, field: number, out: ByteWriter): void {
    const { scanner } = this;
    const end = scanner.ends[scanner.first[record]! + field]!;
    out.csvCopy(scanner.bytes, scanner.fieldStartOf(record, field), end);
  }

  writeJson(record: number, field: number, out: ByteWriter): void {
    out.text(JSON.stringify(this.scanner.text(record, field)));
  }
}
