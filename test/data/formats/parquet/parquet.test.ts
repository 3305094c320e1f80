/** Parquet files are read as the CSV file of the same columns would be; UTF-16 as the UTF-8 of the same text. */
import { readFileSync } from "node:fs";
import { parquetMetadata } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../../../src/data/dataset/load.ts";
import { ByteWriter } from "../../../../src/data/formats/byteWriter.ts";
import { decodedGroups } from "../../../../src/data/formats/parquet/parquetWorker.ts";
import type { RowBatch } from "../../../../src/data/formats/rowBatch.ts";
import { openRows } from "../../../../src/data/formats/rows.ts";
import { withoutUtf16 } from "../../../../src/data/formats/utf16.ts";
import { exitCodes, UserError } from "../../../../src/support/errors.ts";
import { load as loadSpecText } from "../../../config/support.ts";
import { chunked, columnSpec, csvSpec, streamOf, temporaryFiles } from "../../support.ts";

const file = temporaryFiles();
const count = 50;
const numbers = Array.from({ length: count }, (_, row) => (row % 7 === 0 ? null : row / 8 - 3));
const words = numbers.map((_, row) => ["x", 'say "hi"', "a,b", "line\nbreak", null][row % 5]!);
const flags = numbers.map((_, row) => row % 3 === 0);
const wholes = numbers.map((_, row) => BigInt(row % 2));
const codecs = ["UNCOMPRESSED", "SNAPPY"] as const;
const table = (codec: (typeof codecs)[number] = "SNAPPY") =>
  new Uint8Array(
    parquetWriteBuffer({
      codec,
      rowGroupSize: 20,
      columnData: [
        { name: "a, b", data: numbers, type: "DOUBLE" },
        { name: "word", data: words, type: "STRING" },
        { name: "flag", data: flags, type: "BOOLEAN" },
        { name: "y", data: wholes, type: "INT64" },
      ],
    }),
  );
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const quoted = (value: unknown) => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);
const csvText = [
  '"a, b",word,flag,y',
  ...numbers.map((v, i) => [v, words[i], flags[i], wholes[i]].map(quoted)),
].join("\n");

const load = (path: string) =>
  loadDataset(csvSpec({ target: ["y"], path: [path] }), { seed: 0, baseDirectory: "." });

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** Rows as the CSV file that holds the same. */
async function csvOf(rows: AsyncIterable<RowBatch>): Promise<string> {
  const out = new ByteWriter();
  let text = "";
  for await (const batch of rows) {
    if (text === "") text = `${batch.header.join(",")}\n`;
    for (let row = 0; row < batch.count; row++) {
      for (const field of batch.header.keys()) {
        if (field > 0) out.text(",");
        batch.writeCsv(row, field, out);
      }
      out.text("\n");
    }
    text += out.take().toString();
  }
  return text;
}

