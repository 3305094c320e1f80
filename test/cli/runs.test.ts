/** Runs beside each other: listed, filtered, in order, compared. */
import { cpSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, nnt } from "./program.ts";

const root = folder();
const iris = join(import.meta.dirname, "../../configs/iris.yaml");
const lines = (text: string) => text.trimEnd().split("\n");

beforeAll(async () => {
  for (const [name, rate] of [
    ["slow", 1e-5],
    ["fast", 0.05],
  ] as const) {
    // biome-ignore format: one line
    const argv = ["train", iris, "--quiet", "--epochs", "8", "--set", `optimizer.lr=${rate}`, "--out"];
    expect((await nnt([...argv, join(root, name)], { cwd: root })).code).toBe(0);
  }
}, 30_000);

test("runs are listed in a table, the oldest first", async () => {
  const { code, out, err } = await run(["runs", root]);
  expect([code, err]).toEqual([0, ""]);
  expect(lines(out).map((line) => line.split(" ")[0])).toEqual(["directory", "slow", "fast"]);
});

test("a link to a file, or to nothing, is no run", async () => {
  symlinkSync(join(root, "slow", "spec.yaml"), join(root, "link.yaml"));
  symlinkSync(join(root, "nowhere"), join(root, "broken"));
  const { code, out } = await run(["runs", root]);
  expect(code).toBe(0);
  expect(lines(out)).toHaveLength(3);
});

test("a damaged run is told and shown as one, and hides no other", async () => {
  const shop = folder();
  for (const name of ["good", "model", "summary", "log", "types"])
    cpSync(join(root, "fast"), join(shop, name), { recursive: true });
  truncateSync(join(shop, "model/last.ckpt"), 100);
  writeFileSync(join(shop, "summary/summary.json"), "{");
  rmSync(join(shop, "log/metrics.jsonl"));
  symlinkSync("/dev/zero", join(shop, "log/metrics.jsonl"));
  const summary = JSON.parse(readFileSync(join(shop, "types/summary.json"), "utf8"));
  writeFileSync(join(shop, "types/summary.json"), JSON.stringify({ ...summary, seconds: "long" }));
  const { code, out, err } = await run(["runs", shop, "--json"]);
  expect(code).toBe(0);
  const reasons = lines(out).map((line) => {
    const { directory, reason } = JSON.parse(line);
    return [basename(directory), reason];
  });
  expect(Object.fromEntries(reasons)).toEqual({
    good: "epochs",
    model: "damaged",
    summary: "damaged",
    log: "damaged",
    types: "damaged",
  });
  expect(err.match(/^warning: a damaged run: /gm)).toHaveLength(4);
  for (const name of ["model", "summary", "log", "types"]) {
    const compared = await run(["compare", join(shop, "good"), join(shop, name)]);
    expect([compared.code, compared.err.match(/a damaged run/g)]).toEqual([0, ["a damaged run"]]);
  }
});

test("--sort puts the best figure first", async () => {
  for (const key of ["accuracy", "loss", "test.accuracy"])
    expect(lines((await run(["runs", root, "--sort", key])).out)[1]).toMatch(/^fast /);
  expect(lines((await run(["runs", root, "--sort", "optimizer.lr"])).out)[1]).toMatch(/^slow /);
});

test.each([
  ["accuracy>0.8", ["fast"]],
  ["optimizer.lr<=1e-5", ["slow"]],
  ["optimizer.name==adam", ["slow", "fast"]],
  ["reason!=epochs", []],
])("--filter '%s' keeps %j", async (condition, names) => {
  const { out } = await run(["runs", root, "--filter", condition, "--json"]);
  const found = out === "" ? [] : lines(out).map((line) => JSON.parse(line));
  expect(found.map(({ directory }) => directory)).toEqual(names.map((name) => join(root, name)));
});

