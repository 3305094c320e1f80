/**
 * Opens Parquet files, and does not believe what they promise. What the bytes mean is the library's knowledge,
 * hyparquet's.
 */
import { type FileHandle, open } from "node:fs/promises";
import type { AsyncBuffer, DecodedArray, FileMetaData, SchemaTree } from "hyparquet";
import { UserError } from "../../../support/errors.ts";
import { ioProblem } from "../../../support/files.ts";
import { dataError } from "../problems.ts";
import { walkStruct } from "./thrift.ts";

/** First and last four bytes. */
const magic = "PAR1";
const leastBytes = 12;

/** The description's length, and the magic again. */
const footerEnd = 8;
/** Bytes read of a page's header at first, and at most: it tells the least and greatest value, which may be long texts. */
const headerBytes = { first: 2 ** 9, most: 2 ** 20 };
/** Fields of a page's header: its size, and the headers of data, dictionaries and data of version 2. */
const compressedSize = 3;
const pageHeaders = [5, 7, 8];

/** More rows than this in one group of rows, which is decoded as a whole, are refused. */
const mostGroupRows = 2 ** 26;
/** Values that nobody questions, and how many of them, for each byte of the file, there may be above. */
const freeValues = 2 ** 22;
const mostValuesPerByte = 200;

/** Whether the file begins and ends as Parquet does. Throws UserError(io). */
export async function isParquet(file: string, size: number): Promise<boolean> {
  if (size < leastBytes) return false;
  const handle = await openFile(file);
  try {
    const source = sourceOf(handle, size);
    const ends = await Promise.all([source.slice(0, 4), source.slice(size - 4)]);
    return ends.every((bytes) => Buffer.from(bytes).toString("latin1") === magic);
  } finally {
    await handle.close();
  }
}

/** A column as the file describes it. */
export interface ParquetColumn {
  readonly name: string;
  /** Whether its values are dates without a time. */
  readonly isDate: boolean;
  /** Whether its values are lists or structures, or JSON. */
  readonly isNested: boolean;
  /** Whether it is decoded: no other column is named so. */
  readonly isRead: boolean;
}

/** A group of rows: the values of each column, null of one that is not read. */
export interface ParquetGroup {
  readonly count: number;
  readonly columns: readonly (DecodedArray | null)[];
}

/** The groups of rows, after their columns. Throws UserError: io, data for a damaged file. */
export async function openParquet(
  file: string,
  size: number,
): Promise<{ columns: readonly ParquetColumn[]; groups: AsyncGenerator<ParquetGroup> }> {
  const { metadata, columns } = await readMetadata(file, size);
  const names = columns.filter(({ isRead }) => isRead).map(({ name }) => name);
  const rows = groupRows(metadata, file);
  checkValues(Number(metadata.num_rows) * columns.length, file, size);
  async function* groups() {
    const { decodedGroups } = await import("./parquetWorker.ts");
    let group = 0;
    try {
      for await (const decoded of decodedGroups(file, metadata, names, rows)) {
        let next = 0;
        const values = columns.map(({ isRead }) => (isRead ? decoded[next++]! : null));
        yield { count: rows[group++]!, columns: values };
      }
    } catch (error) {
      throw faultOf(file, error);
    }
  }
  return { columns, groups: groups() };
}

function columnsOf(children: readonly SchemaTree[]): ParquetColumn[] {
  const names = children.map(({ element }) => element.name);
  const times = new Map<string, number>();
  for (const name of names) times.set(name, 1 + (times.get(name) ?? 0));
  return children.map(({ element, children: parts }) => ({
    name: element.name,
    isDate: element.converted_type === "DATE" || element.logical_type?.type === "DATE",
    isNested: parts.length > 0 || element.repetition_type === "REPEATED" || element.converted_type === "JSON",
    isRead: times.get(element.name) === 1,
  }));
}

