/** Opens tables, whatever their format: a reader each. */
import { formatNamed, isRowFormat, type RowFormat } from "../../support/fileFormats.ts";
import { csvRows } from "./csv/csvRows.ts";
import { stdinPath } from "./files.ts";
import { jsonlRows } from "./jsonl/jsonlRows.ts";
import { isParquet } from "./parquet/parquet.ts";
import { parquetRows } from "./parquet/parquetRows.ts";
import type { RowBatch } from "./rowBatch.ts";
import { fileSize, readFileBytes } from "./source.ts";

export interface RowOptions {
  /** null: what the file's name and its first bytes tell, else CSV. */
  readonly format?: RowFormat | null;
  /** Between the fields of CSV; null: found from the header. */
  readonly delimiter?: string | null;
  /** The columns that are asked for, where rows may differ in what else they have; null: all have the first's. */
  readonly columns?: readonly string[] | null;
  /** A longer row is refused, of CSV and JSON Lines; absent: 64 MB. */
  readonly maxRow?: number;
}

/** What a reader is given. */
interface RowSource {
  /** Inflated, in UTF-8. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Named in problems. */
  readonly file: string | undefined;
  /** The file itself, for a reader that seeks in it; null: there is none. */
  readonly seekable: { readonly file: string; readonly size: number } | null;
  readonly delimiter: string | null;
  readonly columns: readonly string[] | null;
  readonly maxRow?: number | undefined;
}

const readers = {
  csv: ({ bytes, file, delimiter, maxRow }) => csvRows(bytes, { file, delimiter, maxRecord: maxRow }),
  tsv: ({ bytes, file, delimiter, maxRow }) =>
    csvRows(bytes, { file, delimiter: delimiter ?? "\t", maxRecord: maxRow }),
  jsonl: ({ bytes, file, columns, maxRow }) => jsonlRows(bytes, { file, columns, maxLine: maxRow }),
  // The reader of CSV says of Parquet from a pipe why it can't be read.
  parquet: ({ bytes, file, seekable }) =>
    seekable ? parquetRows(seekable.file, seekable.size) : csvRows(bytes, { file }),
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
  const { delimiter = null, columns = null } = options;
  const seekable = size === null ? null : { file, size };
  const source = { bytes: readFileBytes(file), file, seekable, delimiter, columns };
  yield* readers[isWhole ? "parquet" : format](source);
}

/** Likewise of bytes that are inflated already. */
export function rowsOfStream(
  bytes: AsyncIterable<Uint8Array>,
  file: string | undefined,
  { format, delimiter = null, columns = null, maxRow }: RowOptions = {},
): AsyncGenerator<RowBatch> {
  return readers[format ?? "csv"]({ bytes, file, seekable: null, delimiter, columns, maxRow });
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
