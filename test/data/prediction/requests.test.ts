/** What a spec may ask of columns, targets, weights and splits, each granted or refused with a sentence. */
import { describe, expect, test } from "vitest";
import type { ColumnSpec, CsvDataSpec } from "../../../src/config/schema.ts";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { inputNames } from "../../../src/data/preprocessing/preprocessing.ts";
import type { LossName } from "../../../src/tasks/losses.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
let files = 0;
const split = { validation: 0, test: 0, stratify: null, seed: null, fold: null };

/** Loads a table given as lines of text. */
const load = (lines: readonly string[], fields: Partial<CsvDataSpec> = {}, loss: LossName | null = null) =>
  loadDataset(
    csvSpec({
      path: [file(`t${files++}.csv`, `${lines.join("\n")}\n`)],
      target: ["y"],
      scale: "none",
      ...fields,
    }),
    { seed: 0, baseDirectory: ".", loss },
  );
const withColumn = (name: string, fields: Partial<ColumnSpec>) => ({
  columns: { [name]: columnSpec(fields) },
});
const firstInputs = async (lines: readonly string[], fields: Partial<CsvDataSpec>) => {
  const { splits } = await load(lines, fields);
  const { values, cols } = splits.train.table;
  return [...values.subarray(0, cols)];
};

describe("a missing number is filled with", () => {
  const lines = ["x,y", ",a", "1,b", "1,a", "7,b"];
  test.each([
    ["mean", 3],
    ["median", 1],
    ["most_frequent", 1],
    [{ constant: -5 }, -5],
  ] as const)("%j: %d", async (missing, fill) => {
    expect(await firstInputs(lines, withColumn("x", { missing }))).toEqual([fill]);
  });

  test("0, where no row has a number", async () => {
    expect(await firstInputs(["x,z,y", ",1,a", ",2,b"], withColumn("x", { type: "number" }))).toEqual([0, 1]);
  });

  test("but no text", async () => {
    const asked = withColumn("x", { missing: { constant: "none" } });
    await expect(load(lines, asked)).rejects.toThrow(
      'column "x" is filled with the text "none"; expected a number',
    );
  });

  test("and a column of its own says where it was missing", async () => {
    const asked = withColumn("x", { missing: "mean", indicator: true });
    expect(await firstInputs(lines, asked)).toEqual([3, 1]);
  });
});

describe("a missing boolean is filled with", () => {
  const lines = ["x,y", ",a", "yes,b", "yes,a", "no,b"];
  test.each([
    ["most_frequent", 1],
    ["mean", Math.fround(2 / 3)],
    [{ constant: "no" }, 0],
  ] as const)("%j: %d", async (missing, fill) => {
    expect(await firstInputs(lines, withColumn("x", { type: "boolean", missing }))).toEqual([fill]);
  });

  test("but nothing that is no boolean", async () => {
    const asked = withColumn("x", { type: "boolean", missing: { constant: "perhaps" } });
    await expect(load(lines, asked)).rejects.toThrow("filled with what is no boolean");
  });

  test("and not at all, if the spec says so for all columns", async () => {
    await expect(load(lines, { missing: "error" })).rejects.toThrow("a missing value");
  });
});

describe("a missing category is filled with", () => {
  const lines = ["x,y", ",a", "red,b", "red,a", "blue,b"];
  test.each([
    ["most_frequent", [0, 1]],
    ["category", [0, 0, 1]],
    [{ constant: "blue" }, [1, 0]],
    [{ constant: "grey" }, [0, 1, 0]],
  ] as const)("%j", async (missing, inputs) => {
    expect(await firstInputs(lines, withColumn("x", { missing }))).toEqual(inputs);
  });

  test.each(["mean", "median"] as const)("but there is no %s of categories", async (missing) => {
    await expect(load(lines, withColumn("x", { missing }))).rejects.toThrow(`have no ${missing}`);
  });

  test("or refused", async () => {
    await expect(load(lines, withColumn("x", { missing: "error" }))).rejects.toThrow("a missing value");
  });
});

