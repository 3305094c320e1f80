/** What the settings of a column do to it. */
import { describe, expect, test } from "vitest";
import type { ColumnSpec, CsvDataSpec } from "../../../src/config/schema.ts";
import { loadDataset, loadRows } from "../../../src/data/dataset/load.ts";
import { rowsOfStream, withFirst } from "../../../src/data/formats/rows.ts";
import { createEncoder } from "../../../src/data/prediction/recordEncoder.ts";
import { parsePreprocessing } from "../../../src/data/preprocessing/parsePreprocessing.ts";
import { inputNames } from "../../../src/data/preprocessing/preprocessing.ts";
import { fitColumnScaling, fitScaling, scaler } from "../../../src/data/preprocessing/scaling.ts";
import { sentence } from "../../../src/support/errors.ts";
import { columnSpec, csvSpec, streamOf, temporaryFiles } from "../support.ts";

const file = temporaryFiles();

/** Inputs of a column `x` with these values, as training and as prediction make them: the same. */
async function inputsOf(values: readonly string[], settings: Partial<ColumnSpec>) {
  const { spec, loaded } = await load(values, settings);
  const { table } = loaded.splits.train;
  const rows = Array.from({ length: table.rows }, (_, row) => [
    ...table.values.subarray(row * table.cols, (row + 1) * table.cols),
  ]);
  expect(await predicted(loaded.preprocessing, values)).toEqual(rows);
  return { rows, spec, names: inputNames(loaded.preprocessing), ...loaded };
}

let files = 0;
async function load(values: readonly string[], settings: Partial<ColumnSpec>) {
  const text = ["x,y", ...values.map((value, row) => `${value},${row % 2 ? "a" : "b"}`)].join("\n");
  const path = file(`x${files++}.csv`, text);
  const columns = { x: columnSpec(settings) };
  const spec: CsvDataSpec = csvSpec({ path: [path], target: ["y"], columns, scale: "none" });
  return { spec, loaded: await loadDataset(spec, { seed: 0, baseDirectory: "." }) };
}

async function predicted(preprocessing: unknown, values: readonly string[]) {
  const known = parsePreprocessing(JSON.parse(JSON.stringify(preprocessing)), "m.ckpt");
  const bytes = Buffer.from(["x", ...values].map((value) => `"${value}"\n`).join(""));
  const { first, all } = await withFirst(rowsOfStream(streamOf([bytes]), "new.csv"));
  const encoder = createEncoder(known, first);
  const rows: unknown[] = [];
  for await (const batch of all) {
    for (let record = 0; record < batch.count; record++) {
      const out = new Float32Array(encoder.width);
      const problem = encoder.encode(batch, record, out, 0);
      rows.push(problem ? sentence(problem) : [...out]);
    }
  }
  return rows;
}

describe("numbers are scaled as by scikit-learn", () => {
  const x = Float64Array.from([0, 1, 1, 2, 3, 5, 8, 13, 21, 100, -4.5, 1]);
  test("robust, as RobustScaler", () => {
    const scaling = fitScaling("robust", x);
    const expected = [-10, -6, -6, -2, 2, 10, 22, 42, 74, 390, -28, -6].map((thirds) => thirds / 33);
    for (const [index, value] of x.entries())
      expect(scaler(scaling)(value)).toBeCloseTo(expected[index]!, 12);
  });
  test("quantile_normal, as QuantileTransformer", () => {
    const scale = scaler(fitColumnScaling("quantile_normal", x));
    const known = [
      -1.3351777, -0.6045853, -0.6045853, -0.1141853, 0.1141853, 0.3487557, 0.6045853, 0.9084579,
    ];
    for (const [index, expected] of known.entries()) expect(scale(x[index]!)).toBeCloseTo(expected, 6);
    const others = { "-99": -5.1993376, 1.5: -0.2298841, 60: 1.6846307, 1e6: 5.1993376 };
    for (const [value, expected] of Object.entries(others))
      expect(scale(Number(value))).toBeCloseTo(expected, 6);
  });
  test("log, by sign and magnitude, then to mean 0 and deviation 1", () => {
    const scale = scaler(fitColumnScaling("log", Float64Array.of(-Math.E + 1, 0, Math.E - 1)));
    expect(scale(0)).toBeCloseTo(0);
    expect(scale(Math.E - 1)).toBeCloseTo(Math.sqrt(1.5));
    expect(scale(1 - Math.E)).toBeCloseTo(-Math.sqrt(1.5));
  });
  test("robust_clip, as RealMLP: by quartiles, or half the range, and smoothly into ±3", () => {
    const clipped = (z: number) => z / Math.sqrt(1 + (z / 3) ** 2);
    const scale = scaler(fitColumnScaling("robust_clip", x));
    for (const [index, thirds] of [-10, -6, -6, -2, 2, 10, 22, 42, 74, 390, -28, -6].entries())
      expect(scale(x[index]!)).toBeCloseTo(clipped(thirds / 33), 12);
    const mostlyEqual = scaler(fitColumnScaling("robust_clip", Float64Array.of(0, 0, 0, 0, 0, 0, 0, 10)));
    expect(mostlyEqual(10)).toBeCloseTo(clipped(2), 12);
    expect(scale(3e38)).toBeCloseTo(3, 12);
  });
  test("a column of one value, or of none, is only moved", () => {
    for (const name of ["robust", "robust_clip", "log", "quantile_normal"] as const) {
      expect(scaler(fitColumnScaling(name, Float64Array.of(3, 3, Number.NaN)))(3)).toBeCloseTo(0);
      expect(scaler(fitColumnScaling(name, new Float64Array(0)))(0)).toBeCloseTo(0);
    }
  });
  test.each(["robust", "robust_clip", "log", "quantile_normal"] as const)(
    "%s at prediction as in training",
    async (scale) => {
      await inputsOf(["1", "", "3.5", "2", "1e9", "-4"], { scale });
    },
  );
});

