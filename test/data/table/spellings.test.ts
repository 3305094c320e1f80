/** Texts that are meant as one, or as numbers: said, and levels that are numbers match however they are written. */
import { expect, test } from "vitest";
import { loadDataset, loadRows } from "../../../src/data/dataset/load.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const tableOf = (texts: readonly string[]) =>
  file(
    "t.csv",
    `a,x,y\n${Array.from({ length: 60 }, (_, i) => `"${texts[i % texts.length]}",${i},${i % 2}.5`).join("\n")}\n`,
  );
const load = (texts: readonly string[], target: string, columns = {}) =>
  loadDataset(csvSpec({ path: [tableOf(texts)], target: [target], columns }), {
    baseDirectory: "/",
    seed: 0,
  });

const merging = columnSpec({ trim: true, case: "lower" });
const usd = ["$1", "$25", "$3.5", "$4", "$5", "$61"];
test.each([
  ["prices", usd, 'holds numbers as "$1"'],
  ["units", usd.map((text) => `${text.slice(1)} EUR`), 'holds numbers as "1 EUR"'],
  ["shares", usd.map((text) => `${text.slice(1)}%`), 'holds numbers as "1%"'],
  ["thousands", ["1,000", "2,000", "3,000", "4,500", "5,000"], 'holds numbers as "1,000"'],
  ["decimal commas", ["1,5", "2,25", "3,5", "4,0", "5,5"], 'holds numbers as "1,5"'],
  [
    "case and spaces",
    ["cat", "Cat", "cat ", "dog"],
    '"cat", "Cat", "cat " differ in case, spaces or zeros only',
  ],
])("%s are told, as a target and as an input", async (_, texts, message) => {
  expect((await load(texts, "a")).warnings.join()).toContain(
    `target "a"${message.startsWith("holds") ? " " : ": "}${message}`,
  );
  expect((await load(texts, "y")).warnings.join()).toContain(message);
});

test.each([
  [usd, 'columns: { "a": { prefix: "$" } }', { columns: { a: columnSpec({ prefix: "$" }) } }],
  [["3.1k", "2k", "0.5k", "8k", "9.9k"], 'suffix: "k"', { columns: { a: columnSpec({ suffix: "k" }) } }],
  [["1,5", "2,25", "3,5", "4,0", "5,5"], 'data.decimal: ","', { decimal: "," }],
  [["1,000", "2,000", "3,000", "1,004,500", "5,000"], 'data.thousands: ","', { thousands: "," }],
  [["cat", "Cat", "cat ", "dog"], "{ trim: true, case: lower }", { columns: { a: merging } }],
] as const)("the line that is told for %j mends it", async (texts, line, more) => {
  expect((await load(texts, "y")).warnings.join()).toContain(line);
  const { warnings } = await loadDataset(csvSpec({ path: [tableOf(texts)], target: ["y"], ...more }), {
    baseDirectory: "/",
    seed: 0,
  });
  expect(warnings.join()).not.toMatch(/taken for/);
});

test("yes and no in several words are told as a target, as an input they are one boolean", async () => {
  const words = ["Yes", "no", "y", "N", "TRUE", "false"];
  expect((await load(words, "a")).warnings.join()).toContain("taken for 6 classes: data.task: multilabel");
  expect((await load(words, "y")).preprocessing.inputs).toMatchObject({ columns: [{ type: "boolean" }, {}] });
});

test("a target of numbers with decimal commas that can't be split is told with the line that reads it", async () => {
  const texts = Array.from({ length: 60 }, (_, i) => `${i},5`);
  const split = { validation: 0.1, test: 0.2, stratify: null, seed: null, fold: null };
  const spec = csvSpec({ path: [tableOf(texts)], target: ["a"], split });
  await expect(loadDataset(spec, { baseDirectory: "/", seed: 0 })).rejects.toThrow('data.decimal: ","');
});

test("a target of very many classes is told, as why rows can't be split, too", async () => {
  const names = Array.from({ length: 60 }, (_, i) => `name ${i}`);
  const told = 'target "a" has 60 classes in 60 rows';
  expect((await load(names, "a")).warnings.join()).toContain(told);
  const split = { validation: 0.1, test: 0.2, stratify: null, seed: null, fold: null };
  const spec = csvSpec({ path: [tableOf(names)], target: ["a"], split });
  await expect(loadDataset(spec, { baseDirectory: "/", seed: 0 })).rejects.toThrow(told);
});

test("where no column is left, it is said of each why", async () => {
  const path = file(
    "n.csv",
    `a,b,y\n${Array.from({ length: 60 }, (_, i) => `${i === 3 ? "--" : i * 1.5},${i},${i % 2}`).join("\n")}\n`,
  );
  const spec = csvSpec({ path: [path], target: ["y"], columns: { b: columnSpec({ type: "ignore" }) } });
  await expect(loadDataset(spec, { baseDirectory: "/", seed: 0 })).rejects.toThrow(
    /no column is left to predict y from: "a" holds numbers and "--" in line 5 .*; "b" is of type ignore/,
  );
});

test("a word among numbers is told with its file, where there are several", async () => {
  const text = (word: string) =>
    `a,b,y\n${Array.from({ length: 40 }, (_, i) => `${i === 5 ? word : i},${i},${i % 2}`).join("\n")}\n`;
  const path = [file("a.csv", text("5")), file("b.csv", text("oops"))];
  const { warnings } = await loadDataset(csvSpec({ path, target: ["y"] }), { baseDirectory: "/", seed: 0 });
  expect(warnings.join()).toContain(`"oops" in ${path[1]}:7`);
});

test("texts that differ are not", async () => {
  expect((await load(["cat", "dog", "3-5", "v1"], "y")).warnings.join()).not.toMatch(/differ|numbers as/);
});

test.each(["1.0", " 1", "01"])("the level 1 is %j, too", async (text) => {
  const loaded = await load(["1", "2"], "y", { a: columnSpec({ type: "category" }) });
  const { trained: _, ...preprocessing } = loaded.preprocessing; // which would leave the same rows out
  const spec = csvSpec({ target: ["y"] });
  const values = async (texts: string[]) => {
    const { split } = await loadRows(spec, [tableOf(texts)], preprocessing);
    return "values" in split.table ? [...split.table.values] : [];
  };
  expect(await values([text, "2"])).toEqual(await values(["1", "2"]));
});

test("all words for yes and no are one boolean", async () => {
  const { preprocessing } = await load(["Yes", "no", "Y", "NO"], "y");
  expect(preprocessing.inputs).toMatchObject({ columns: [{ name: "a", type: "boolean" }, { name: "x" }] });
});
