import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CsvDataSpec, IdxDataSpec } from "../../../src/config/schema.ts";
import { loadDataset, loadRows, type Split } from "../../../src/data/dataset/load.ts";
import { loadArray } from "../../../src/data/dataset/loadNpy.ts";
import { inputNames, inputWidth, outputWidth } from "../../../src/data/preprocessing/preprocessing.ts";
import type { LossName } from "../../../src/tasks/losses.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const load = (spec: CsvDataSpec | IdxDataSpec, loss: LossName | null = null, seed = 0) =>
  loadDataset(spec, { seed, baseDirectory: ".", loss });

const rowOf = ({ table }: Split, row: number) => [
  ...table.values.subarray(row * table.cols, (row + 1) * table.cols),
];

describe("real tables are read as they are", () => {
  test.each([
    ["iris", "species", 4, ["setosa", "versicolor", "virginica"]],
    ["wine", "cultivar", 13, ["class_0", "class_1", "class_2"]],
    ["breast_cancer", "diagnosis", 30, ["benign", "malignant"]],
  ])("%s: classes", async (name, target, width, classes) => {
    const split = { validation: 0.1, test: 0.2, stratify: null, seed: null, fold: null };
    const { preprocessing, splits } = await load(
      csvSpec({ path: [`data/${name}.csv`], target: [target], split }),
    );
    expect(inputWidth(preprocessing)).toBe(width);
    expect(preprocessing.target).toMatchObject({ task: "classification", classes, encoding: "index" });
    const rows = splits.train.table.rows;
    expect(splits.test!.indices.length).toBe(Math.ceil(0.2 * rows));
    expect(splits.validation!.indices.length).toBe(Math.ceil(0.1 * rows));
  });

  test("diabetes: a quantity, scaled by its training rows", async () => {
    const split = { validation: 0, test: 0.2, stratify: null, seed: null, fold: null };
    const { splits } = await load(csvSpec({ path: ["data/diabetes.csv"], target: ["progression"], split }));
    const { indices, targets } = splits.train;
    const mean = indices.reduce((sum, row) => sum + targets[row]!, 0) / indices.length;
    const square = indices.reduce((sum, row) => sum + targets[row]! ** 2, 0) / indices.length;
    expect(mean).toBeCloseTo(0, 6);
    expect(square).toBeCloseTo(1, 5);
  });

  test("inputs have mean 0 and deviation 1 over the training rows, and over no others", async () => {
    const split = { validation: 0.1, test: 0.2, stratify: null, seed: null, fold: null };
    const { splits } = await load(csvSpec({ path: ["data/wine.csv"], target: ["cultivar"], split }));
    for (let column = 0; column < 13; column++) {
      const of = (part: Split) => [...part.indices].map((row) => rowOf(part, row)[column]!);
      const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
      expect(mean(of(splits.train))).toBeCloseTo(0, 6);
      expect(mean(of(splits.train).map((x) => x * x))).toBeCloseTo(1, 5);
      expect(Math.abs(mean(of(splits.test!)))).toBeGreaterThan(1e-4);
    }
  });
});