describe("missing values", () => {
  test("are a constant if the spec gives one", async () => {
    const { rows } = await inputsOf(["1", "", "3"], { missing: { constant: 7 } });
    expect(rows).toEqual([[1], [7], [3]]);
  });
  test("of a category, too, seen in training or not", async () => {
    const { rows, names } = await inputsOf(["a", "", "b"], { missing: { constant: "none" } });
    expect(names).toEqual(["x=a", "x=b", "x=none"]);
    expect(rows[1]).toEqual([0, 0, 1]);
  });
  test("have an input of their own beside any filling", async () => {
    const { rows, names } = await inputsOf(["1", "", "3"], { missing: "mean", indicator: true });
    expect(names).toEqual(["x", "x=missing"]);
    expect(rows).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
    ]);
  });
  test("of a category may be filled and told", async () => {
    const settings = { missing: "most_frequent", indicator: true } as const;
    const { rows } = await inputsOf(["a", "b", "", "b"], settings);
    expect(rows[2]).toEqual([0, 1, 1]);
  });
  test("of a boolean may be a constant", async () => {
    const { rows } = await inputsOf(["yes", "no", "", "no"], { missing: { constant: "yes" } });
    expect(rows).toEqual([[1], [0], [1], [0]]);
  });
});

describe("levels", () => {
  const values = ["a", "a", "b", "b", "c", "d"];
  test("in few rows are merged, and unseen ones with them", async () => {
    const { rows, names, preprocessing } = await inputsOf(values, { min_count: 2 });
    expect(names).toEqual(["x=a", "x=b", "x=rare"]);
    expect(rows.slice(3)).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
    expect(await predicted(preprocessing, ["new"])).toEqual([[0, 0, 1]]);
  });
  test("may become one number, in the order given", async () => {
    const settings = { encoding: "ordinal", levels: ["low", "mid", "high"] } as const;
    const { rows, preprocessing } = await inputsOf(["mid", "high", "low", "low"], {
      ...settings,
      levels: [...settings.levels],
      scale: "minmax",
    });
    expect(rows).toEqual([[0.5], [1], [0], [0]]);
    expect(await predicted(preprocessing, ["new", ""])).toEqual([[0], [0]]);
  });
  test("that are numbers are in their order", async () => {
    const { rows } = await inputsOf(["10", "9", "100", "9"], { encoding: "ordinal" });
    expect(rows).toEqual([[1], [0], [2], [0]]);
  });
  test("unseen in training are none of them, or refused with their line", async () => {
    const lenient = await inputsOf(values, {});
    expect(await predicted(lenient.preprocessing, ["new"])).toEqual([[0, 0, 0, 0]]);
    const strict = await inputsOf(values, { unseen: "error", min_count: 2 });
    expect(await predicted(strict.preprocessing, ["a", "c", "new"])).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      'new.csv:4:1: column "x" holds "new", a level unseen in training; expected a, b',
    ]);
    const other = file("other.csv", "x,y\na,a\nnew,b\n");
    await expect(loadRows(strict.spec, [other], strict.preprocessing)).rejects.toThrow(
      `${other}:3:1: column "x" holds "new", a level unseen in training; expected a, b`,
    );
  });
});