describe("a Parquet file", () => {
  test.each(codecs)("of codec %s is the data set of its CSV file", async (codec) => {
    const path = file(`${codec}.parquet`, table(codec));
    expect(await load(path)).toEqual(await load(file("t.csv", csvText)));
  });

  test("is known by what it holds, whatever its name", async () => {
    expect(await load(file("table", table()))).toEqual(await load(file("t.csv", csvText)));
  });

  test("may hold times, lists and whole numbers beyond a double's", async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: "at", data: [new Date(0), null], type: "TIMESTAMP" },
        { name: "list", data: [{ a: [1, "b"] }, [2]], type: "JSON" },
        { name: "id", data: [9007199254740993n, null], type: "INT64" },
      ],
    });
    const text = await csvOf(openRows(file("times.parquet", new Uint8Array(bytes))));
    expect(text).toBe('at,list,id\n1970-01-01T00:00:00.000Z,"{""a"":[1,""b""]}",9007199254740993\n,[2],\n');
  });

  const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
  const names = ["M\xfcller", "Meier", "M\xf6ller"];
  const rowsOf = <Value>(of: (row: number) => Value) => Array.from({ length: 60 }, (_, row) => of(row));
  const written = (c: object) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "c", ...c } as { name: string; data: unknown[] },
          { name: "x", data: rowsOf((row) => row / 8), type: "DOUBLE" },
          { name: "y", data: rowsOf((row) => (row % 2 === 0 ? "p" : "q")), type: "STRING" },
        ],
      }),
    );

  test("keeps bytes that are no UTF-8 apart, and says so", async () => {
    const { preprocessing, warnings } = await load(
      file(
        "latin1.parquet",
        written({ type: "BYTE_ARRAY", data: rowsOf((row) => bytesOf(names[row % 3]!)) }),
      ),
    );
    const levels = ["M\\xf6ller", "M\\xfcller", "Meier"];
    expect(preprocessing.inputs).toMatchObject({ columns: [{ name: "c", levels }, { name: "x" }] });
    expect(warnings.join()).toContain('column "c" holds bytes that are no UTF-8 text, as in "M\\xfcller"');
  });

  test("has dates as dates, and times to the last digit", async () => {
    const schema = [
      { name: "root", num_children: 2 },
      {
        name: "day",
        type: "INT32" as const,
        converted_type: "DATE" as const,
        repetition_type: "REQUIRED" as const,
      },
      {
        name: "at",
        type: "INT64" as const,
        logical_type: { type: "TIMESTAMP" as const, isAdjustedToUTC: true, unit: "MICROS" as const },
        repetition_type: "REQUIRED" as const,
      },
    ];
    const columnData = [
      { name: "day", data: [19_000] },
      { name: "at", data: [1_600_000_000_123_456n] },
    ];
    const bytes = new Uint8Array(parquetWriteBuffer({ schema, columnData }));
    expect(await csvOf(openRows(file("dates.parquet", bytes)))).toBe(
      "day,at\n2022-01-08,2020-09-13T12:26:40.123456Z\n",
    );
  });

  test("leaves lists out, and refuses them where they are used", async () => {
    const path = file("list.parquet", written({ data: rowsOf((row) => [row, 1]) }));
    const { preprocessing, warnings } = await load(path);
    expect(preprocessing.inputs).toMatchObject({ columns: [{ name: "x" }] });
    expect(warnings).toContain('column "c" holds lists or structures: left out');
    const spec = csvSpec({ target: ["y"], path: [path], columns: { c: columnSpec({ type: "category" }) } });
    await expect(loadDataset(spec, { seed: 0, baseDirectory: "." })).rejects.toThrow("lists or structures");
  });

  test("may name two columns alike, where neither is used", async () => {
    const double = (name: string) => ({
      name,
      type: "DOUBLE" as const,
      repetition_type: "REQUIRED" as const,
    });
    const schema = [{ name: "root", num_children: 4 }, double("a"), double("a"), double("x"), double("y")];
    const columnData = ["a", "a", "x", "y"].map((name, j) => ({ name, data: rowsOf((row) => row + j) }));
    const path = file("twice.parquet", new Uint8Array(parquetWriteBuffer({ schema, columnData })));
    await expect(load(path)).rejects.toThrow('columns 1 and 2 are both named "a"');
    const ignore = columnSpec({ type: "ignore" });
    const spec = csvSpec({ target: ["y"], path: [path], columns: { a: ignore, "a.1": ignore } });
    const { preprocessing } = await loadDataset(spec, { seed: 0, baseDirectory: "." });
    expect(preprocessing.inputs).toMatchObject({ columns: [{ name: "x" }] });
  });

  test("cut short, or with a damaged description of its columns, is read or refused with its name", async () => {
    const whole = table();
    const footer = new DataView(whole.buffer).getUint32(whole.length - 8, true);
    for (let step = 1; step <= 12; step++) {
      const changed = Uint8Array.from(whole);
      changed[whole.length - 8 - Math.ceil((footer * step) / 12)]! ^= 1 << (step % 8);
      for (const bytes of [whole.subarray(0, whole.length - 9 * step), changed]) {
        const path = file("damaged.parquet", bytes);
        const error = await csvOf(openRows(path)).catch((reason: unknown) => reason);
        if (error instanceof Error) {
          expect(error).toBeInstanceOf(UserError);
          expect(error.message).toContain(path);
        }
      }
    }
  });

  test("cut at any byte is refused", async () => {
    const columnData = [{ name: "y", data: [1, 2], type: "DOUBLE" as const }];
    const whole = new Uint8Array(parquetWriteBuffer({ columnData }));
    for (let length = 0; length < whole.length; length++) {
      const error = await load(file("cut.parquet", whole.subarray(0, length))).catch(
        (fault: unknown) => fault,
      );
      expect(error).toMatchObject({ exitCode: exitCodes.data });
    }
  });

  /** A file of nothing but this description. */
  const described = (...parts: Uint8Array[]) => {
    const description = Buffer.concat(parts);
    const end = Buffer.from("....PAR1");
    end.writeUInt32LE(description.length);
    return Buffer.concat([Buffer.from("PAR1"), description, end]);
  };
  const billionsInLists = Array.from({ length: 30 }, () => Buffer.from([0xf9, 0xff, 0xff, 0xff, 0x0f]));
  test.each([
    ["lists of billions in lists", described(Buffer.from([0x19]), ...billionsInLists), "ends early"],
    [
      "a number without an end",
      described(Buffer.from([0x16]), Buffer.alloc(1e6, 0xff), Buffer.from([1, 0])),
      "does not end",
    ],
    ["structures in structures", described(Buffer.alloc(1e5, 0x1c)), "nested too deeply"],
  ])("that promises %s is refused before anything is built", async (_, bytes, why) => {
    const error = await load(file("bomb.parquet", bytes)).catch((fault: UserError) => fault);
    expect(error).toMatchObject({ exitCode: exitCodes.data });
    expect((error as UserError).problems[0]!.expected).toContain(why);
  });

  test.each([
    ["of more values than its column", [0x5c, 0x15], "a page holds more than its column"],
    ["that reaches beyond its column", [0x15, 0x06, 0x15, 0x14, 0x15], "a page reaches beyond its column"],
  ])("with a page %s is refused", async (_, before, why) => {
    const data = Array.from({ length: 20 }, (_, row) => row % 3 === 0);
    const columnData = [{ name: "flag", data, type: "BOOLEAN" as const }];
    const whole = new Uint8Array(parquetWriteBuffer({ codec: "UNCOMPRESSED", columnData }));
    const at = Buffer.from(whole).indexOf(Buffer.from(before)) + before.length;
    whole[at] = 0x7e; // 63, zigzag
    const error = await load(file("page.parquet", whole)).catch((fault: UserError) => fault);
    expect((error as UserError).problems[0]!.expected).toContain(why);
  });

  test("of a value over and over is read up to where a kilobyte would fill memory", async () => {
    const repeated = (columns: number, rows: number) => {
      const data = Array<boolean>(rows).fill(true);
      const columnData = Array.from({ length: columns }, (_, j) => ({
        name: `${j}`,
        data,
        type: "BOOLEAN" as const,
      }));
      return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: rows }));
    };
    const little = await csvOf(openRows(file("runs.parquet", repeated(1, 10_000))));
    expect(little).toBe(`0\n${"true\n".repeat(10_000)}`);
    const most = { from: 100_000, to: 2 ** 20 - 1 }; // of as many bytes, zigzag
    const [from, to] = [most.from, most.to].map((rows) => String.fromCharCode(...varint(2 * rows)));
    const text = Buffer.from(repeated(5, most.from)).toString("latin1").replaceAll(from!, to!);
    const much = Buffer.from(text, "latin1");
    const reading = csvOf(openRows(file("bomb.parquet", much)));
    await expect(reading).rejects.toMatchObject({ exitCode: exitCodes.data });
    await expect(reading).rejects.toThrow(
      `5242875 values in ${much.length} bytes; expected at most 200 in a byte`,
    );
  });

  test("with a page that inflates to more than a thousand times its size is refused", async () => {
    const columnData = [{ name: "text", data: ["a".repeat(1_500_000)], type: "STRING" as const }];
    const whole = Buffer.from(parquetWriteBuffer({ codec: "SNAPPY", columnData }));
    const size = Buffer.from([0x15, ...varint(2 * 1_500_006)]); // the field after the first, zigzag: bytes inflated
    const at = whole.indexOf(size);
    expect(at).toBeGreaterThan(0);
    whole.set(varint(2 * 120_000_000), at + 1);
    const reading = csvOf(openRows(file("page-bomb.parquet", whole)));
    await expect(reading).rejects.toMatchObject({ exitCode: exitCodes.data });
    await expect(reading).rejects.toThrow("a page inflates to more than 1000 times its size");
  });

  test.each([
    ["memory", { memory: { least: 1, most: 1 }, time: { seconds: 60, perMegabyte: 1 } }, /memory limit/],
    ["time", { memory: { least: 64, most: 64 }, time: { seconds: 0, perMegabyte: 0 } }, /does not end/],
  ])(
    "that takes more %s than it is given ends the thread, and not the process",
    async (_, allowance, why) => {
      const path = file("taking.parquet", table());
      const metadata = parquetMetadata(table().buffer);
      const groups = decodedGroups(path, metadata, ["y"], [20, 20, 10], allowance);
      await expect(groups.next()).rejects.toThrow(why);
    },
  );

  test("whose groups of rows do not make up the table is refused", async () => {
    const whole = Buffer.from(table());
    const rows = Buffer.from([0x16, ...varint(2 * count), 0x19]); // a number, then the list of groups
    const at = whole.indexOf(rows);
    expect(at).toBeGreaterThan(0);
    whole[at + 1] = 2 * (count + 1);
    const reading = csvOf(openRows(file("rows.parquet", whole)));
    await expect(reading).rejects.toMatchObject({ exitCode: exitCodes.data });
    await expect(reading).rejects.toThrow("groups of 20, 20, 10 rows for a table of 51");
  });

  test("whose names are no text is refused for what it is", async () => {
    const whole = table();
    const at = Buffer.from(whole).indexOf("word");
    whole[at - 2] = (whole[at - 2]! & 0xf0) | 9; // a list …
    whole[at - 1] = 0x43; // … of four bytes
    const reading = csvOf(openRows(file("names.parquet", whole)));
    await expect(reading).rejects.toMatchObject({ exitCode: exitCodes.data });
  });

  test("needs no format in a spec", () => {
    expect(loadSpecText("{ data: { path: a.parquet, target: y } }").spec.data.format).toBe("csv");
  });
});