describe("columns", () => {
  const dirty = file(
    "dirty.csv",
    [
      "id,age,sex,alive,ticket,constructor,y",
      ...Array.from({ length: 30 }, (_, row) =>
        [
          row,
          row % 5 === 0 ? "NA" : row % 7,
          row % 3 === 0 ? "" : row % 2 ? "male" : "female",
          row % 2 ? "yes" : "no",
          `t${row}`,
          "a+b"[row % 3],
          row % 4 === 0 ? "b" : "a",
        ].join(","),
      ),
    ].join("\n"),
  );
  const spec = csvSpec({ path: [dirty], target: ["y"], columns: { id: columnSpec({ type: "id" }) } });

  test("are numbers, categories, booleans and ids by all their values", async () => {
    const { preprocessing, warnings } = await load(spec);
    expect(inputNames(preprocessing)).toEqual([
      "age",
      "sex=female",
      "sex=male",
      "sex=missing",
      "alive",
      "constructor=+",
      "constructor=a",
      "constructor=b",
    ]);
    expect(warnings).toEqual([
      'column "ticket" holds 30 different texts in 30 values: taken for an id, ignored',
      'column "age": 6 missing values filled with 2.5',
      'column "sex": 10 missing values taken as a level of their own',
    ]);
  });

  test("have their missing values filled: numbers by the median, categories by a level of their own", async () => {
    const { preprocessing, splits } = await load({ ...spec, scale: "none" });
    expect(preprocessing.inputs).toMatchObject({
      columns: [{ name: "age", fill: 2.5 }, { fill: 2 }, {}, {}],
    });
    expect(rowOf(splits.train, 0)).toEqual([2.5, 0, 0, 1, 0, 0, 1, 0]);
    expect(rowOf(splits.train, 1)).toEqual([1, 0, 1, 0, 1, 1, 0, 0]);
  });

  test("may say otherwise", async () => {
    const columns = { ...spec.columns, age: columnSpec({ missing: "category", scale: "minmax" }) };
    const { preprocessing, splits } = await load({ ...spec, columns });
    expect(inputNames(preprocessing).slice(0, 2)).toEqual(["age", "age=missing"]);
    expect(rowOf(splits.train, 0).slice(0, 2)).toEqual([Math.fround(2.5 / 6), 1]);
    expect(rowOf(splits.train, 6).slice(0, 2)).toEqual([1, 0]);
  });

  test("that refuse missing values name each of them", async () => {
    const columns = { ...spec.columns, age: columnSpec({ missing: "error" }) };
    await expect(load({ ...spec, columns })).rejects.toThrow(
      `${dirty}:2:3: column "age" holds "NA", a missing value; expected a value in every row\n${dirty}:7:3: `,
    );
  });

  test("of numbers refuse texts, twenty at once and the rest as a count", async () => {
    const columns = { ticket: columnSpec({ type: "number" }) };
    const error = await load({ ...spec, columns }).catch(String);
    expect(error).toContain(`${dirty}:2:10: column "ticket" holds "t0", not a number`);
    expect(String(error).split("\n")).toHaveLength(21);
    expect(error).toContain("and 10 more problems like these");
  });

  test("become texts if a single value, however late, is no number", async () => {
    const rows = Array.from({ length: 30_000 }, (_, row) => `${row % 3},${row % 2}`);
    const late = file("late.csv", `x,y\n${rows.join("\n")}\ntwo,1\n`);
    const { preprocessing } = await load(csvSpec({ path: [late], target: ["y"] }));
    expect(inputNames(preprocessing)).toEqual(["x=0", "x=1", "x=2", "x=two"]);
  });

  test("named in the spec and not in the file are errors with the nearest name", async () => {
    const columns = { agee: columnSpec({ type: "ignore" }) };
    await expect(load({ ...spec, target: ["why"], columns })).rejects.toMatchObject({
      problems: [
        { file: dirty, line: 1, message: 'the target column "why" is not in the file' },
        { message: 'no column is named "agee"', hint: 'did you mean "age"?' },
      ],
    });
  });

  test("of weights go beside the rows", async () => {
    const weighted = file("weighted.csv", "w,x,y\n1,0,a\n0.5,1,b\n2,2,a\n");
    const columns = { w: columnSpec({ type: "weight" }) };
    const { splits } = await load(csvSpec({ path: [weighted], target: ["y"], columns }));
    expect(splits.train.weights).toEqual(Float32Array.of(1, 0.5, 2));
    expect(splits.train.table.cols).toBe(1);
  });
});

