/** Opens tables, whatever their format: a reader each. */
import { availableCores } from "../../support/cores.ts";
import { formatNamed, isRowFormat, type RowFormat } from "../../support/fileFormats.ts";
import { csvRows } from "./csv/csvRows.ts";
import { stdinPath } from "./files.ts";
import { JsonlBatch, jsonlRows, jsonRows, type Line } from "./jsonl/jsonlRows.ts";
import { asUsual, type Written } from "./notation.ts";
import { isParquet } from "./parquet/parquet.ts";
import { parquetRows } from "./parquet/parquetRows.ts";
import type { RowBatch } from "./rowBatch.ts";
import { ruled, ruledRows } from "./ruledRows.ts";
import { fileSize, readFileBytes } from "./source.ts";

export interface RowOptions extends Partial<Written> {
  /** null: what the file's name and its first bytes tell, else CSV. */
  readonly format?: RowFormat | null;
  /** The columns that are asked for, where rows may differ in what else they have; null: all have the first's. */
  readonly columns?: readonly string[] | null;
  /** A longer row is refused, of CSV and JSON Lines; absent: 64 MB. */
  readonly maxRow?: number;
  /** That may read a large file; absent: one for each core. */
  readonly threads?: number | null;
}

/** What more of them read, one cannot take in. */
const mostThreads = 8;

/** What a reader is given. */
interface RowSource {
  /** Inflated, in UTF-8. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Named in problems. */
  readonly file: string | undefined;
  /** The file itself, for a reader that seeks in it; null: there is none. */
  readonly seekable: { readonly file: string; readonly size: number } | null;
  readonly columns: readonly string[] | null;
  readonly maxRow?: number | undefined;
  readonly threads?: number;
  readonly written: Written;
}

const readers = {
  csv: (source) => csvRows(source.bytes, csvOptions(source)),
  tsv: (source) => {
    const { delimiter, ...options } = csvOptions(source);
    return csvRows(source.bytes, { ...options, delimiter: delimiter ?? "\t" });
  },
  jsonl: ({ bytes, file, columns, written, maxRow }) =>
    jsonlRows(bytes, { file, columns, notation: written, maxLine: maxRow }),
  // The reader of CSV says of Parquet from a pipe why it can't be read.
  parquet: ({ bytes, file, seekable, written }) =>
    seekable ? parquetRows(seekable.file, seekable.size, written) : csvRows(bytes, { file }),
} satisfies Record<RowFormat, (source: RowSource) => AsyncGenerator<RowBatch>>;

/**
 * The rows of a file, a batch as soon as its bytes are there. The first batch, of no rows perhaps, tells the header.
 * Throws UserError: io; data, for what no rows can be made of.
 */
export async function* openRows(file: string, options: RowOptions = {}): AsyncGenerator<RowBatch> {
  const size = file === stdinPath ? null : await fileSize(file);
  const isWhole = size !== null && (await isParquet(file, size));
  const named = options.format ?? formatNamed(file);
  const format = isRowFormat(named) && named !== "parquet" ? named : "csv";
  const { columns = null } = options;
  const written = { ...asUsual, ...options };
  const seekable = size === null ? null : { file, size };
  const threads = seekable ? Math.min(options.threads ?? availableCores(), mostThreads) : 1;
  const source = { bytes: readFileBytes(file), file, seekable, columns, written, threads };
  yield* ruledRows(readers[isWhole ? "parquet" : format](source), written);
}

/** Likewise of bytes that are inflated already. */
export function rowsOfStream(
  bytes: AsyncIterable<Uint8Array>,
  file: string | undefined,
  options: RowOptions = {},
): AsyncGenerator<RowBatch> {
  const { format, columns = null, maxRow } = options;
  const written = { ...asUsual, ...options };
  return ruledRows(
    readers[format ?? "csv"]({ bytes, file, seekable: null, columns, written, maxRow }),
    written,
  );
}

/** Likewise of objects that are there already. */
export function rowsOfObjects(
  records: readonly Line[],
  columns: readonly string[],
  written: Written,
): AsyncGenerator<RowBatch> {
  return ruledRows(jsonRows(records, { file: undefined, columns, notation: written }), written);
}

/** A batch of objects, with these fields in this order. */
export function jsonBatch(records: readonly Line[], columns: readonly string[], written: Written): RowBatch {
  return ruled(new JsonlBatch(records, columns, { file: undefined, columns, notation: written }), written);
}

function csvOptions({ file, maxRow, threads, written }: RowSource) {
  const { delimiter, comment, header, ...notation } = written;
  return { file, delimiter, comment, header, notation, maxRecord: maxRow, threads };
}

/** The first batch of rows, for its header, and all of them. Throws UserError as the rows do. */
export async function withFirst(
  rows: AsyncGenerator<RowBatch>,
): Promise<{ first: RowBatch; all: AsyncGenerator<RowBatch> }> {
  const { done, value } = await rows.next();
  if (done) throw new Error("rows come with a header at least");
  async function* all() {
    yield value;
    yield* rows;
  }
  return { first: value, all: all() };
}
