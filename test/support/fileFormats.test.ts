/** Formats of files by their names and first bytes; those that can't be read are named as what they are. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openRows } from "../../src/data/formats/rows.ts";
import {
  type FormatName,
  fileFormats,
  formatNamed,
  formatNames,
  formatOf,
  formatStarting,
} from "../../src/support/fileFormats.ts";
import { temporaryFiles } from "../data/support.ts";

const file = temporaryFiles();
const latin1 = (text: string) => Buffer.from(text, "latin1");
const zip = (entry: string) => Buffer.concat([latin1("PK\x03\x04"), Buffer.alloc(26), latin1(entry)]);

/** How a file of each format begins that bytes tell. */
const beginnings = {
  jsonl: latin1('{"a":1}\n'),
  parquet: latin1("PAR1\x15\x04"),
  npy: latin1("\x93NUMPY\x01\x00"),
  idx: Buffer.from([0, 0, 8, 3, 0, 0, 0, 1]),
  safetensors: latin1('\x40\0\0\0\0\0\0\0{"w"'),
  gitLfs: latin1("version https://git-lfs.github.com/spec/v1\n"),
  xlsx: zip("[Content_Types].xml"),
  ods: zip("mimetypeapplication/vnd.oasis"),
  npz: zip("arr_0.npy"),
  zip: zip("table.csv"),
  bzip2: latin1("BZh91AY&SY"),
  xz: latin1("\xfd7zXZ\0"),
  sevenZip: latin1("7z\xbc\xaf\x27\x1c"),
  rar: latin1("Rar!\x1a\x07"),
  lz4: latin1("\x04\x22\x4d\x18"),
  feather: latin1("ARROW1\0\0"),
  avro: latin1("Obj\x01"),
  hdf5: latin1("\x89HDF\r\n\x1a\n"),
  pickle: latin1("\x80\x04\x95"),
  sqlite: latin1("SQLite format 3\0"),
  arff: latin1("@relation iris\n"),
  html: latin1("\n<!DOCTYPE html>\n<html>"),
  xml: latin1('<?xml version="1.0"?>\n'),
  pdf: latin1("%PDF-1.7\n"),
  json: latin1('[\n  { "a": 1 },\n'),
} satisfies Partial<Record<FormatName, Buffer>>;

test("every format that bytes tell has a beginning here", () => {
  expect(formatNames.filter((name) => formatOf(name).begins !== null).sort()).toEqual(
    Object.keys(beginnings).sort(),
  );
});

test.each(Object.entries(beginnings))("%s is told by its first bytes", (name, bytes) => {
  expect(formatStarting(bytes)).toBe(name);
});

test.each(["a,b\n1,2\n", '"a","b"\n', "a\tb\n", "{a},b\n", "[a],b\n", "BZ,a\n", "ORC,x\n", "id\n", ""])(
  "%j may be a table",
  (text) => {
    expect(formatStarting(latin1(text.padEnd(64, "1")))).toBeNull();
    expect(formatStarting(latin1(text))).toBeNull();
  },
);

test.each([
  ["a.csv", "csv"],
  ["A.TXT.GZ", "csv"],
  ["b.tab", "tsv"],
  ["c.ndjson.gz", "jsonl"],
  ["d.pq", "parquet"],
  ["e.npy.gz", "npy"],
  ["train-images-idx3-ubyte.gz", "idx"],
  ["t10k-labels.idx1-ubyte", "idx"],
  ["images.idx", "idx"],
  ["model.ckpt", "safetensors"],
  ["t.XLSX", "xlsx"],
  ["t.json", "json"],
  ["t.data", null],
  ["csv", null],
])("%s is by its name %s", (name, format) => {
  expect(formatNamed(name)).toBe(format);
});

describe("a table that is really something else is refused as what it is", () => {
  const unread = Object.entries(beginnings).filter(([name]) => formatOf(name as FormatName).holds === null);
  test.each(unread)("%s", async (name, bytes) => {
    const { title } = fileFormats[name as FormatName];
    for (const [path, content] of [
      [`${name}.csv`, bytes],
      [`${name}.csv.gz`, gzipSync(bytes)],
      [`${name}-long.csv`, Buffer.concat([bytes, Buffer.alloc(1000, '"')])],
    ] as const)
      await expect(openRows(file(path, content)).next()).rejects.toThrow(`the file is ${title}`);
  });
});