describe("the target", () => {
  const target = (values: readonly unknown[]) =>
    file("target.csv", `x,y\n${values.map((y, x) => `${x},${y}`).join("\n")}\n`);
  const loaded = async (
    values: readonly unknown[],
    fields: Partial<CsvDataSpec> = {},
    loss: LossName | null = null,
  ) => load(csvSpec({ path: [target(values)], target: ["y"], scale: "none", ...fields }), loss);

  test.each([
    ["texts", ["b", "a", "b"], ["a", "b"]],
    ["booleans", ["true", "false", "true"], ["false", "true"]],
    ["whole numbers, sorted as numbers", [10, 9, 10], ["9", "10"]],
    ["large whole numbers", [100_000_001, 100_000_002], ["100000001", "100000002"]],
    ["code points", ["😀", "￿", "z"], ["z", "￿", "😀"]],
    ["names of object properties", ["__proto__", "constructor"], ["__proto__", "constructor"]],
  ])("is classes: %s", async (_, values, classes) => {
    const { preprocessing, splits } = await loaded(values);
    expect(preprocessing.target).toMatchObject({ task: "classification", classes });
    expect([...splits.train.targets].map((number) => classes[number])).toEqual(values.map(String));
  });

  test.each([
    ["fractions", [0.5, 1, 2]],
    ["over twenty whole numbers", Array.from({ length: 21 }, (_, y) => y)],
  ])("is a quantity: %s", async (_, values) => {
    const { preprocessing, splits } = await loaded(values);
    expect(preprocessing.target.task).toBe("regression");
    expect([...splits.train.targets]).toEqual(values);
  });

  test("is a quantity for a loss of quantities, and unscaled under poisson", async () => {
    const mse = await loaded([1, 2, 3], { scale: "standard" }, "mse");
    expect(mse.preprocessing.target).toMatchObject({
      task: "regression",
      columns: [{ scaling: { center: 2 } }],
    });
    const poisson = await loaded([1, 2, 3], { scale: "standard" }, "poisson_nll");
    expect([...poisson.splits.train.targets]).toEqual([1, 2, 3]);
  });

  test("is one column of 0 and 1 for two classes under the logistic loss, else one per class", async () => {
    const two = await loaded(["a", "b", "a"], {}, "bce_with_logits");
    expect([outputWidth(two.preprocessing), [...two.splits.train.targets]]).toEqual([1, [0, 1, 0]]);
    const three = await loaded(["a", "b", "c"], {}, "bce_with_logits");
    expect([...three.splits.train.targets]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test("may be several columns: labels if all are 0 and 1, else quantities", async () => {
    const path = [file("several.csv", "x,a,b,c\n1,0,1,0.5\n2,1,1,2\n")];
    const labels = await load(csvSpec({ path, target: ["a", "b"] }));
    expect(labels.preprocessing.target).toMatchObject({ task: "multilabel", names: ["a", "b"] });
    expect([...labels.splits.train.targets]).toEqual([0, 1, 1, 1]);
    const numbers = await load(csvSpec({ path, target: ["a", "c"], scale: "none" }));
    expect([...numbers.splits.train.targets]).toEqual([0, 0.5, 1, 2]);
  });

  test.each([
    ["classes", "a", "b", "classification"],
    ["whole numbers", "0", "1", "classification"],
    ["quantities", "0.5", "2.5", "regression"],
  ] as const)("may be missing where the spec leaves such rows out: %s", async (_, one, other, task) => {
    const rows = Array.from(
      { length: 40 },
      (_, row) => `${row % 9},${row % 4 === 3 ? "NA" : row % 2 ? one : other}`,
    );
    const path = [file("unlabelled.csv", `x,y\n${rows.join("\n")}\n`)];
    const split = { validation: 0, test: 0.2, stratify: null, seed: null, fold: null };
    const columns = { y: columnSpec({ missing: "drop" }) };
    const { preprocessing, splits, warnings } = await load(csvSpec({ path, target: ["y"], columns, split }));
    expect(preprocessing.target.task).toBe(task);
    const used = [...splits.train.indices, ...splits.test!.indices];
    expect(used.toSorted((a, b) => a - b)).toEqual(rows.flatMap((_, row) => (row % 4 === 3 ? [] : [row])));
    expect(used.some((row) => Number.isNaN(splits.train.targets[row]))).toBe(false);
    expect(warnings).toContain('target "y": 10 rows have none and are left out');
  });

  test.each([
    ["a missing value", ["a", "", "b"], {}, ':3:3: column "y" holds "", a missing value'],
    [
      "a label out of range",
      ["1", "7"],
      { classes: ["0", "1"] },
      ':3:3: column "y" holds "7", not one of the classes; expected one of 0, 1',
    ],
    [
      "one class only",
      ["a", "a"],
      {},
      'the target "y" has one class only, "a"; expected at least two classes',
    ],
    [
      "a text where numbers are asked for",
      ["1", "x"],
      { task: "regression" as const },
      ':3:3: column "y" holds "x", not a number',
    ],
  ])("is refused for %s", async (_, values, fields, message) => {
    await expect(loaded(values, fields)).rejects.toThrow(message);
  });
});

describe("splits", () => {
  const rows = (first: number, count: number) =>
    Array.from({ length: count }, (_, row) => `${first + row},${(first + row) % 2 ? "a" : "b"}`).join("\n");
  const train = file("train.csv", `x,y\n${rows(0, 20)}\n`);
  const other = file("other.csv", `y;x\nb;100\na;101\n`);

  test("may be files, in any order of columns, and a share of the training file", async () => {
    const split = { validation: 0.25, test: 0, stratify: null, seed: null, fold: null };
    const { splits } = await load(
      csvSpec({ train: [train], test: [other], target: ["y"], scale: "none", split }),
    );
    expect(splits.validation!.indices.length).toBe(5);
    expect(splits.train.indices.length).toBe(15);
    expect([...splits.test!.indices].map((row) => rowOf(splits.test!, row))).toEqual([[100], [101]]);
    expect([...splits.test!.indices].map((row) => splits.test!.targets[row])).toEqual([1, 0]);
  });

  test("may be a column", async () => {
    const path = [file("column.csv", "s,x,y\nTrain,1,a\ntest,2,b\nval,3,a\ntrain,4,b\n")];
    const columns = { s: columnSpec({ type: "split" }) };
    const { splits } = await load(csvSpec({ path, target: ["y"], columns }));
    expect(
      [splits.train.indices, splits.validation!.indices, splits.test!.indices].map((part) => [...part]),
    ).toEqual([[0, 3], [2], [1]]);
  });

  test("refuse a class that no training row has", async () => {
    const strange = file("strange.csv", "x,y\n1,c\n");
    const spec = csvSpec({ train: [train], test: [strange], target: ["y"] });
    await expect(load(spec)).rejects.toThrow(
      `${strange}:2:3: column "y" holds "c", not one of the classes; expected one of a, b`,
    );
  });

  test("come out again with a trained model's preprocessing, whatever else changed", async () => {
    const split = { validation: 0.2, test: 0.2, stratify: null, seed: null, fold: null };
    const spec = csvSpec({ path: [train], target: ["y"], split });
    const first = await load(spec);
    const again = await loadDataset(spec, {
      seed: 0,
      baseDirectory: ".",
      preprocessing: first.preprocessing,
    });
    expect(again).toEqual(first);
    const { split: all } = await loadRows(spec, [other], first.preprocessing);
    expect([...all.targets]).toEqual([1, 0]);
  });
});

describe("IDX files", () => {
  const digits = (part: string) => ({
    images: `data/digits/${part}-images-idx3-ubyte.gz`,
    labels: `data/digits/${part}-labels-idx1-ubyte.gz`,
  });
  const spec: IdxDataSpec = {
    format: "idx",
    train: digits("train"),
    validation: null,
    test: digits("test"),
    task: null,
    classes: null,
    scale: "standard",
    split: { validation: 0.1, test: 0, stratify: null, seed: null, fold: null },
    augment: null,
    deskew: false,
  };

  test("stay bytes, with one mean and deviation over all training pixels", async () => {
    const { splits, preprocessing } = await load(spec);
    const { table, indices } = splits.train;
    expect(table.values).toBeInstanceOf(Uint8Array);
    const pixels = [...indices].flatMap((row) => rowOf(splits.train, row));
    const mean = pixels.reduce((sum, x) => sum + x, 0) / pixels.length;
    const deviation = Math.sqrt(pixels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / pixels.length);
    expect(table).toMatchObject({
      scale: expect.closeTo(1 / deviation, 12),
      shift: expect.closeTo(-mean / deviation, 12),
    });
    expect(preprocessing.target).toMatchObject({ classes: [..."0123456789"] });
    expect([splits.train, splits.validation!, splits.test!].map((part) => part.indices.length)).toEqual([
      1293, 144, 360,
    ]);
  });

  test("with more labels than images are refused", async () => {
    const test = { images: digits("test").images, labels: digits("train").labels };
    await expect(load({ ...spec, test })).rejects.toThrow(`${test.labels}: 1437 labels for the 360 records`);
  });

  test("with a label that is no class are refused", async () => {
    await expect(load({ ...spec, classes: ["0", "1"] })).rejects.toThrow(
      "label 2 of record 2 is none of the classes",
    );
  });

  /** An IDX file of bytes or of 32-bit floats. */
  const idx = (name: string, sizes: readonly number[], values: readonly number[], type: 8 | 13 = 8) => {
    const bytes = Buffer.alloc(4 + 4 * sizes.length + values.length * (type === 8 ? 1 : 4));
    bytes.set([0, 0, type, sizes.length]);
    for (const [i, size] of sizes.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
    for (const [i, value] of values.entries())
      if (type === 8) bytes[4 + 4 * sizes.length + i] = value;
      else bytes.writeFloatBE(value, 4 + 4 * sizes.length + 4 * i);
    return file(name, bytes);
  };
  const whole = { validation: 0, test: 0, stratify: null, seed: null, fold: null };
  const small = (
    labels: string,
    images = idx("four-images", [4, 1, 2], [0, 10, 20, 30, 40, 50, 60, 70]),
  ) => ({
    ...spec,
    train: { images, labels },
    test: null,
    split: whole,
  });

  test("of floats are scaled when they are read", async () => {
    const images = idx("float-images", [4, 2], [0, 1, 2, 3, 4, 5, 6, 7], 13);
    const { splits } = await load(small(idx("bytes", [4], [0, 1, 0, 1]), images));
    const { values } = splits.train.table;
    expect(values).toBeInstanceOf(Float32Array);
    expect([...values].reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 6);
    expect([...values].reduce((sum, x) => sum + x * x, 0) / 8).toBeCloseTo(1, 6);
  });

  test("scale bytes by their range where asked to", async () => {
    const { splits } = await load({ ...small(idx("bytes", [4], [0, 1, 0, 1])), scale: "minmax" });
    const { table } = splits.train as { table: { scale?: number; shift?: number } };
    expect(table).toMatchObject({ scale: expect.closeTo(1 / 70, 12), shift: expect.closeTo(0, 12) });
  });

  test("learn a quantity from labels that are fractions, in a loss of quantities, or if asked to", async () => {
    const fractions = small(idx("fractions", [4], [0.5, 1.5, 2.5, 3.5], 13));
    const { preprocessing, splits } = await load(fractions);
    expect(preprocessing.target).toMatchObject({ task: "regression", columns: [{ scaling: { center: 2 } }] });
    expect([...splits.train.targets].reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 6);
    const bytes = small(idx("bytes", [4], [0, 1, 2, 3]));
    expect((await load(bytes)).preprocessing.target.task).toBe("classification");
    expect((await load(bytes, "mse")).preprocessing.target.task).toBe("regression");
    expect((await load({ ...bytes, task: "regression" })).preprocessing.target.task).toBe("regression");
    const counts = await load({ ...bytes, task: "regression" }, "poisson_nll");
    expect([...counts.splits.train.targets]).toEqual([0, 1, 2, 3]);
    const plain = await load({ ...bytes, task: "regression", scale: "none" });
    expect([...plain.splits.train.targets]).toEqual([0, 1, 2, 3]);
  });

  test("have a column per class under the logistic loss", async () => {
    const { splits } = await load(small(idx("bytes", [4], [0, 1, 2, 0])), "bce_with_logits");
    expect([...splits.train.targets]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]);
  });

  test("with several labels per record are refused", async () => {
    await expect(load(small(idx("pairs", [4, 2], [0, 1, 0, 1, 0, 1, 0, 1])))).rejects.toThrow(
      "labels of shape 4 × 2; expected one label per record",
    );
  });

  test("of another shape than the training's are refused, in training and afterwards", async () => {
    const labels = idx("bytes", [4], [0, 1, 0, 1]);
    const other = { images: idx("wide-images", [4, 1, 3], Array(12).fill(1)), labels };
    await expect(load({ ...small(labels), test: other })).rejects.toThrow(
      "records of shape 1 × 3; expected 1 × 2",
    );
    const { preprocessing } = await load(small(labels));
    await expect(loadArray(other.images, preprocessing)).rejects.toThrow(
      "records of 3 elements; expected 1 × 2",
    );
    expect(inputNames(preprocessing)).toHaveLength(2);
  });

  test("are nothing for a model of tables, nor tables for one of images", async () => {
    const ofImages = (await load(small(idx("bytes", [4], [0, 1, 0, 1])))).preprocessing;
    const path = [file("pairs.csv", "x,y\n1,a\n2,b\n")];
    const ofTables = (await load(csvSpec({ path, target: ["y"] }))).preprocessing;
    await expect(loadArray(idx("pairs", [2, 2], [0, 1, 0, 1]), ofTables)).rejects.toThrow(
      "records of 2 elements; expected records of the 1 columns that the model was trained on",
    );
    await expect(loadRows(csvSpec({ path, target: ["y"] }), path, ofImages)).rejects.toThrow("on IDX images");
  });

  const mnist = "../shared/data/mnist";
  test.skipIf(!existsSync(mnist))("of MNIST are read whole", async () => {
    const train = {
      images: `${mnist}/train-images-idx3-ubyte.gz`,
      labels: `${mnist}/train-labels-idx1-ubyte.gz`,
    };
    const { splits, preprocessing } = await load({ ...spec, train, test: null });
    expect([splits.train.indices.length, splits.validation!.indices.length]).toEqual([54_000, 6_000]);
    expect(inputWidth(preprocessing)).toBe(784);
  });
});
