/** Streams of records to predict: CSV or JSONL, a batch as soon as its bytes are there, memory flat. */
import type { Problem } from "../../support/errors.ts";
import type { ByteWriter } from "./byteWriter.ts";
import { CsvRecords } from "./csv/csvRecords.ts";
import { scanRecords } from "./csv/scanRecords.ts";
import { jsonlRecords } from "./jsonl.ts";
import { dataError } from "./problems.ts";

export type RecordFormat = "csv" | "jsonl";

/** Complete records, valid until the next batch is asked for. Records and fields count from 0. */
export interface RecordBatch {
  readonly count: number;
  /** Line where a record starts, from 1. */
  lineOf(record: number): number;
  /** What is wrong with a record as such; then it has no fields. */
  problemOf(record: number): Problem | null;
  /** Writes a field of the header as one of a comma-separated file, or as a JSON value. */
  writeCsv(record: number, field: number, out: ByteWriter): void;
  writeJson(record: number, field: number, out: ByteWriter): void;
}

export interface RecordReader {
  readonly format: RecordFormat;
  readonly file: string | undefined;
  /** Column names; of JSONL the keys of the first record. */
  readonly header: readonly string[];
  readonly batches: AsyncIterable<RecordBatch>;
}

export interface RecordOptions {
  readonly format: RecordFormat;
  /** Named in problems. */
  readonly file?: string | undefined;
  readonly delimiter?: string | null;
}

/**
 * Reads as far as the header. Throws UserError(data), here and while batches are read, for what no record
 * can be made of: an empty file, a quote never closed, a record over 64 MB.
 */
export async function openRecords(
  source: AsyncIterable<Uint8Array>,
  options: RecordOptions,
): Promise<RecordReader> {
  const { format, file } = options;
  const batches = format === "csv" ? csvBatches(source, options) : jsonlRecords(source, file);
  const first = await batches.next();
  if (first.done) throw dataError({ file, message: "the file is empty" });
  return { format, file, header: first.value.header, batches: resumed(first.value, batches) };
}

async function* csvBatches(
  source: AsyncIterable<Uint8Array>,
  options: RecordOptions,
): AsyncGenerator<CsvRecords> {
  let records: CsvRecords | null = null;
  for await (const scanner of scanRecords(source, options)) {
    records ??= new CsvRecords(scanner);
    yield records;
  }
}

async function* resumed<Item>(first: Item, rest: AsyncGenerator<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}
