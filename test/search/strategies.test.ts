/** The ways to search: what each tries, and that it does not depend on who was faster. */
import { describe, expect, it, test } from "vitest";
import { rungsOf } from "../../src/search/halving.ts";
import { randomUniform, streamKey } from "../../src/support/random.ts";
import { type Done, searched, settingsOf } from "./support.ts";

const space = `{
  optimizer.lr: { min: 0.0001, max: 1, scale: log },
  "model.hidden[0]": { type: int, min: 4, max: 64, scale: log },
  model.dropout: { min: 0, max: 0.8 },
  model.activation: [relu, tanh, gelu] }`;

/** Best at a rate of 0.01, no dropout and gelu; more epochs always help. */
function loss(point: Readonly<Record<string, unknown>>, epochs: number | null): number {
  const rate = Math.log10(Number(point["optimizer.lr"])) + 2;
  const activation = point["model.activation"] === "gelu" ? 0 : 0.5;
  return rate ** 2 + Number(point["model.dropout"]) + activation + 1 / (epochs ?? 27);
}

const methods = ["grid", "random", "tpe", "halving"] as const;
const spec = (method: string, more = "trials: 40") =>
  settingsOf(`{ method: ${method}, ${more}, space: ${space} }`);

describe.each(methods)("%s", (method) => {
  it("does the same work in whatever order results come", () => {
    const inOrder = searched(spec(method), loss);
    const key = streamKey(7, "search");
    let draws = 0;
    const anyOrder = searched(spec(method), loss, ({ length }) =>
      Math.floor(length * randomUniform(key, draws++)),
    );
    const latestFirst = searched(spec(method), loss, ({ length }) => length - 1);
    expect(anyOrder).toEqual(inOrder);
    expect(latestFirst).toEqual(inOrder);
  });

  it("tries values of the space alone, and none twice", () => {
    const jobs = searched(spec(method), loss);
    const trials = new Map(jobs.map(({ trial, point }) => [trial, JSON.stringify(point)]));
    expect(new Set(trials.values()).size).toBe(trials.size);
    for (const { point } of jobs) {
      const [lr, width, dropout] = ["optimizer.lr", "model.hidden[0]", "model.dropout"].map((path) =>
        Number(point[path]),
      );
      expect(lr).toBeGreaterThanOrEqual(0.0001);
      expect(lr).toBeLessThanOrEqual(1);
      expect(Number.isInteger(width) && width! >= 4 && width! <= 64).toBe(true);
      expect(dropout! >= 0 && dropout! <= 0.8).toBe(true);
      expect(["relu", "tanh", "gelu"]).toContain(point["model.activation"]);
    }
  });

  it("goes on with the same trials when it may make more", () => {
    const few = searched(spec(method, "trials: 12"), loss).filter(({ epochs }) => epochs === null);
    const more = searched(spec(method, "trials: 24"), loss).filter(({ epochs }) => epochs === null);
    expect(more.slice(0, few.length)).toEqual(few);
  });
});

test("another seed tries other values", () => {
  expect(searched(spec("random", "trials: 3, seed: 1"), loss)).not.toEqual(
    searched(spec("random", "trials: 3"), loss),
  );
});

test("a grid has every combination, the last path changing fastest, ranges with both ends", () => {
  const jobs = searched(
    settingsOf(
      `{ method: grid, space: { optimizer.lr: { min: 0.01, max: 1, scale: log, points: 3 }, model.hidden: [[8], [8, 8]] } }`,
    ),
    () => 0,
  );
  const pairs = jobs.map(({ point }) => [point["optimizer.lr"], point["model.hidden"]]);
  const rates = [0.01, 0.1, 1];
  expect(pairs).toEqual(
    rates.flatMap((lr) => [
      [lr, [8]],
      [lr, [8, 8]],
    ]),
  );
});

test("TPE finds better values than chance, on the mean of five seeds, and looks where it found them", () => {
  const seeds = Array.from({ length: 5 }, (_, seed) => seed);
  const runs = (method: string) =>
    seeds.map((seed) => searched(spec(method, `trials: 60, seed: ${seed}`), loss));
  const best = (jobs: readonly Done[]) => Math.min(...jobs.map((job) => job.loss));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const tpe = runs("tpe");
  expect(mean(tpe.map(best))).toBeLessThan(mean(runs("random").map(best)));
  const late = tpe.flatMap((jobs) => jobs.slice(-20));
  expect(late.filter(({ point }) => point["model.activation"] === "gelu").length).toBeGreaterThan(
    late.length / 2,
  );
});

test("TPE learns from nothing before it has results, and passes over trials that failed", () => {
  const jobs = searched(spec("tpe", "trials: 30"), (point, epochs) =>
    Number(point["optimizer.lr"]) > 0.1 ? Infinity : loss(point, epochs),
  );
  const random = searched(spec("random", "trials: 30"), loss);
  const points = (list: readonly Done[]) => list.map(({ point }) => point);
  expect(points(jobs).slice(0, 10)).toEqual(points(random).slice(0, 10));
  const failed = jobs.slice(-10).filter((job) => job.loss === Infinity);
  expect(failed.length).toBeLessThan(5);
  expect(searched(spec("tpe"), () => Infinity)).toHaveLength(40);
});

describe("halving", () => {
  const jobs = searched(spec("halving", "trials: 27"), loss);

  it("has rungs whose last is the whole trial, and as many as leave one there", () => {
    const method = { name: "halving", reduction: 3, min_epochs: 1 } as const;
    expect(rungsOf(27, method, 27)).toEqual([1, 3, 9, 27]);
    expect(rungsOf(60, method, 30)).toEqual([2, 7, 20, 60]);
    expect(rungsOf(60, method, 5)).toEqual([20, 60]);
    expect(rungsOf(60, { ...method, min_epochs: 10 }, 30)).toEqual([20, 60]);
    expect(rungsOf(2, method, 30)).toEqual([1, 2]);
  });

  it("begins every trial on the first rung, and lets no trial skip one", () => {
    const rungs = [1, 3, 9, 27];
    const reached = new Map<number, (number | null)[]>();
    for (const { trial, epochs } of jobs) reached.set(trial, [...(reached.get(trial) ?? []), epochs]);
    expect([...reached.keys()]).toEqual(Array.from({ length: 27 }, (_, i) => i + 1));
    for (const epochs of reached.values()) expect(epochs).toEqual(rungs.slice(0, epochs.length));
  });

  it("lets one in three go on, and the best to the end", () => {
    const on = (rung: number) => jobs.filter(({ epochs }) => epochs === rung);
    expect(on(3).length).toBeGreaterThanOrEqual(9);
    expect(on(3).length).toBeLessThan(14);
    expect(on(27).length).toBeGreaterThan(0);
    const best = Math.min(...on(1).map((job) => job.loss));
    expect(on(27).map(({ trial }) => trial)).toContain(on(1).find((job) => job.loss === best)!.trial);
  });

  it("promotes no trial that failed", () => {
    const failing = searched(spec("halving", "trials: 9"), (_point, epochs, trial) =>
      trial < 9 ? Infinity : 1 / epochs!,
    );
    expect(new Set(failing.filter(({ epochs }) => epochs! > 3).map(({ trial }) => trial))).toEqual(
      new Set([9]),
    );
  });
});
