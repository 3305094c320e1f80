/** `init`: from a table to a spec that trains as it is. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { loadSpec, parseSpec } from "../../src/config/load.ts";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);

test.each([
  ["iris", "species", "classification"],
  ["houses", "price", "regression"],
  ["churn", "status", "classification"],
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
  const { columns } = parseSpec(out, "churn.yaml").spec.data as { columns: Record<string, unknown> };
  expect(columns.customer).toMatchObject({ type: "id" });
  expect(columns.currency).toMatchObject({ type: "ignore" });
  expect(columns.support_calls).toMatchObject({ type: "number", missing_values: ["unknown"] });
  expect(columns.age).toMatchObject({ type: "number", missing: "median", indicator: true });
  expect(out).toContain("93 % of the rows are of one class");
});

test("leaves a spec that is there alone, unless told", async () => {
  put(directory, { "mine.yaml": "mine" });
  const argv = ["init", "data/iris.csv", "-t", "species", "-o", path("mine.yaml")];
  const { code, err } = await run(argv);
  expect([code, err.split("\n")[0]]).toEqual([5, `nnt: ${path("mine.yaml")}: there is a file already`]);
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

test("--strict makes a warning an error, on check as on train", async () => {
  await run(["init", resolve("data/churn.csv"), "-t", "status", "-o", path("strict.yaml")]);
  for (const argv of [["check"], ["train", "--quiet", "--out", path("run")]]) {
    const { code, err } = await run([argv[0]!, path("strict.yaml"), "--strict", ...argv.slice(1)]);
    expect([code, err]).toEqual([3, expect.stringContaining("these are warnings without --strict")]);
  }
});
