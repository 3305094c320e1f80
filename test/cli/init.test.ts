/** `init`: from a table to a spec that trains as it is. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { loadSpec, parseSpec } from "../../src/config/load.ts";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

// Two of them train, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const directory = folder();
const path = (name: string) => join(directory, name);

test.each([
  ["iris", "species", "classification"],
  ["houses", "price", "regression"],
  ["churn", "status", "classification"],
  ["penguins", "Species", "classification"],
])("of %s writes a spec that checks", async (name, target, task) => {
  const spec = path(`${name}.yaml`);
  const written = await run(["init", resolve(`data/${name}.csv`), "--target", target, "--out", spec]);
  expect([written.code, written.out]).toEqual([0, ""]);
  expect(loadSpec(spec).spec).toMatchObject({ name, data: { target: [target], task } });
  const checked = await run(["check", spec, "--json"]);
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.out).profile.length).toBeGreaterThan(3);
});

test("tells ids, constants, words among numbers, missing values and imbalance", async () => {
  const { out } = await run(["init", "data/churn.csv", "-t", "status", "-o", "-"]);
  expect(out).toContain("nnt check churn.yaml");
  const { columns } = parseSpec(out, "churn.yaml").spec.data as { columns: Record<string, unknown> };
  expect(columns.customer).toMatchObject({ type: "id" });
  expect(columns.currency).toMatchObject({ type: "ignore" });
  expect(columns.support_calls).toMatchObject({ type: "number", missing_values: ["unknown"] });
  expect(columns.age).toMatchObject({ type: "number", missing: "median", indicator: true });
  expect(out).toContain("93 % of the rows are in one class");
});

test("tells dates, counts that start anew for each group, and rows without a target", async () => {
  const { out } = await run(["init", "data/penguins.csv", "-t", "Sex", "-o", "-"]);
  const { columns } = parseSpec(out, "penguins.yaml").spec.data as { columns: Record<string, unknown> };
  expect(columns).toMatchObject({
    "Sample Number": { type: "id" },
    "Date Egg": { type: "date" },
    Sex: { missing: "drop" },
  });
  expect(out).toContain("dates, 2007-11-09 … 2009-12-01");
});

test.each([
  [
    "a word among numbers",
    "a,y",
    (i: number) => `${i % 9 === 7 ? "tbd" : i * 1.5},${i % 3}`,
    { a: { missing_values: ["tbd"] } },
  ],
  [
    "a word for missing values",
    "a,y",
    (i: number) => `${i === 7 ? "NULL" : i * 1.5},${i % 3}`,
    { a: { type: "number" } },
  ],
  [
    "one in a target",
    "x,y",
    (i: number) => `${i % 7},${i === 7 ? "tbd" : i * 1.5}`,
    { y: { missing: "drop", missing_values: ["tbd"] } },
  ],
  ["steps of five, the only input", "a,y", (i: number) => `${5 * i},${i}.5`, { a: { type: "number" } }],
  ["counted rows, the only input", "a,y", (i: number) => `${i},${i}.5`, { a: { type: "number" } }],
  [
    "texts that all differ, the only input",
    "a,y",
    (i: number) => `x${i},${i}.5`,
    { a: { type: "category" } },
  ],
  [
    "a date of day, month and year between dashes",
    "d,x,y",
    (i: number) => `${10 + (i % 18)}-0${1 + (i % 9)}-20${10 + (i % 80)},${i % 7},${i % 3}`,
    { d: { type: "date", format: "%d-%m-%Y" } },
  ],
  [
    "an id beyond 2^53",
    "d,x,y",
    (i: number) => `${9007199254740993n + 2n * BigInt(i)},${i % 7},${i % 3}`,
    { d: { type: "id" } },
  ],
  [
    "a date for each row",
    "d,x,y",
    (i: number) => `${2000 + i}-01-01,${i % 7},${i % 3}`,
    { d: { type: "date" } },
  ],
])("%s is told before what looks like an id, and the spec checks", async (_, header, rowOf, columns) => {
  const rows = Array.from({ length: 60 }, (_, i) => rowOf(i + 1));
  put(directory, { "odd.csv": `${header}\n${rows.join("\n")}\n` });
  const { code, err } = await run([
    "init",
    path("odd.csv"),
    "-t",
    "y",
    "-o",
    path("odd.yaml"),
    "--overwrite",
  ]);
  expect(code).toBe(0);
  const { data } = loadSpec(path("odd.yaml")).spec;
  expect(data).toMatchObject({ columns });
  for (const [name, { type }] of Object.entries(
    (data as { columns: Record<string, { type: string | null }> }).columns,
  ))
    if (type === "id" || type === "ignore")
      expect(err).toContain(`warning: column "${name}" is left out (${type}): `);
  expect((await run(["check", path("odd.yaml")])).code).toBe(0);
});

test.each([
  ["nothing but the target", "y", (i: number) => `${i % 2}`, 'no column is left to predict "y" from'],
  ["a single value", "a,y", (i: number) => `3,${i % 2}`, '"a" holds a single value'],
  ["no value", "a,y", (i: number) => `,${i % 2}`, '"a" holds no values'],
  ["one class", "a,y", (i: number) => `${i % 7},buy`, 'the target "y" holds "buy" in every row'],
])("%s is refused, where check would refuse the spec", async (_, header, rowOf, message) => {
  put(directory, { "odd.csv": `${header}\n${Array.from({ length: 40 }, (_, i) => rowOf(i)).join("\n")}\n` });
  const { code, err } = await run(["init", path("odd.csv"), "-t", "y", "-o", path("none.yaml")]);
  expect(code).toBe(3);
  expect(err).toContain(message);
});

test("whatever columns are called, the spec checks", async () => {
  const names = [
    "Price\n(USD)",
    "x".repeat(1100),
    "a: b",
    "# c",
    "- d",
    " e ",
    "'",
    "yes",
    "null",
    "{",
    "a\u2028b",
    "a\tb",
    "*a",
    "1",
  ];
  const header = [...names, "y\r\nz"].map((name) => `"${name}"`).join(",");
  const rows = Array.from({ length: 40 }, (_, i) =>
    [...names.map((_, j) => ((i * 7 + j) % 5) + 0.5), i % 2].join(","),
  );
  put(directory, { "names.csv": `${header}\n${rows.join("\n")}\n` });
  const argv = ["init", path("names.csv"), "-t", "y\r\nz", "-o", path("names.yaml")];
  expect((await run(argv)).err).toContain("wrote");
  const checked = await run(["check", path("names.yaml"), "--json"]);
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.out).profile).toHaveLength(names.length + 1);
});

test("leaves a spec that is there alone, unless told", async () => {
  put(directory, { "mine.yaml": "mine" });
  const argv = ["init", "data/iris.csv", "-t", "species", "-o", path("mine.yaml")];
  const { code, err } = await run(argv);
  expect([code, err.split("\n")[0]]).toEqual([5, `nnt: ${path("mine.yaml")}: the file exists already`]);
  expect((await run([...argv, "--overwrite"])).code).toBe(0);
  expect(readFileSync(path("mine.yaml"), "utf8")).toContain("target: species");
});

test("names of columns that YAML would take for something else are quoted", async () => {
  put(directory, { "odd.csv": "yes,__proto__,a: b,y\n1,2,3,a\n2,1,5,b\n" });
  const { out } = await run(["init", path("odd.csv"), "-t", "y", "-o", "-"]);
  const { columns } = parseSpec(out, "odd.yaml").spec.data as { columns: object };
  expect(Object.keys(columns)).toEqual(["yes", "a: b"]);
});

test("without a target, or with a wrong one, names those there are", async () => {
  expect((await run(["init", "data/iris.csv"])).err).toContain("one of sepal_length");
  expect((await run(["init", "data/iris.csv", "-t", "specie"])).err).toContain('did you mean "species"?');
});

test("a template without data comes with a sample, and trains", async () => {
  for (const [template, data, least] of [
    ["curve", "curve.csv", 0.99],
    ["table", "houses.csv", 0.97],
  ] as const) {
    const spec = path(`${template}-try.yaml`);
    expect((await run(["init", "--template", template, "--effort", "quick", "--out", spec])).code).toBe(0);
    expect(readFileSync(path(data))).toEqual(readFileSync(`data/${data}`));
    const trained = await run(["train", spec, "--out", path(template), "--quiet", "--threads", "1"]);
    expect(trained.code).toBe(0);
    const { out } = await run(["eval", join(path(template), "best.ckpt"), "--json"]);
    expect(JSON.parse(out).metrics.r2).toBeGreaterThan(least);
  }
});

test("a folder of IDX images becomes a spec that checks", async () => {
  const spec = path("images.yaml");
  expect((await run(["init", resolve("data/digits"), "--out", spec])).code).toBe(0);
  expect(loadSpec(spec).spec.data).toMatchObject({ format: "idx", test: expect.any(Object) });
  expect((await run(["check", spec])).code).toBe(0);
});

test("the image template without data is for the files that `nnt data` fetches", async () => {
  const { code, err } = await run(["init", "--template", "image", path("data/mnist"), "-o", path("m.yaml")]);
  expect([code, err]).toEqual([0, expect.stringContaining("nnt data mnist --dir")]);
  expect(readFileSync(path("m.yaml"), "utf8")).toContain("images: data/mnist/train-images-idx3-ubyte.gz");
});

test("--interactive asks until the answers are right, and writes what the command line would", async () => {
  const data = resolve("data/iris.csv");
  const answers = ["tabel", "table", path("none.csv"), data, "specie", "species", path("asked.yaml")];
  const asked = await run(["init", "--interactive"], { stdin: answers.map((one) => `${one}\n`).join("") });
  expect([asked.code, asked.out]).toEqual([0, ""]);
  for (const told of ['did you mean "table"?', "no such file", 'did you mean "species"?'])
    expect(asked.err).toContain(told);
  await run(["init", data, "-t", "species", "-o", path("told.yaml")]);
  const text = (name: string) => readFileSync(path(name), "utf8").replaceAll(name, "");
  expect(text("asked.yaml")).toBe(text("told.yaml"));
});

test("--interactive asks for nothing that is given, and ends with its input", async () => {
  const given = ["init", "data/iris.csv", "-t", "species", "-o", path("given.yaml"), "--interactive"];
  expect((await run(given)).err).toMatch(/^wrote/);
  const { code, err } = await run(["init", "--interactive"]);
  expect([code, err]).toEqual([2, expect.stringContaining("the input ended before this was answered")]);
});

test.each([
  [["init"], 2, "a table or a folder of images, --template to try one, or --interactive"],
  [["init", "src"], 3, "there are no images to train on"],
  [["init", "data/iris.csv", "--template", "curve", "-t", "species"], 3, "a curve needs numbers"],
])("%j is refused", async (argv, exitCode, message) => {
  const { code, err } = await run(argv);
  expect([code, err]).toEqual([exitCode, expect.stringContaining(message)]);
});

test("--strict makes a warning an error, on check as on train", async () => {
  await run(["init", resolve("data/churn.csv"), "-t", "status", "-o", path("strict.yaml")]);
  for (const argv of [["check"], ["train", "--quiet", "--out", path("run")]]) {
    const { code, err } = await run([argv[0]!, path("strict.yaml"), "--strict", ...argv.slice(1)]);
    expect([code, err]).toEqual([3, expect.stringContaining("these are warnings without --strict")]);
  }
});

test("of a column with more levels than rows can teach keeps the most frequent, of one with few all", async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => `u${Math.floor(Math.sqrt(300 * i))},v${i % 30},${i}`);
  put(directory, { "levels.csv": `a,b,y\n${rows.join("\n")}\n` });
  const { out } = await run(["init", path("levels.csv"), "-t", "y", "-o", "-"]);
  const { columns } = parseSpec(out, "levels.yaml").spec.data as {
    columns: Record<string, { min_count: number }>;
  };
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.split(",")[0]!, (counts.get(row.split(",")[0]!) ?? 0) + 1);
  const kept = [...counts.values()].filter((count) => count >= columns.a!.min_count).length;
  expect(counts.size).toBeGreaterThan(500);
  expect(kept).toBeLessThanOrEqual(200);
  expect(kept).toBeGreaterThan(50);
  expect(columns.b!.min_count).toBe(1);
});
