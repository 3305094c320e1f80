/** A column's values as names of slices, by which rows are measured apart. */
import { expect, test } from "vitest";
import { slicesOf } from "../../../src/data/dataset/slices.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();

/** For each row, the name of its slice, of a table of one column `x` and a target. */
async function slices(values: readonly string[], type: "category" | null = null, rows?: readonly number[]) {
  const path = file("table.csv", ["x,y", ...values.map((value) => `${value},0`)].join("\n"));
  const columns = type ? { x: columnSpec({ type }) } : {};
  const spec = csvSpec({ path: [path], target: ["y"], columns });
  const indices = Int32Array.from(rows ?? values.keys());
  const { names, numbers } = await slicesOf("x", indices, { spec, files: null, baseDirectory: "." });
  return { names, of: [...numbers].map((number) => names[number]!) };
}

test("few numbers are a slice each in ascending order, and missing values one more", async () => {
  const { names, of } = await slices(["2", "0.1", "", "10", "0.1"]);
  expect(names).toEqual(["0.1", "2", "10", "(missing)"]);
  expect(of).toEqual(["2", "0.1", "(missing)", "10", "0.1"]);
});

test("more numbers are four slices of about as many rows", async () => {
  const { names, of } = await slices(Array.from({ length: 101 }, (_, i) => String((i * 37) % 101)));
  expect(names).toEqual(["≤ 25", "25 … 50", "50 … 75", "> 75"]);
  const sizes = names.map((name) => of.filter((other) => other === name).length);
  expect(sizes).toEqual([26, 25, 25, 25]);
  expect(of[0]).toBe("≤ 25");
  expect(of[2]).toBe("50 … 75"); // 74
  expect(of[10]).toBe("50 … 75"); // 67
  expect(of[30]).toBe("> 75"); // 100
});

test("numbers that are most often the same are fewer slices", async () => {
  const values = [...Array(80).fill("0"), ...Array.from({ length: 20 }, (_, i) => String(i + 1))];
  const { names, of } = await slices(values);
  expect(names).toEqual(["≤ 0", "> 0"]);
  expect(of.filter((name) => name === "> 0")).toHaveLength(20);
});

test("texts are slices by name, the rarer ones of more than twenty together", async () => {
  const frequent = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, "0")}`);
  const { names, of } = await slices(["z", ...frequent, "", ...frequent.toReversed(), "y"]);
  expect(names).toEqual([...frequent, "(others)", "(missing)"]);
  expect([of[0], of[1], of[21], of.at(-1)]).toEqual(["(others)", "t00", "(missing)", "(others)"]);
});

test("a category's numbers are names, not sizes", async () => {
  expect((await slices(["10", "9"], "category")).names).toEqual(["10", "9"]);
  expect((await slices(["10", "9"])).names).toEqual(["9", "10"]);
});

test("only the rows asked for count", async () => {
  expect((await slices(["a", "b", "c"], null, [2, 0])).of).toEqual(["c", "a"]);
});

test("a misspelt column is refused, with the nearest name", async () => {
  const spec = csvSpec({ path: [file("t.csv", "age,y\n1,0\n")], target: ["y"] });
  const asked = slicesOf("agee", Int32Array.of(0), { spec, files: null, baseDirectory: "." });
  await expect(asked).rejects.toThrow('no column is named "agee"');
});
