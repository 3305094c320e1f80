/** Tables that are read through, their rows on disk: the same inputs and targets as in memory, whatever the format. */

import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, describe, expect, test } from "vitest";
import type { CsvDataSpec } from "../../../src/config/schema.ts";
import { isStreamed, type Split, type StreamedSplit } from "../../../src/data/dataset/dataset.ts";
import { loadDataset, loadRows, openDataset, openRows } from "../../../src/data/dataset/load.ts";
import { Gathering } from "../../../src/data/dataset/stream/gathering.ts";
import { Sample } from "../../../src/data/dataset/stream/sample.ts";
import { asUsual } from "../../../src/data/formats/notation.ts";
import type { Preprocessing } from "../../../src/data/preprocessing/preprocessing.ts";
import { readTable } from "../../../src/data/table/readTable.ts";
import { Interrupted, UserError } from "../../../src/support/errors.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const stream = { buffer_mb: 1 };
const options = { seed: 0, baseDirectory: "." };
const opened: { close?(): void }[] = [];
afterEach(() => {
  for (const data of opened.splice(0)) data.close?.();
});

/** Numbers with gaps, words, labels, weights; `from` is the first row's number. */
const table = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => {
    const row = from + i;
    return {
      x: row % 5 === 0 ? "" : Math.sin(row) * 10 + 3,
      word: ["red", "green", "blue"][(row * 7) % 3]!,
      flag: row % 4 === 0,
      w: 1 + (row % 3),
      y: (row * 13) % 7 > 3 ? "yes" : "no",
    };
  });
const csv = (rows: readonly object[]) =>
  [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map((row) => row.join(",")).join("\n");
const jsonLines = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(row, (_, value) => (value === "" ? null : value))).join("\n");

const parquet = (rows: readonly Record<string, unknown>[]) => {
  const typeOf = { x: "DOUBLE", word: "STRING", flag: "BOOLEAN", w: "INT32", y: "STRING" } as const;
  const columnData = Object.entries(typeOf).map(([name, type]) => ({
    name,
    type,
    data: rows.map((row) => (row[name] === "" ? null : row[name])),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 32 }));
};

const spec = (fields: Partial<CsvDataSpec>) =>
  csvSpec({ target: ["y"], columns: { w: columnSpec({ type: "weight" }) }, ...fields });

async function streamed(fields: Partial<CsvDataSpec>, seed = 0) {
  const data = await openDataset(spec({ stream, ...fields }), { ...options, seed });
  opened.push(data);
  const { train, validation, test } = data.splits;
  return { ...data, splits: { train, validation, test } as Record<string, StreamedSplit> };
}

/** Every row of a split as text: inputs, targets, weight. */
function rowsOf(split: Split | StreamedSplit): string[] {
  if (isStreamed(split)) {
    const { inputs, targets, weights } = split.read(0, split.count);
    return Array.from({ length: split.count }, (_, row) =>
      told(row, inputs, targets, weights, split.width, split.targetWidth),
    );
  }
  const { values, cols, rows } = split.table;
  const width = split.targets.length / rows;
  return Array.from(split.indices, (row) =>
    told(row, values as Float32Array, split.targets, split.weights, cols, width),
  );
}
const told = (row: number, x: Float32Array, y: Float32Array, w: Float32Array | null, n: number, m: number) =>
  `${x.subarray(row * n, (row + 1) * n)} → ${y.subarray(row * m, (row + 1) * m)} × ${w?.[row]}`;

/** All but the rows that were trained on. */
function fitted({ trained: _, ...rest }: Preprocessing): Preprocessing {
  return rest;
}

