/** `explain` on a table and on images: tables, JSON, PNG files, and what it refuses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { run } from "./host.ts";
import { folder } from "./program.ts";

const directory = folder();
const configs = join(import.meta.dirname, "../../configs");
const model = (name: string) => join(directory, name, "best.ckpt");

beforeAll(async () => {
  for (const [name, epochs] of [
    ["iris", "4"],
    ["digits", "1"],
  ] as const) {
    const argv = ["train", join(configs, `${name}.yaml`), "--out", join(directory, name), "--epochs", epochs];
    expect(await run([...argv, "--quiet"])).toMatchObject({ code: 0 });
  }
}, 60_000);

async function lines(...argv: string[]) {
  const { code, out, err } = await run(["explain", ...argv, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("columns by importance, the same twice, as text and as JSON", async () => {
  const [found] = await lines(model("iris"), "--metric", "log_loss");
  expect(found).toMatchObject({ split: "test", metric: "log_loss", rows: 30, repeats: 5 });
  expect(found.features.map(({ name }: { name: string }) => name)).toEqual([
    "sepal_length",
    "sepal_width",
    "petal_length",
    "petal_width",
  ]);
  expect(await lines(model("iris"), "--metric", "log_loss")).toEqual([found]);
  const { out } = await run(["explain", model("iris"), "--metric", "log_loss"]);
  expect(out.split("\n")[4]).toMatch(/^(petal|sepal)_\w+ +\d\S+ +\d\S+ +█+$/);
});

test("rows one by one: what is predicted, and for a class that is asked for", async () => {
  const rows = await lines(model("iris"), "--rows", "0,149");
  expect(rows.map(({ row, of }) => [row, of])).toEqual([
    [0, "setosa"],
    [149, "virginica"],
  ]);
  const [row] = await lines(model("iris"), "--rows", "3", "--of", "versicolor", "--baseline", "zeros");
  const sum = Object.values<number>(row.attributions).reduce((a, b) => a + b, 0);
  expect(sum + row.error).toBeCloseTo(row.value - row.baseline, 10);
  expect(Math.abs(row.error)).toBeLessThan(0.01);
});

test("tiles of images, and pictures of weights and of a row's pixels", { timeout: 20_000 }, async () => {
  const [{ across, features }] = await lines(model("digits"), "--repeats", "1", "--sample", "50");
  expect([across, features.length]).toEqual([8, 64]);
  const [row] = await lines(model("digits"), "--rows", "3", "--pictures", join(directory, "pictures"));
  expect(row.attributions).toHaveLength(64);
  for (const [name, width, height] of [
    ["first-layer.png", 8 * 28 + 4, 8 * 28 + 4],
    [`row-3-${row.of}.png`, 2 * 68 + 4, 72],
  ] as const) {
    const file = readFileSync(join(directory, "pictures", name));
    expect(file.toString("latin1", 1, 4)).toBe("PNG");
    expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([width, height]);
    const data = file.indexOf("IDAT");
    const pixels = inflateSync(file.subarray(data + 4, data + 4 + file.readUInt32BE(data - 4)));
    expect(pixels.length).toBe(height * (1 + 3 * width));
  }
});

test.each([
  [["--rows", "150"], "there is no row 150; expected row numbers from 0 to 149"],
  [["--rows", "3-1"], 'wrong value "3-1"; expected row numbers'],
  [["--metric", "acuracy"], "did you mean accuracy?"],
  [["--rows", "1", "--of", "setoza"], "did you mean setosa?"],
  [["--rows", "1", "--metric", "loss"], "cannot be used together"],
  [["--pictures", "out"], "the model was not trained on grey images"],
])("%j is refused", async (argv, why) => {
  const { code, out, err } = await run(["explain", model("iris"), ...argv]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(why);
});
