/**
 * The formats of files, one row each: what it is called, how its name ends, how its bytes begin, and what it holds.
 * Opens nothing; readers of those that hold data are in `src/data/formats/`.
 */

export interface FileFormat {
  /** After "the file is". */
  readonly title: string;
  /** How names end, without the `.gz` or `.zst` that may follow. */
  readonly named: RegExp;
  /** Whether bytes begin so, whatever the name; null: as any text may. */
  readonly begins: ((start: Uint8Array) => boolean) | null;
  /** What can be read of it. null: nothing, it is only known by name. */
  readonly holds: "rows" | "arrays" | "model" | null;
  /** The value of `data.format` whose settings it takes. */
  readonly section?: "csv" | "idx" | "npy";
  /** How to get at the data where it can't be read. */
  readonly hint?: string;
}

const ending = (...names: string[]) => new RegExp(`\\.(?:${names.join("|")})$`, "i");
const bytes =
  (...wanted: number[]) =>
  (start: Uint8Array) =>
    wanted.every((byte, at) => start[at] === byte);
const text = (wanted: string) => bytes(...Buffer.from(wanted, "latin1"));
const isZip = bytes(0x50, 0x4b, 0x03, 0x04);
/** A zip archive whose first entry's name begins so. */
const zipOf = (entry: RegExp) => (start: Uint8Array) =>
  isZip(start) && entry.test(Buffer.from(start.subarray(30, 64)).toString("latin1"));
const unpack = "unpack it; a file that is packed with gzip or zstd is read as it is";