describe("with a file for each split, the rows and what is fitted are those in memory", () => {
  const parts = { train: table(90), validation: table(20, 90), test: table(30, 110) };
  test.each([
    ["csv", csv],
    ["csv.gz", (rows: readonly object[]) => gzipSync(csv(rows))],
    ["tsv", (rows: readonly object[]) => csv(rows).replaceAll(",", "\t")],
    ["jsonl", jsonLines],
    ["parquet", parquet],
  ])("%s", async (suffix, write) => {
    const of = (name: keyof typeof parts) => [file(`${name}.${suffix}`, write(parts[name]))];
    const files = { train: of("train"), validation: of("validation"), test: of("test") };
    const memory = await loadDataset(spec(files), options);
    const disk = await streamed(files);
    expect(disk.preprocessing).toEqual(memory.preprocessing);
    expect(disk.warnings).toEqual(memory.warnings);
    for (const name of ["train", "validation", "test"] as const)
      expect(rowsOf(disk.splits[name]!)).toEqual(rowsOf(memory.splits[name]!));
  });

  test("without the rows that lack a target, where the spec says so", async () => {
    const rows = table(60).map((row, i) => ({ ...row, y: i % 6 === 0 ? "" : row.y }));
    const columns = { y: columnSpec({ missing: "drop" }) };
    const fields = { columns, train: [file("dropped.csv", csv(rows))] };
    const memory = await loadDataset(spec(fields), options);
    const disk = await streamed(fields);
    expect(disk.splits.train!.count).toBe(50);
    expect(rowsOf(disk.splits.train!)).toEqual(rowsOf(memory.splits.train));
    expect(disk.warnings).toEqual(memory.warnings);
  });

  test("several targets, and quantities", async () => {
    const rows = table(80).map(({ x: _, ...row }, i) => ({ ...row, y: i * 1.5, z: 100 - i }));
    const fields = { path: [file("two.csv", csv(rows))], target: ["y", "z"] };
    const memory = await loadDataset(spec(fields), options);
    const disk = await streamed(fields);
    expect(disk.preprocessing).toEqual(memory.preprocessing);
    expect(rowsOf(disk.splits.train!)).toEqual(rowsOf(memory.splits.train));
  });

  test("pieces of a split are its rows in order, and tell their numbers in the file", async () => {
    const { splits } = await streamed({
      path: [file("numbers.csv", csv(table(200)))],
      split: { validation: 0.3, test: 0, stratify: null, seed: null, fold: null },
    });
    const all = rowsOf(splits.train!);
    const { inputs } = splits.train!.read(10, 5);
    const { width } = splits.train!;
    for (let row = 0; row < 5; row++)
      expect(all[10 + row]).toContain(`${inputs.subarray(row * width, (row + 1) * width)} →`);
    const numbers = [splits.train!, splits.validation!].flatMap((split) =>
      Array.from({ length: split.count }, (_, position) => split.rowAt(position)),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, row) => row));
  });
});

describe("a split by chance", () => {
  const shares = { validation: 0.2, test: 0.3, stratify: null, seed: null, fold: null };
  const path = [file("chance.csv", csv(table(3000)))];
  const numbers = ({ count, rowAt }: StreamedSplit) => Array.from({ length: count }, (_, i) => rowAt(i));

  test("meets the shares, and follows from the seed", async () => {
    const one = await streamed({ path, split: shares });
    expect(one.splits.train!.count / 3000).toBeCloseTo(0.5, 1);
    expect(one.splits.test!.count / 3000).toBeCloseTo(0.3, 1);
    const again = await streamed({ path, split: shares });
    const other = await streamed({ path, split: shares }, 1);
    expect(numbers(again.splits.test!)).toEqual(numbers(one.splits.test!));
    expect(numbers(other.splits.test!)).not.toEqual(numbers(one.splits.test!));
  });

  test("keeps groups together", async () => {
    const rows = table(600).map((row, i) => ({ ...row, who: `p${i % 40}` }));
    const columns = { who: columnSpec({ type: "group" }) };
    const { splits } = await streamed({ path: [file("groups.csv", csv(rows))], columns, split: shares });
    const groups = (split: StreamedSplit) => new Set(numbers(split).map((row) => row % 40));
    const [train, test] = [groups(splits.train!), groups(splits.test!)];
    expect(test.size).toBeGreaterThan(2);
    expect([...train].filter((group) => test.has(group))).toEqual([]);
  });

  test("goes by a column of type split", async () => {
    const rows = table(90).map((row, i) => ({ ...row, part: ["train", "Val", "test"][i % 3] }));
    const columns = { part: columnSpec({ type: "split" }) };
    const { splits } = await streamed({ path: [file("column.csv", csv(rows))], columns });
    expect([splits.train!, splits.validation!, splits.test!].map((split) => numbers(split)[4])).toEqual([
      12, 13, 14,
    ]);
  });

  test("gives each class's training rows, for balanced weights", async () => {
    const { splits, preprocessing } = await streamed({ path, split: shares });
    const counts = [0, 0];
    for (const y of splits.train!.read(0, splits.train!.count).targets) counts[y]!++;
    expect(splits.train!.classCounts).toEqual(counts);
    expect(preprocessing.target).toMatchObject({ classes: ["no", "yes"] });
  });
});