describe("categories", () => {
  const lines = ["x,y", "low,a", "high,b", "mid,a", "mid,b", "odd,a"];

  test("are numbers in the order of their levels when ordinal, a missing one the most frequent", async () => {
    const levels = ["low", "mid", "high", "odd"];
    const asked = withColumn("x", { encoding: "ordinal", levels });
    const { splits } = await load([...lines, ",b"], asked);
    expect([...splits.train.table.values]).toEqual([0, 2, 1, 1, 3, 1]);
  });

  test("ordinal ones say where they were missing if asked to", async () => {
    const asked = withColumn("x", { encoding: "ordinal", missing: "category" });
    const { preprocessing } = await load([...lines, ",b"], asked);
    expect(inputNames(preprocessing)).toEqual(["x", "x=missing"]);
  });

  test("are scaled linearly when ordinal, whatever the table's scale is", async () => {
    const { splits } = await load(lines, { ...withColumn("x", { encoding: "ordinal" }), scale: "log" });
    const mean = [...splits.train.table.values].reduce((sum, x) => sum + x, 0) / 5;
    expect(mean).toBeCloseTo(0, 6);
  });

  test("that are rare share a level", async () => {
    const { preprocessing } = await load(lines, withColumn("x", { min_count: 2 }));
    expect(inputNames(preprocessing)).toEqual(["x=mid", "x=rare"]);
  });

  test("unseen in training are refused if asked to", async () => {
    const test = [file("unseen.csv", "x,y\nnew,a\n")];
    const train = [file("seen.csv", `${lines.join("\n")}\n`)];
    const asked = { path: null, train, test, ...withColumn("x", { unseen: "error" }) };
    await expect(load([], asked)).rejects.toThrow('column "x" holds "new"');
  });
});

describe("a target", () => {
  test("of several columns of booleans is labels that are there or not, blanks among them refused", async () => {
    const target = ["y", "z"];
    const { preprocessing, splits } = await load(["x,y,z", "1,yes,no", "2,no,no"], { target });
    expect(preprocessing.target).toMatchObject({ task: "multilabel", names: target });
    expect([...splits.train.targets]).toEqual([1, 0, 0, 0]);
    const asked = { target, task: "multilabel" as const };
    await expect(load(["x,y,z", "1,yes,no", "2,perhaps,no"], asked)).rejects.toThrow(
      'column "y" holds "perhaps", not a label that is there or not',
    );
  });

  test("of several columns of texts, or of texts and few whole numbers, is classes of each", async () => {
    const { preprocessing, splits } = await load(["x,y,z", "1,b,30", "2,a,4", "3,b,4"], {
      target: ["y", "z"],
    });
    expect(preprocessing.target).toEqual({
      task: "multioutput",
      columns: [
        { name: "y", classes: ["a", "b"] },
        { name: "z", classes: ["4", "30"] },
      ],
      link: "softmax",
    });
    expect([...splits.train.targets]).toEqual([1, 1, 0, 0, 1, 0]);
  });

  test.each(["classification", "multioutput"] as const)(
    "of several columns of 0 and 1, or of numbers, is classes of each if the task is %s",
    async (task) => {
      const asked = { target: ["y", "z"], task };
      const { preprocessing, splits } = await load(["x,y,z", "1,0,7", "2,1,8"], asked);
      expect(preprocessing.target).toMatchObject({
        task: "multioutput",
        columns: [{}, { classes: ["7", "8"] }],
      });
      expect([...splits.train.targets]).toEqual([0, 0, 1, 1]);
    },
  );

  test("of several columns keeps whole numbers apart that no float can", async () => {
    const { preprocessing } = await load(["x,y,z", "1,a,16777216", "2,b,16777217"], { target: ["y", "z"] });
    expect(preprocessing.target).toMatchObject({ columns: [{}, { classes: ["16777216", "16777217"] }] });
  });

  test("of several columns under a loss of classes is classes, under others what that learns", async () => {
    const lines = ["x,y,z", "1,0,1", "2,1,0"];
    const asked = { target: ["y", "z"] };
    const taskOf = async (loss: "focal" | "mse" | "bce_with_logits") =>
      (await load(lines, asked, loss)).preprocessing.target.task;
    expect(await taskOf("focal")).toBe("multioutput");
    expect(await taskOf("mse")).toBe("regression");
    expect(await taskOf("bce_with_logits")).toBe("multilabel");
    const classes = { ...asked, task: "classification" as const };
    await expect(load(lines, classes, "bce_with_logits")).rejects.toThrow("cross_entropy or focal");
  });

  test("of several columns refuses what is no class of its column", async () => {
    const asked = { path: null, target: ["y", "z"] };
    const train = [file("both.csv", "x,y,z\n1,a,c\n2,b,d\n")];
    const test = [file("swapped.csv", "x,y,z\n1,a,c\n2,b,a\n")];
    await expect(load([], { ...asked, train, test })).rejects.toThrow('column "z" holds "a", not one');
  });

  test("of texts and quantities is neither", async () => {
    await expect(load(["x,y,z", "1,a,2.5", "2,b,3"], { target: ["y", "z"] })).rejects.toThrow(
      'the target "y" holds texts, and "z" a quantity',
    );
  });

  test("of several columns has no classes that are listed for one", async () => {
    const asked = { target: ["y", "z"], classes: ["a", "b"], task: "classification" as const };
    await expect(load(["x,y,z", "1,a,a", "2,b,b"], asked)).rejects.toThrow("data.classes");
  });

  test("of texts is nothing for a loss of quantities", async () => {
    const several = { target: ["y", "z"] };
    await expect(load(["x,y,z", "1,a,2", "2,b,3"], several, "mse")).rejects.toThrow("cannot learn");
  });

  test("of quantities is nothing for a loss of classes", async () => {
    const asked = { task: "regression" as const };
    await expect(load(["x,y", "1,0.5", "2,1.5"], asked, "cross_entropy")).rejects.toThrow("learns classes");
  });

  test("has as many classes as labels", async () => {
    await expect(load(["x,y", "1,1", "2,2"], { classes: ["1", "1.0"] })).rejects.toThrow("the same label");
    const many = Array.from({ length: 14 }, (_, label) => String(label));
    await expect(load(["x,y", "1,1", "2,99"], { classes: many })).rejects.toThrow("one of 14 classes");
  });
});