/** Of two that fit, the first is it. */
export const fileFormats = {
  csv: { title: "CSV", named: ending("csv", "txt"), begins: null, holds: "rows", section: "csv" },
  tsv: { title: "TSV", named: ending("tsv", "tab"), begins: null, holds: "rows", section: "csv" },
  jsonl: {
    title: "JSON Lines",
    named: ending("jsonl", "ndjson"),
    begins: text('{"'),
    holds: "rows",
    section: "csv",
  },
  parquet: {
    title: "Parquet",
    named: ending("parquet", "pq"),
    begins: text("PAR1"),
    holds: "rows",
    section: "csv",
  },
  npy: {
    title: "NPY",
    named: ending("npy"),
    begins: text("\x93NUMPY"),
    holds: "arrays",
    section: "npy",
  },
  idx: {
    title: "IDX",
    named: /[.-]idx\d*(?:-u?byte)?$|-u?byte$/i,
    /** Two zeros, a type from 8 (unsigned byte) to 14 (double), a rank. */
    begins: (start) => bytes(0, 0)(start) && start[2]! >= 8 && start[2]! <= 14 && start[3]! > 0,
    holds: "arrays",
    section: "idx",
  },
  safetensors: {
    title: "a model",
    named: ending("ckpt", "safetensors"),
    /** The length of a header, 64 bits of which the upper ones are 0, and its first brace. */
    begins: (start) => start[8] === 0x7b && [5, 6, 7].every((at) => start[at] === 0),
    holds: "model",
  },
  gitLfs: {
    title: "a Git LFS pointer, not the data",
    named: /(?!)/,
    begins: text("version https://git-lfs"),
    holds: null,
    hint: "git lfs pull",
  },
  xlsx: {
    title: "an Excel workbook",
    named: ending("xlsx", "xlsm", "xls", "xlsb"),
    begins: (start) =>
      zipOf(/^(?:\[Content_Types\]|_rels\/|xl\/)/)(start) ||
      bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1)(start),
    holds: null,
    hint: "save the sheet as CSV",
  },
  ods: {
    title: "an OpenDocument spreadsheet",
    named: ending("ods"),
    begins: zipOf(/^mimetype/),
    holds: null,
    hint: "save the sheet as CSV",
  },
  npz: {
    title: "an NPZ archive of arrays",
    named: ending("npz"),
    begins: zipOf(/^[^/]*\.npy/),
    holds: null,
    hint: "write each array with numpy.save: a file each",
  },
  zip: { title: "a zip archive", named: ending("zip"), begins: isZip, holds: null, hint: unpack },
  bzip2: { title: "bzip2", named: ending("bz2"), begins: text("BZh"), holds: null, hint: unpack },
  xz: {
    title: "xz",
    named: ending("xz"),
    begins: bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00),
    holds: null,
    hint: unpack,
  },
  sevenZip: {
    title: "a 7z archive",
    named: ending("7z"),
    begins: bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c),
    holds: null,
    hint: unpack,
  },
  rar: { title: "a RAR archive", named: ending("rar"), begins: text("Rar!\x1a"), holds: null, hint: unpack },
  lz4: {
    title: "lz4",
    named: ending("lz4"),
    begins: bytes(0x04, 0x22, 0x4d, 0x18),
    holds: null,
    hint: unpack,
  },
  feather: {
    title: "Feather (Arrow)",
    named: ending("feather", "arrow", "ipc"),
    begins: (start) => text("ARROW1")(start) || text("FEA1")(start),
    holds: null,
    hint: "pandas.read_feather(FILE).to_parquet(FILE)",
  },
  orc: { title: "ORC", named: ending("orc"), begins: null, holds: null, hint: "write it as Parquet" },
  avro: {
    title: "Avro",
    named: ending("avro"),
    begins: text("Obj\x01"),
    holds: null,
    hint: "write it as Parquet",
  },
  hdf5: {
    title: "HDF5",
    named: ending("h5", "hdf5", "hdf"),
    begins: text("\x89HDF\r\n\x1a\n"),
    holds: null,
    hint: "write a table as CSV or Parquet, an array with numpy.save",
  },
  pickle: {
    title: "a Python pickle",
    named: ending("pkl", "pickle"),
    begins: (start) => start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5,
    holds: null,
    hint: "write a table as CSV or Parquet, an array with numpy.save",
  },
  sqlite: {
    title: "an SQLite database",
    named: ending("sqlite", "sqlite3", "db"),
    begins: text("SQLite format 3\0"),
    holds: null,
    hint: "sqlite3 -csv -header FILE 'SELECT * FROM …' writes a table as CSV",
  },
  arff: {
    title: "ARFF",
    named: ending("arff"),
    begins: text("@relation"),
    holds: null,
    hint: "write it as CSV",
  },
  statistics: {
    title: "a data file of SAS, SPSS, Stata, MATLAB or R",
    named: ending("sas7bdat", "xpt", "sav", "dta", "mat", "rds", "rdata", "rda"),
    begins: null,
    holds: null,
    hint: "write it as CSV",
  },
  html: {
    title: "a web page",
    named: ending("html?"),
    begins: (start) =>
      /^\s*<(?:!doctype html|html)/i.test(Buffer.from(start.subarray(0, 64)).toString("latin1")),
    holds: null,
    hint: "the address of a download is often another one than that of its page",
  },
  xml: { title: "XML", named: ending("xml"), begins: text("<?xml"), holds: null, hint: "write it as CSV" },
  pdf: { title: "a PDF document", named: ending("pdf"), begins: text("%PDF-"), holds: null },
  json: {
    title: "a JSON document, not one object per line",
    named: ending("json"),
    /** A list of objects or lists, or an object of several lines. */
    begins: (start) =>
      /^\s*(?:\[\s*[{[]|\{\s*\n)/.test(Buffer.from(start.subarray(0, 64)).toString("latin1")),
    holds: null,
    hint: "jq -c '.[]' FILE writes a list of objects as JSON Lines",
  },
} as const satisfies Record<string, FileFormat>;

export type FormatName = keyof typeof fileFormats;
type Holding<Kind> = {
  [Name in FormatName]: (typeof fileFormats)[Name]["holds"] extends Kind ? Name : never;
}[FormatName];
/** Formats of tables, and of arrays. */
export type RowFormat = Holding<"rows">;
export type ArrayFormat = Holding<"arrays">;

export const formatNames = Object.keys(fileFormats) as FormatName[];

/** So many bytes tell any format that bytes can tell. */
export const tellingBytes = 64;

/** A format as others see its row. */
export const formatOf = (name: FormatName): FileFormat => fileFormats[name];

/** Whether a file's name promises gzip. */
export const isGzipNamed = (file: string) => /\.gz$/i.test(file);

/** The format that a file's name promises; null where its ending is none that is known. */
export function formatNamed(file: string): FormatName | null {
  const name = file.replace(/\.(?:gz|zst)$/i, "");
  return formatNames.find((format) => fileFormats[format].named.test(name)) ?? null;
}

/** The format of inflated bytes; null where they begin as a text of any kind may. */
export function formatStarting(start: Uint8Array): FormatName | null {
  return formatNames.find((format) => formatOf(format).begins?.(start)) ?? null;
}

/** By its bytes, else by its name, unless bytes would have shown what that says; null where neither tells. */
export function formatTold(file: string, start: Uint8Array): FormatName | null {
  const named = formatNamed(file);
  const isRefuted = named !== null && formatOf(named).holds === null && formatOf(named).begins !== null;
  return formatStarting(start) ?? (isRefuted ? null : named);
}

export function isRowFormat(format: FormatName | null): format is RowFormat {
  return format !== null && fileFormats[format].holds === "rows";
}

export function isArrayFormat(format: FormatName | null): format is ArrayFormat {
  return format !== null && fileFormats[format].holds === "arrays";
}

/** The titles of what can be read in the given way, as a list. */
export function titlesOf(holds: FileFormat["holds"]): string {
  const titles = formatNames
    .filter((name) => fileFormats[name].holds === holds)
    .map((name) => fileFormats[name].title);
  return `${titles.slice(0, -1).join(", ")} or ${titles.at(-1)}`;
}
