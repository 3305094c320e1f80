/** `nnt train --seeds`: several runs, what they come to, and the one model they make. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { run } from "./host.ts";

// Three runs, one after the other, take a while on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const spec = resolve(import.meta.dirname, "../../configs/wine.yaml");
const rows = resolve(import.meta.dirname, "../../data/wine.csv");
const directory = mkdtempSync(join(tmpdir(), "nnt-seeds-"));
const out = join(directory, "all");
const train = (into: string, ...more: string[]) =>
  run(["train", spec, "--seeds", "3", "--epochs", "2", "--threads", "1", "--out", into, ...more]);
const seedsOf = (into: string) => JSON.parse(readFileSync(join(into, "seeds.json"), "utf8"));

let told: { code: number; out: string };
beforeAll(async () => {
  told = await train(out, "--json");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("every seed has a run of its own, and all split the rows alike", () => {
  expect(told.code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(["ensemble.ckpt", "seed-0", "seed-1", "seed-2", "seeds.json"]);
  const specs = [0, 1, 2].map((seed) => readFileSync(join(out, `seed-${seed}/spec.yaml`), "utf8"));
  expect(specs.map((text) => /^seed: (\d)/m.exec(text)?.[1])).toEqual(["0", "1", "2"]);
  for (const text of specs) expect(text).toMatch(/split:\n(?: +.*\n)*? +seed: 0/);
});

test("the last line has mean and deviation of the runs' figures, and the ensemble's", () => {
  const end = JSON.parse(told.out.trimEnd().split("\n").at(-1)!);
  const losses = [0, 1, 2].map(
    (seed) => JSON.parse(readFileSync(join(out, `seed-${seed}/summary.json`), "utf8")).metrics.test.loss,
  );
  const mean = (losses[0] + losses[1] + losses[2]) / 3;
  const squares = losses.reduce((sum: number, loss: number) => sum + (loss - mean) ** 2, 0);
  const { values, ...spread } = end.spread.test.loss;
  expect([end.event, end.seeds, values]).toEqual(["end", [0, 1, 2], losses]);
  expect(spread.mean).toBeCloseTo(mean, 12);
  expect(spread.sd).toBeCloseTo(Math.sqrt(squares / 2), 12);
  // The logarithm is concave: the mean of probabilities loses less than the mean of losses.
  expect(end.metrics.test.loss).toBeLessThan(mean);
});

test("the ensemble is measured with the instruction set that the runs were trained with", async () => {
  const own = join(directory, "plain");
  const env = { NNT_ISA: "plain" }; // whose bits are its own
  const argv = ["train", spec, "--seeds", "2", "--epochs", "2", "--out", own, "--kernels", "wasm", "--quiet"];
  expect(await run(argv, { env })).toMatchObject({ code: 0 });
  const evaluate = ["eval", join(own, "ensemble.ckpt"), "--kernels", "wasm", "--json"];
  const { loss } = JSON.parse((await run(evaluate, { env })).out).metrics;
  expect(seedsOf(own).metrics.test.loss).toBe(loss);
  expect(JSON.parse((await run(evaluate)).out).metrics.loss).not.toBe(loss);
});

test("the ensemble answers with the mean of the runs' probabilities", async () => {
  const probabilities = async (model: string) => {
    const { out, code } = await run(["predict", model, "--input", rows, "--to", "jsonl", "--proba"]);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    return lines.map((line) => Object.values(JSON.parse(line).probabilities as Record<string, number>));
  };
  const together = await probabilities(join(out, "ensemble.ckpt"));
  const runs = await Promise.all([0, 1, 2].map((seed) => probabilities(join(out, `seed-${seed}/best.ckpt`))));
  together.forEach((row, i) => {
    row.forEach((p, c) => {
      expect(p).toBeCloseTo((runs[0]![i]![c]! + runs[1]![i]![c]! + runs[2]![i]![c]!) / 3, 5);
    });
  });
});

test("eval measures it, and gates hold it to its figures", async () => {
  const { code, out: text } = await run([
    "eval",
    join(out, "ensemble.ckpt"),
    "--json",
    "--fail-if",
    "loss>9",
  ]);
  expect([code, JSON.parse(text).metrics.loss]).toEqual([0, seedsOf(out).metrics.test.loss]);
});

test("what was cut off goes on to the same bytes; what is there is not replaced unasked", async () => {
  const cut = join(directory, "cut");
  cpSync(out, cut, { recursive: true });
  rmSync(join(cut, "seed-2"), { recursive: true });
  rmSync(join(cut, "seed-1/last.ckpt"));
  rmSync(join(cut, "ensemble.ckpt"));
  const refused = await train(cut);
  expect([refused.code, refused.err]).toEqual([
    5,
    expect.stringContaining("the directory already holds runs"),
  ]);
  expect((await train(cut, "--resume", "--quiet")).code).toBe(0);
  const bytes = (into: string) => readFileSync(join(into, "ensemble.ckpt"));
  expect(bytes(cut).equals(bytes(out))).toBe(true);
});

test("stdin gives data once, which is too seldom", async () => {
  const { code, err } = await train(join(directory, "stdin"), "--set", "data.path='-'");
  expect([code, err]).toEqual([2, expect.stringContaining("stdin can be read only once")]);
});