describe("weights", () => {
  const weighted = withColumn("w", { type: "weight" });
  test.each([
    ["below 0", ["w,x,y", "1,1,a", "-2,2,b"], 'the weight "w" is -2 in data row 2'],
    ["all 0", ["w,x,y", "0,1,a", "0,2,b"], 'every weight in "w" is 0'],
  ])("%s are refused", async (_, lines, message) => {
    await expect(load(lines, weighted)).rejects.toThrow(message);
  });
});

describe("a split", () => {
  const byColumn = withColumn("s", { type: "split" });
  test.each([
    ["by an unknown word", ["s,x,y", "train,1,a", "later,2,b"], 'column "s" holds "later", not a split'],
    ["without rows to train on", ["s,x,y", "test,1,a", "test,2,b"], 'no row says "train" in column "s"'],
  ])("%s is refused", async (_, lines, message) => {
    await expect(load(lines, byColumn)).rejects.toThrow(message);
  });

  test("by classes needs classes", async () => {
    const asked = { split: { ...split, test: 0.5, stratify: true } };
    await expect(load(["x,y", "1,0.5", "2,1.5", "3,2.5"], asked)).rejects.toThrow("stratify is true");
  });

  test("keeps a group's rows together, also one named by texts, and the latest rows for the test", async () => {
    const lines = ["g,x,y", ...Array.from({ length: 24 }, (_, i) => `g${i % 6},${i},${"ab"[i % 2]}`)];
    const { splits } = await load(lines, {
      ...withColumn("g", { type: "group" }),
      split: { ...split, test: 0.3, stratify: false },
    });
    const groups = (rows: Int32Array) => new Set([...rows].map((row) => row % 6));
    const inTest = groups(splits.test!.indices);
    expect(inTest.size).toBeGreaterThan(0);
    for (const group of groups(splits.train.indices)) expect(inTest.has(group)).toBe(false);
    const times = ["t,x,y", ...Array.from({ length: 10 }, (_, i) => `2020-01-${10 + i},${i},${"ab"[i % 2]}`)];
    const timed = await load(times, {
      ...withColumn("t", { type: "time" }),
      split: { ...split, test: 0.2, stratify: false },
    });
    expect([...timed.splits.test!.indices].sort()).toEqual([8, 9]);
  });

  test("needs a column to learn from", async () => {
    await expect(load(["x,y", "1,a", "2,b"], withColumn("x", { type: "ignore" }))).rejects.toThrow(
      "no column is left to predict y from",
    );
  });
});