describe("UTF-16 with a byte order mark", () => {
  const text = "\uFEFFname,y\n\u{1F600}é,1\nб\u{10000},2\n\u{10FFFF},3\n";
  const little = Buffer.from(text, "utf16le");
  const big = Buffer.from(little).swap16();
  test.each([
    ["little", little],
    ["big", big],
  ])("and the %s end first is read, however it is cut", async (_, bytes) => {
    for (let cut = 0; cut < bytes.length; cut++) {
      const chunks = streamOf(chunked(bytes, [cut, cut + 3]));
      expect(await textOf(withoutUtf16(chunks, "x.csv"))).toBe(text.slice(1));
    }
  });

  test("trains as the UTF-8 file does", async () => {
    const iris = readFileSync("data/iris.csv", "utf8");
    const spec = { ...csvSpec({ target: ["species"] }) };
    const rows = (path: string) => loadDataset({ ...spec, path: [path] }, { seed: 0, baseDirectory: "." });
    const wide = file("wide.csv", Buffer.from(`\uFEFF${iris}`, "utf16le"));
    expect(await rows(wide)).toEqual(await rows("data/iris.csv"));
  });

  test.each([
    ["half a pair", Buffer.from("\uFEFFab\ud83dc", "utf16le"), "x.csv: invalid UTF-16 at byte 6"],
    ["half a unit", little.subarray(0, -1), `x.csv: invalid UTF-16 at byte ${little.length - 2}`],
  ])("with %s is refused", async (_, bytes, message) => {
    for (const cuts of [[], [3], [7]])
      await expect(textOf(withoutUtf16(streamOf(chunked(bytes, cuts)), "x.csv"))).rejects.toThrow(message);
  });
});
