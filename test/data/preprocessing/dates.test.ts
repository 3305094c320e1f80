/** Columns of dates: the calendar's turns and the days since the first, alike from every format, streamed and predicted. */
import { readFileSync } from "node:fs";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import type { ColumnSpec } from "../../../src/config/schema.ts";
import { loadDataset, openDataset } from "../../../src/data/dataset/load.ts";
import { openRows } from "../../../src/data/formats/rows.ts";
import { createEncoder } from "../../../src/data/prediction/recordEncoder.ts";
import { inputNames } from "../../../src/data/preprocessing/preprocessing.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const options = { seed: 0, baseDirectory: "." };

/** Each 17 h 30 min after the one before; every ninth is missing. */
const times = Array.from({ length: 64 }, (_, row) =>
  row % 9 === 4 ? null : new Date(Date.UTC(2019, 10, 23) + row * 63_000_000),
);
const csvOf = (write: (time: Date) => string) =>
  `when,y\n${times.map((time, row) => `${time ? write(time) : ""},${row % 2}`).join("\n")}\n`;
const iso = (time: Date) => time.toISOString();
const local = (time: Date) =>
  `${new Date(time.getTime() + 2 * 3_600_000).toISOString().slice(0, 19).replace("T", " ")}+02:00`;

const written: Record<string, { name: string; bytes: string | Uint8Array; format?: string }> = {
  "ISO 8601": { name: "a.csv", bytes: csvOf(iso) },
  "a zone of its own": { name: "b.csv", bytes: csvOf(local) },
  "seconds since 1970": {
    name: "c.csv",
    bytes: csvOf((time) => String(time.getTime() / 1000)),
    format: "%s",
  },
  "a format": {
    name: "d.tsv",
    bytes: csvOf((time) => iso(time).replace(/(....)-(..)-(..)T(.....):.*/, "$3.$2.$1 $4")).replaceAll(
      ",",
      "\t",
    ),
    format: "%d.%m.%Y %H:%M",
  },
  "JSON Lines": {
    name: "e.jsonl",
    bytes: times.map((when, row) => JSON.stringify({ when, y: row % 2 })).join("\n"),
  },
  "Parquet's timestamps": {
    name: "f.parquet",
    bytes: new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "when", type: "TIMESTAMP", data: times },
          { name: "y", type: "INT32", data: times.map((_, row) => row % 2) },
        ],
      }),
    ),
  },
};

const specOf = (path: string, when: Partial<ColumnSpec>, more = {}) =>
  csvSpec({ path: [path], target: ["y"], columns: { when: columnSpec({ type: "date", ...when }) }, ...more });

const reference = await loadDataset(specOf(file("reference.csv", csvOf(iso)), { indicator: true }), options);

test("a date becomes year, sines and cosines of its place in every turn, and the days since the first", () => {
  expect(inputNames(reference.preprocessing)).toEqual([
    "year of when",
    ...["month", "day", "weekday", "hour"].flatMap((part) => [`sin ${part} of when`, `cos ${part} of when`]),
    "days of when",
    "when=missing",
  ]);
  const { values, cols } = reference.splits.train.table;
  const turn = (share: number) => [Math.sin(2 * Math.PI * share), Math.cos(2 * Math.PI * share)];
  // Row 2 is Sunday, November 24th 2019, 11:00.
  const [, ...inputs] = values.subarray(2 * cols, 3 * cols);
  const wanted = [turn(10 / 12), turn(23 / 31), turn(6 / 7), turn(11 / 24)].flat();
  expect(inputs.slice(0, 8)).toEqual(wanted.map(Math.fround));
});

test.each(Object.entries(written))(
  "%s: the same inputs, streamed and predicted too",
  async (_, { name, bytes, format }) => {
    const path = file(name, bytes);
    const asked = { indicator: true, format: format ?? null };
    const { preprocessing, splits } = await loadDataset(specOf(path, asked), options);
    const { values, cols } = reference.splits.train.table;
    expect(splits.train.table.values).toEqual(values);

    const streamed = await openDataset(specOf(path, asked, { stream: { buffer_mb: 1 } }), options);
    const train = streamed.splits.train as unknown as {
      read(first: number, count: number): { inputs: Float32Array };
    };
    const rows = Float32Array.from(train.read(0, times.length).inputs);
    streamed.close?.();
    for (const [i, value] of rows.entries()) expect(value).toBeCloseTo(values[i]!, 5);

    const out = new Float32Array(values.length);
    let row = 0;
    for await (const batch of openRows(path, { delimiter: null })) {
      const encoder = createEncoder(preprocessing, batch);
      for (let record = 0; record < batch.count; record++, row++)
        expect(encoder.encode(batch, record, out, row * cols)).toBeNull();
    }
    expect([row, out]).toEqual([times.length, values]);
  },
);

test("parts that all training rows share are left out", async () => {
  const days = csvOf((time) => iso(time).slice(0, 10)).replaceAll(/20(19|20)-..-/g, "2020-01-");
  const { preprocessing } = await loadDataset(specOf(file("days.csv", days), {}), options);
  expect(inputNames(preprocessing)).toEqual([
    ...["day", "weekday"].flatMap((part) => [`sin ${part} of when`, `cos ${part} of when`]),
    "days of when",
  ]);
});

test.each([
  [
    "a slip",
    csvOf(iso).replace("2019-11-24T", "2019-31-24T"),
    {},
    /:4:1: column "when" holds "2019-31-24T\S+", not a date/,
  ],
  [
    "numbers, whose unit nobody knows",
    "when,y\n1600000000,0\n",
    {},
    /:2:1: .*not a date; expected ISO dates/,
  ],
  ["a missing one that is refused", csvOf(iso), { missing: "error" }, /:6:1: .*missing value/],
  ["a stand-in that is none", csvOf(iso), { missing: { constant: "soon" } }, /filled with what is no date/],
] as const)("%s is refused", async (_, text, when, message) => {
  await expect(loadDataset(specOf(file("wrong.csv", text), when), options)).rejects.toThrow(message);
});

test("penguins' eggs, as they were noted down, come with the days between them", async () => {
  const path = file("penguins.csv", readFileSync("data/penguins.csv"));
  const columns = { "Date Egg": columnSpec({ type: "date" }), Sex: columnSpec({ missing: "drop" }) };
  const { preprocessing } = await loadDataset(csvSpec({ path: [path], target: ["Sex"], columns }), options);
  const { inputs } = preprocessing;
  const egg = inputs.kind === "columns" && inputs.columns.find(({ name }) => name === "Date Egg");
  expect(egg).toMatchObject({ dates: { parts: ["year", "month", "day", "weekday", "days"] } });
});