test("on a narrow terminal lines fit: what was asked for stays, and no difference is cut", async () => {
  const narrow = { terminal: { isTTY: true, columns: 60 }, env: { NO_COLOR: "1" } };
  const listed = lines((await run(["runs", root, "--show", "model.layers[0].width"], narrow)).out);
  expect(listed[0]).toMatch(/^directory .* model\.layers\.0\.width/);
  expect(listed[1]).toMatch(/^slow /);
  const { out } = await run(["compare", join(root, "slow"), join(root, "fast")], narrow);
  expect(out).toMatch(/^accuracy .*\[\+[\d.]+, \+[\d.]+\] better$/m);
  const isPath = (line: string) => line.split(" ").some((word) => word.length > 40);
  for (const line of [...listed, ...lines(out)])
    if (!isPath(line)) expect(line.length, line).toBeLessThanOrEqual(60);
});

test("a place in a list may be written as in a spec, and a filter that nothing passes says so", async () => {
  expect((await run(["runs", root, "--filter", "model.layers[0].width>0"])).out).toMatch(/^slow /m);
  expect((await run(["runs", root, "--filter", "accuracy>2"])).out).toBe(
    `none of the 2 runs in ${root} matches\n`,
  );
});

test("a key that no run has is a slip, and the nearest is named", async () => {
  const { code, err } = await run(["runs", root, "--sort", "acuracy"]);
  expect(code).toBe(2);
  expect(err).toContain('no run has the key "acuracy"\nhint: did you mean accuracy?');
});

test("a folder that is not there is an I/O failure", async () => {
  expect((await run(["runs", join(root, "nowhere")])).code).toBe(5);
});

test("compare tells the one difference between two specs, and marks the better figures", async () => {
  const [slow, fast] = [join(root, "slow"), join(root, "fast")];
  const { code, out } = await run(["compare", slow, fast, "--json"]);
  expect(code).toBe(0);
  const { spec, metrics } = JSON.parse(out);
  expect(spec).toEqual({ "optimizer.lr": [1e-5, 0.05] });
  expect(metrics["test.loss"][0]).toBeGreaterThan(metrics["test.loss"][1]);
  expect((await run(["compare", slow, fast])).out).toMatch(/test\.loss +[\d.]+ +\* [\d.]+/);
});

test("runs on the same rows are compared row by row, with intervals that know which is better", async () => {
  const [slow, fast] = [join(root, "slow"), join(root, "fast")];
  const { paired } = JSON.parse((await run(["compare", slow, fast, "--json"])).out);
  expect(paired).toMatchObject({ split: "test", rows: 30 });
  const [none, { difference, low, high }] = paired.metrics.accuracy;
  expect(none).toBeNull();
  expect(low).toBeGreaterThan(0);
  expect(difference).toBeGreaterThanOrEqual(low);
  expect(difference).toBeLessThanOrEqual(high);
  const { onlyFirst, onlySecond, p } = paired.mcnemar[1];
  expect((onlySecond - onlyFirst) / paired.rows).toBeCloseTo(difference, 10);
  expect(p).toBeLessThan(0.05);
  const { out } = await run(["compare", slow, fast]);
  expect(out).toMatch(/accuracy +– +\+[\d.]+ \[\+[\d.]+, \+[\d.]+\] better/);
  const same = await run(["compare", fast, fast]);
  expect(same.out).toMatch(/accuracy +– +0 \[0, 0\] unclear/);
});

test("compare writes a page that names no other place", async () => {
  const page = join(root, "compare.html");
  const { code, out } = await run(["compare", join(root, "slow"), join(root, "fast"), "--html", page]);
  expect([code, out]).toEqual([0, `${page}\n`]);
  const text = readFileSync(page, "utf8");
  expect(text).toContain("<h1>By accuracy, fast is better than slow</h1>");
  expect(text.match(/(?:https?:)?\/\/[\w-]+\.[\w.]+/g)).toEqual(["http://www.w3.org"]);
});

test("one run alone cannot be compared", async () => {
  expect((await run(["compare", join(root, "slow")])).code).toBe(2);
});
