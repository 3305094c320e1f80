/** Which rows a model was trained on is known wherever they stand by now. */
import { describe, expect, test } from "vitest";
import type { CsvDataSpec } from "../../../src/config/schema.ts";
import { rowCount, type Split } from "../../../src/data/dataset/dataset.ts";
import { loadDataset, loadRows, openDataset, openRows } from "../../../src/data/dataset/load.ts";
import { loadGivenPair } from "../../../src/data/dataset/loadNpy.ts";
import type { Preprocessing } from "../../../src/data/preprocessing/preprocessing.ts";
import { load as loadSpecText } from "../../config/support.ts";
import { csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const options = { seed: 0, baseDirectory: "." };

/** 100 rows, of which some stand there twice. */
const rows = Array.from({ length: 100 }, (_, i) => [
  `${i % 40}.5`,
  "uvw"[i % 3]!,
  String((i * 7) % 40),
  "pq"[i % 2]!,
]);
const header = ["x", "c", "z", "y"];
const csv = (lines: readonly (readonly string[])[], order = [0, 1, 2, 3]) =>
  [header, ...lines].map((line) => order.map((j) => line[j]).join(",")).join("\n");
const split = { validation: 0.1, test: 0.2, stratify: null, seed: null, fold: null };
const spec = (name: string, text: string) => csvSpec({ path: [file(name, text)], target: ["y"], split });

/** An IDX file of bytes. */
const idx = (shape: readonly number[], values: readonly number[]) =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size]), ...values);
/** The inputs of a split's rows. */
const contents = ({ table: { cols, values }, indices }: Split) =>
  Array.from(indices, (row) => values.subarray(row * cols, (row + 1) * cols).join());

const trained = async () => (await loadDataset(spec("own.csv", csv(rows)), options)).preprocessing;
const sorted = rows.toSorted((a, b) => a.join().localeCompare(b.join()));

test("the same rows are dealt as in training, and none is left out", async () => {
  const preprocessing = await trained();
  const { splits, warnings } = await loadDataset(spec("own.csv", csv(rows)), { ...options, preprocessing });
  expect(warnings).toEqual([]);
  expect(splits.test!.indices).toHaveLength(20);
});

test.each([
  ["twice", [...rows, ...rows]],
  ["in part twice", [...rows, ...rows.slice(0, 40)]],
])("of rows that stand there %s since, no copy of one that trained is a test", async (_, lines) => {
  const preprocessing = await trained();
  const own = (await loadDataset(spec("own.csv", csv(rows)), options)).splits;
  const learnt = new Set(contents(own.train));
  for (const stream of [null, { buffer_mb: 1 }]) {
    const grown = { ...spec("grown.csv", csv(lines)), stream } as CsvDataSpec;
    const told = await openDataset(grown, { ...options, preprocessing }).catch((error: Error) => error);
    if (told instanceof Error) expect(told.message).toContain("were trained on");
    else {
      expect(told.warnings.join()).toContain("trained on and are left out");
      const { test: rest } = told.splits;
      if (!stream) for (const row of contents(rest as Split)) expect(learnt).not.toContain(row);
    }
  }
});

test.each([
  ["in another order", csv(sorted), 0],
  ["without the first one", csv(rows.slice(1)), 1],
  ["with their columns in another order", csv(sorted, [3, 1, 0, 2]), 0],
  ["with numbers written otherwise", csv(sorted.map(([x, c, z, y]) => [`${x}0`, c!, `${z}.0`, y!])), 0],
  ["as objects", sorted.map(([x, c, z, y]) => JSON.stringify({ x: +x!, c, y, z: +z! })).join("\n"), 0],
])("rows %s are in the splits in which they were", async (name, text, most) => {
  const preprocessing = await trained();
  const changed = spec(`changed.${name === "as objects" ? "jsonl" : "csv"}`, text);
  const { splits, warnings } = await loadDataset(changed, { ...options, preprocessing });
  expect(warnings).toEqual([]);
  const before = (await loadDataset(spec("own.csv", csv(rows)), { ...options, preprocessing })).splits;
  for (const name of ["validation", "test"] as const) {
    const [then, now] = [contents(before[name]!), contents(splits[name]!)];
    expect(now.filter((row) => !then.includes(row)).length).toBeLessThanOrEqual(most);
  }
});

