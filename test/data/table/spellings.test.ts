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