async function readMetadata(file: string, size: number) {
  const { parquetMetadataAsync, parquetSchema } = await import("hyparquet");
  const handle = await openFile(file);
  try {
    const source = sourceOf(handle, size);
    await checkFooter(source);
    const metadata = await parquetMetadataAsync(source);
    await checkPages(source, metadata);
    return { metadata, columns: columnsOf(parquetSchema(metadata).children) };
  } catch (error) {
    throw faultOf(file, error);
  } finally {
    await handle.close();
  }
}

/** The library believes lengths: those in the file's description have to be true. @throws RangeError */
async function checkFooter(source: AsyncBuffer): Promise<void> {
  const end = source.byteLength - footerEnd;
  const length = new DataView(await source.slice(end)).getUint32(0, true);
  if (length > end) throw new RangeError("the description is longer than the file");
  walkStruct(new Uint8Array(await source.slice(end - length, end)), 0);
}

/** Likewise the headers of pages, which have to hold no more values than their column says. @throws RangeError */
async function checkPages(source: AsyncBuffer, { row_groups }: FileMetaData): Promise<void> {
  let left = source.byteLength;
  for (const { columns } of row_groups) {
    for (const { meta_data } of columns) {
      if (!meta_data) continue;
      const { dictionary_page_offset, data_page_offset, total_compressed_size, num_values } = meta_data;
      let at = Number(dictionary_page_offset || data_page_offset);
      const end = at + Number(total_compressed_size);
      left -= end - at;
      if (left < 0) throw new RangeError("columns take more than the file holds");
      while (at < end - 1) {
        const page = await pageHeader(source, at, end);
        for (const header of pageHeaders.map((field) => page.numbers[field])) {
          const values = typeof header === "object" ? header[1] : 0;
          if (!(Number(values ?? 0) <= Number(num_values)))
            throw new RangeError("a page holds more than its column");
        }
        const size = page.numbers[compressedSize];
        if (typeof size !== "number" || size < 0) throw new RangeError("a page has no size");
        at += page.end + size;
        if (at > end) throw new RangeError("a page reaches beyond its column");
      }
    }
  }
}

async function pageHeader(source: AsyncBuffer, at: number, end: number) {
  const { first, most } = headerBytes;
  const bytes = new Uint8Array(await source.slice(at, Math.min(end, at + first)));
  try {
    return walkStruct(bytes, 0);
  } catch (error) {
    if (!(error instanceof RangeError) || bytes.length < first) throw error;
    return walkStruct(new Uint8Array(await source.slice(at, Math.min(end, at + most))), 0);
  }
}

function openFile(file: string): Promise<FileHandle> {
  return open(file).catch((error: unknown) => {
    throw ioProblem(error, file, "read");
  });
}

function sourceOf(handle: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      let at = 0;
      while (at < bytes.length) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new RangeError("the file ends early");
        at += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

/** Whatever the library throws is the file's fault, even where it is Node that refuses what it made of the bytes. */
function faultOf(file: string, error: unknown): unknown {
  if (error instanceof UserError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  if (code !== undefined && !code.startsWith("ERR_")) return ioProblem(error, file, "read");
  return dataError(
    { file, message: "the Parquet data can't be read", expected: `a whole file (${message})` },
    error,
  );
}

/** Rows of each group. */
function groupRows({ row_groups, num_rows }: FileMetaData, file: string): number[] {
  const rows = row_groups.map((group) => Number(group.num_rows));
  const sum = rows.reduce((total, count) => total + count, 0);
  const isSound = rows.every((count) => count >= 0 && count <= mostGroupRows) && sum === Number(num_rows);
  if (isSound) return rows;
  const message = `groups of ${rows.slice(0, 3).join(", ")}${rows.length > 3 ? ", …" : ""} rows for a table of ${num_rows}`;
  throw dataError({
    file,
    message,
    expected: `groups of at most ${mostGroupRows} rows that make up the table`,
  });
}

/** A run of one value takes a few bytes, however long it is: a kilobyte may promise a table that fills memory. */
function checkValues(values: number, file: string, size: number): void {
  if (values <= freeValues || values <= mostValuesPerByte * size) return;
  const message = `${values} values in ${size} bytes`;
  throw dataError({ file, message, expected: `at most ${mostValuesPerByte} in a byte` });
}