describe("rows that were trained on and are among the test's now are left out, with a warning", () => {
  const [seen, unseen] = [rows.slice(0, 60), rows.slice(60)];
  const moved = [...unseen, ...seen.slice(0, 5)];
  const files = (tests: readonly (readonly string[])[], stream: CsvDataSpec["stream"]) =>
    csvSpec({
      train: [file("train.csv", csv(seen.slice(tests === moved ? 5 : 0)))],
      test: [file("test.csv", csv(tests))],
      target: ["y"],
      stream,
    });
  test.each([
    ["in memory", null],
    ["on disk", { buffer_mb: 1 }],
  ])("%s", async (_, stream) => {
    const first = await openDataset(files(unseen, stream), options);
    const { preprocessing } = first;
    first.close?.();
    const changed = files(moved, stream);
    const now = await openDataset(changed, { ...options, preprocessing });
    expect(now.warnings).toEqual([
      "5 of 45 test rows were trained on and are left out: the data is not what it was when the model was trained",
    ]);
    expect(rowCount(now.splits.test!)).toBe(40);
    now.close?.();
    await expect(openDataset(changed, { ...options, preprocessing, strict: true })).rejects.toMatchObject({
      exitCode: 3,
    });
  });

  test("in arrays", async () => {
    const numbers = rows.map((_, i) => i);
    const write = (name: string, of: readonly number[]) => ({
      images: file(
        `${name}-x.idx`,
        idx(
          [of.length, 2, 2],
          of.flatMap((i) => [i, 7, 255 - i, 3 * (i % 50)]),
        ),
      ),
      labels: file(
        `${name}-y.idx`,
        idx(
          [of.length],
          of.map((i) => i % 2),
        ),
      ),
    });
    const load = (train: readonly number[], test: readonly number[], preprocessing: Preprocessing | null) => {
      const data = { format: "idx", train: write("train", train), test: write("test", test) };
      return loadDataset(loadSpecText(JSON.stringify({ data })).spec.data, { ...options, preprocessing });
    };
    const { preprocessing } = await load(numbers.slice(0, 60), numbers.slice(60), null);
    const { splits, warnings } = await load(
      numbers.slice(5, 60),
      [...numbers.slice(60), ...numbers.slice(0, 5)],
      preprocessing,
    );
    expect(warnings).toEqual([
      "5 of 45 test rows were trained on and are left out: the data is not what it was when the model was trained",
    ]);
    expect(splits.test!.indices).toHaveLength(40);
    const all = write("all", numbers);
    const given = await loadGivenPair([all.images, all.labels], preprocessing, null);
    expect(given.warnings).toEqual(["60 of 100 rows were trained on and are left out"]);
    expect([...given.split.indices]).toEqual(numbers.slice(60));
  });
});

test("of a file with all rows, those that were not trained on are left, in memory and on disk alike", async () => {
  const preprocessing = await trained();
  const path = file("all.csv", csv(sorted));
  const { split, warnings } = await loadRows(spec("all.csv", csv(sorted)), [path], preprocessing);
  expect(split.indices).toHaveLength(30);
  expect(warnings).toEqual(["70 of 100 rows were trained on and are left out"]);
  const large = await openRows(csvSpec({ target: ["y"] }), path, preprocessing, { mostBytes: 0 });
  expect(large.split).toMatchObject({ count: 30 });
  expect(large.warnings).toEqual(warnings);
  large.close?.();
});

test("a file of nothing but training rows is refused", async () => {
  const own = spec("own.csv", csv(rows));
  const { preprocessing, splits } = await loadDataset(own, options);
  const path = file("train.csv", csv([...splits.train.indices].map((row) => rows[row]!)));
  await expect(loadRows(own, [path], preprocessing)).rejects.toThrow("all 70 rows were trained on");
  await expect(openRows(own, path, preprocessing, { mostBytes: 0 })).rejects.toThrow(
    "all 70 rows were trained on",
  );
});

test("another row, label or order is other data", async () => {
  const { trained: before } = await trained();
  const other = [
    csv([...rows, rows[0]!]),
    csv(sorted),
    csv(rows.map(([x, c, z, y], i) => [x!, c!, z!, i === 5 ? "p" : y!])),
  ];
  for (const [i, text] of other.entries()) {
    const { preprocessing } = await loadDataset(spec(`other-${i}.csv`, text), options);
    expect(preprocessing.trained!.data).not.toBe(before!.data);
  }
});