describe("what is wrong is told before training", () => {
  const train = [file("good.csv", csv(table(50)))];
  const refused = async (fields: Partial<CsvDataSpec>, message: RegExp) => {
    const error = await streamed(fields).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
  };
  test("a class that no training row has", () =>
    refused(
      { train, test: [file("late.csv", csv([...table(300), { ...table(1)[0], y: "maybe" }]))] },
      /late\.csv:302:.*"maybe", not one of the classes/,
    ));
  test("a split that is none", async () => {
    const rows = table(30).map((row, i) => ({ ...row, part: i === 20 ? "trian" : "train" }));
    const columns = { part: columnSpec({ type: "split" }) };
    await refused({ path: [file("typo.csv", csv(rows))], columns }, /typo\.csv:22:.*"trian", not a split/);
  });
  test("a weight below 0", () =>
    refused(
      { path: [file("w.csv", csv([...table(9), { ...table(1)[0], w: -2 }]))] },
      /is -2 in data row 10/,
    ));
  test("too few rows for a split", () =>
    refused(
      {
        path: [file("few.csv", csv(table(2)))],
        split: { validation: 1e-9, test: 0, stratify: null, seed: null, fold: null },
      },
      /2 rows leave none for the validation split/,
    ));
  test("no room for the rows", async () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = "/proc/nowhere";
    try {
      await refused({ train }, /\/proc\/nowhere: cannot keep the rows of data\.stream/);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });
});

test("the temporary files have no name while they are used", async () => {
  const ours = () => readdirSync(tmpdir()).filter((name) => name.includes(`nnt-tmp-${process.pid}`));
  const { splits } = await streamed({ train: [file("named.csv", csv(table(40)))] });
  expect(splits.train!.read(39, 1).inputs.length).toBeGreaterThan(0);
  expect(ours()).toEqual([]);
});

test("a signal stops the reading", async () => {
  const reading = openDataset(spec({ stream, path: [file("stopped.csv", csv(table(40)))] }), {
    ...options,
    signal: AbortSignal.abort("SIGINT"),
  });
  await expect(reading).rejects.toEqual(new Interrupted("SIGINT"));
});

test("all rows of a large file, for a trained model, are those of a small one", async () => {
  const path = file("eval.csv", csv(table(70)));
  const preprocessing = fitted((await loadDataset(spec({ path: [path] }), options)).preprocessing);
  const small = await loadRows(spec({}), [path], preprocessing);
  const large = await openRows(spec({}), path, preprocessing, { mostBytes: 0 });
  opened.push(large);
  expect(isStreamed(large.split)).toBe(true);
  expect(rowsOf(large.split)).toEqual(rowsOf(small.split));
  expect(large.warnings).toEqual(small.warnings);
});

describe("where not even the sample holds all rows", () => {
  const rows = Array.from({ length: 50_000 }, (_, row) => ({
    x: row % 11 === 0 ? "" : row * 0.5,
    word: row === 4321 ? "rare" : "usual",
    y: row === 1234 ? 7 : row % 2,
  }));
  const path = file("sampled.csv", csv(rows));
  const gather = async (sampleNumbers: number) => {
    let gathering!: Gathering;
    const sample = await readTable(
      [path],
      asUsual,
      (header) => header.map((name) => ({ kind: name === "word" ? "text" : null, missing: [""] })),
      () => {
        gathering?.abandon();
        gathering = new Gathering({
          seed: 3,
          targets: new Set(["y"]),
          dropping: [],
          weight: null,
          poolFiles: 1,
          partOf: () => {
            let number = 0;
            return () => (number++ % 10 === 0 ? 1 : 0);
          },
          sampleNumbers,
        });
        return gathering;
      },
    );
    opened.push({ close: () => gathering.abandon() });
    return { sample, gathering };
  };

  test("sums are exact, and every value of the target has a row", async () => {
    const { sample, gathering } = await gather(300);
    expect(sample.rows).toBeLessThanOrEqual(100);
    expect(sample.rows).toBeGreaterThan(40);
    const x = rows.filter((row, i) => i % 10 !== 0 && row.x !== "").map((row) => row.x as number);
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length);
    const { moments, missing } = gathering.totals.of(0);
    expect(moments.mean / mean).toBeCloseTo(1, 10);
    expect(moments.deviation / deviation).toBeCloseTo(1, 10);
    expect([moments.min, moments.max]).toEqual([x[0], x.at(-1)]);
    expect(missing).toBe(rows.filter((row, i) => i % 10 !== 0 && row.x === "").length);
    expect(gathering.totals.of(1).counts.get(1)).toBe(1); // "rare"
    const classes = new Set(Array.from({ length: sample.rows }, (_, row) => sample.slabs[0]![3 * row + 2]));
    expect(classes).toContain(7);
  });

  test("its rows are spread evenly, in their order", () => {
    const sample = new Sample(1, 0, 1000);
    for (let row = 0; row < 100_000; row++) sample.add(row, Float64Array.of(row), 0, 0, false);
    const kept = sample.rows.subarray(0, sample.count);
    expect(sample.count).toBeGreaterThan(400);
    expect([...kept]).toEqual([...kept].sort((a, b) => a - b));
    const mean = kept.reduce((sum, row) => sum + row, 0) / sample.count;
    expect(mean).toBeGreaterThan(45_000);
    expect(mean).toBeLessThan(55_000);
  });
});