describe("a few texts among numbers", () => {
  const ages = Array.from({ length: 24 }, (_, row) => String(20 + (row % 12)));
  const hint = (text: string) => `columns: { "x": { missing_values: ["${text}"] } }`;
  test("are told with their line, as they make a category of the column", async () => {
    const { loaded } = await load(["20", "old", ...ages], {});
    expect(loaded.warnings).toContain(
      `column "x" holds numbers and "old" in line 3 (if it is a missing value, ${hint("old")}): taken for a category`,
    );
  });
  test("are none where they say NaN, as Python and R write it", async () => {
    const { loaded } = await load(["nan", "NaN", ...ages], {});
    expect(loaded.warnings.join()).toMatch(/column "x": 2 missing values filled/);
  });
  test("or an id of it", async () => {
    const text = ["x,z,y", ...ages.map((age, row) => `${row}.5,${age},${row % 2}`), "?!,1,0"].join("\n");
    const spec = csvSpec({ path: [file("ids.csv", text)], target: ["y"] });
    const { warnings } = await loadDataset(spec, { seed: 0, baseDirectory: "." });
    expect(warnings).toContain(
      `column "x" holds numbers and "?!" in line 26 (if it is a missing value, ${hint("?!")}): taken for an id, ignored`,
    );
  });
  test("or classes of a target", async () => {
    const text = ["y,x", ...ages.map((age, row) => `${age},${row}.5`), "old,1"].join("\n");
    const path = file("ages.csv", text);
    const spec = csvSpec({
      path: [path],
      target: ["y"],
      split: { ...csvSpec({ target: ["y"] }).split, stratify: false },
    });
    const { warnings } = await loadDataset(spec, { seed: 0, baseDirectory: "." });
    expect(warnings[0]).toMatch(/^the target "y" holds numbers and "old" in line 26 .*: taken for classes$/);
  });
  test("are as many as make it a category, or said to be one", async () => {
    expect((await load(["a", "b", ...ages], {})).loaded.warnings.join()).not.toMatch(/numbers and/);
    expect((await load(["a", ...ages], { type: "category" })).loaded.warnings.join()).not.toMatch(
      /numbers and/,
    );
  });
});

describe("rows are split", () => {
  const rows = Array.from({ length: 60 }, (_, row) => ({
    who: `p${row % 12}`,
    day: (row * 7) % 60,
    y: row % 2,
  }));
  const dateOf = (day: number) => new Date(Date.UTC(2024, 0, day)).toISOString().slice(0, 10);
  const path = file(
    "rows.csv",
    [
      "who,day,date,x,y",
      ...rows.map(({ who, day, y }) => `${who},${day},${dateOf(day)},${day % 5},${y}`),
    ].join("\n"),
  );
  const split = { validation: 0.2, test: 0.2, stratify: null, seed: null, fold: null };
  const load = async (columns: CsvDataSpec["columns"]) => {
    const spec = csvSpec({ path: [path], target: ["y"], columns, split });
    const { splits, preprocessing } = await loadDataset(spec, { seed: 1, baseDirectory: "." });
    const of = (part: "train" | "validation" | "test") => [...splits[part]!.indices].map((row) => rows[row]!);
    return { of, names: inputNames(preprocessing) };
  };

  test("so that rows of one group stay together", async () => {
    const { of, names } = await load({
      who: columnSpec({ type: "group" }),
      date: columnSpec({ type: "id" }),
    });
    const groups = (["train", "validation", "test"] as const).map(
      (part) => new Set(of(part).map(({ who }) => who)),
    );
    expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(12);
    expect(of("test").length).toBe(10);
    expect(names).toEqual(["day", "x"]);
  });

  test.each(["day", "date"])("by time, the latest for the test: %s", async (column) => {
    const { of } = await load({
      [column]: columnSpec({ type: "time" }),
      who: columnSpec({ type: "ignore" }),
    });
    const days = (part: "train" | "validation" | "test") => of(part).map(({ day }) => day);
    expect(Math.max(...days("train"))).toBeLessThan(Math.min(...days("validation")));
    expect(Math.max(...days("validation"))).toBeLessThan(Math.min(...days("test")));
    expect(of("test").length).toBe(12);
  });
});
