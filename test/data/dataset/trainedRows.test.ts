/** Which rows a model was trained on is known wherever they stand by now. */
import { expect, test } from "vitest";
import { loadDataset, loadRows, openRows } from "../../../src/data/dataset/load.ts";
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

const trained = async () => (await loadDataset(spec("own.csv", csv(rows)), options)).preprocessing;
const sorted = rows.toSorted((a, b) => a.join().localeCompare(b.join()));

test("the same rows are dealt as in training, and none is left out", async () => {
  const preprocessing = await trained();
  const { splits, warnings } = await loadDataset(spec("own.csv", csv(rows)), { ...options, preprocessing });
  expect(warnings).toEqual([]);
  expect(splits.test!.indices).toHaveLength(20);
});

test.each([
  ["in another order", csv(sorted)],
  ["without the first one", csv(rows.slice(1))],
  ["with their columns in another order", csv(sorted, [3, 1, 0, 2])],
  ["with numbers written otherwise", csv(sorted.map(([x, c, z, y]) => [`${x}0`, c!, `${z}.0`, y!]))],
])("rows %s are left out of validation and test where they were trained on", async (_, text) => {
  const preprocessing = await trained();
  const changed = spec("changed.csv", text);
  const { splits, warnings } = await loadDataset(changed, { ...options, preprocessing });
  const [validation, test] = [splits.validation!, splits.test!].map(({ indices }) => indices.length);
  expect(warnings).toEqual([
    `${10 - validation!} of 10 validation rows were trained on and are left out: the data is not what it was when the model was trained`,
    `${20 - test!} of 20 test rows were trained on and are left out: the data is not what it was when the model was trained`,
  ]);
  await expect(loadDataset(changed, { ...options, preprocessing, strict: true })).rejects.toMatchObject({
    exitCode: 3,
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
