/** Drift of columns is told where it is, and hardly ever where chance alone makes rows differ. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../../../src/checkpoint/checkpoint.ts";
import { stability } from "../../../src/data/preprocessing/drift.ts";
import { randomUniform, streamKey } from "../../../src/support/random.ts";
import { run } from "../../cli/host.ts";
import { folder, put } from "../../cli/program.ts";

describe("the stability index", () => {
  test("is Σ (a − e) ln(a/e) over shares, half a row added to each bin that either has", () => {
    const [e, a] = [
      [30.5, 10.5, 0.5].map((count) => count / 41.5),
      [10.5, 10.5, 20.5].map((count) => count / 41.5),
    ];
    const psi = e!.reduce((sum, share, bin) => sum + (a![bin]! - share) * Math.log(a![bin]! / share), 0);
    expect(stability([30, 10, 0, 0], [10, 10, 20, 0]).psi).toBeCloseTo(psi, 12);
    expect(stability([10, 10, 20, 0], [30, 10, 0, 0]).psi).toBeCloseTo(psi, 12);
    expect(stability([3, 4], [30, 40]).psi).toBeLessThan(0.01);
  });

  test.each([12, 100, 3000])("of %i rows like the others is beyond chance in few of 1000 columns", (rows) => {
    let beyond = 0;
    for (let column = 0; column < 1000; column++) {
      const key = streamKey(column, "split", rows);
      const [then, now] = [new Array<number>(10).fill(0), new Array<number>(10).fill(0)];
      for (let row = 0; row < 2000; row++) then[Math.floor(10 * randomUniform(key, row) ** 1.5)]!++;
      for (let row = 0; row < rows; row++) now[Math.floor(10 * randomUniform(key, 2000 + row) ** 1.5)]!++;
      const { psi, chance } = stability(then, now);
      if (psi > chance) beyond++;
    }
    expect(beyond).toBeLessThanOrEqual(6);
  });
});

describe("of new rows of a table", () => {
  const directory = folder();
  const path = (name: string) => join(directory, name);
  const model = path("run/best.ckpt");
  const table = (rows: number, seed: number, age = 0, town = ["north", "south"]) => {
    const key = streamKey(seed, "split");
    const lines = Array.from({ length: rows }, (_, i) => {
      const u = [0, 1, 2].map((k) => randomUniform(key, 3 * i + k)) as [number, number, number];
      const years = 18 + 60 * u[0] + age;
      return `${u[2] < 0.05 ? "" : years},${town[Math.floor(town.length * u[1])]},${u[0] + u[1] > 1 ? "yes" : "no"}`;
    });
    return `age,town,bought\n${lines.join("\n")}\n`;
  };

  beforeAll(async () => {
    put(directory, {
      "old.csv": table(1000, 1),
      "same.csv": table(400, 2),
      "few.csv": table(8, 3),
      "older.csv": table(400, 4, 30),
      "elsewhere.csv": table(400, 5, 0, ["north", "south", "east"]),
      "spec.yaml": "data: { path: old.csv, target: bought }\nmodel: { hidden: [4] }\ntrain: { epochs: 1 }\n",
    });
    const { code } = await run(["train", path("spec.yaml"), "--out", path("run"), "--quiet"]);
    expect(code).toBe(0);
  });

  const driftsIn = async (file: string) => {
    const { out } = await run(["eval", model, "--data", path(file), "--json"]);
    const { drift } = JSON.parse(out) as { drift: { column: string; drift: number; outside: number }[] };
    return new Map(drift.map((one) => [one.column, one]));
  };

  test("like those trained on, many or few, none is told", async () => {
    for (const file of ["same.csv", "few.csv"])
      expect([...(await driftsIn(file)).values()].map(({ drift }) => drift)).toEqual([0, 0]);
    const { out } = await run(["eval", model, "--data", path("same.csv")]);
    expect(out).toContain("none in 2 columns beyond chance");
  });

  test("that are others, the column is told, and a gate on it fails", async () => {
    const older = await driftsIn("older.csv");
    expect(older.get("age")!.drift).toBeGreaterThan(1);
    expect(older.get("age")!.outside).toBeGreaterThan(0.3);
    expect(older.get("town")!.drift).toBe(0);
    const elsewhere = await driftsIn("elsewhere.csv");
    expect(elsewhere.get("town")!.drift).toBeGreaterThan(0.2);
    expect(elsewhere.get("town")!.outside).toBeCloseTo(1 / 3, 1);
    const gated = (file: string, gate: string) =>
      run(["eval", model, "--data", path(file), "--fail-if", gate]);
    expect(await gated("older.csv", "drift.age>0.2")).toMatchObject({ code: 7 });
    expect(await gated("older.csv", "drift>0.2")).toMatchObject({ code: 7 });
    expect(await gated("older.csv", "drift.town>0.2")).toMatchObject({ code: 0 });
    const unknown = await gated("older.csv", "drift.agee>0.2");
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('did you mean "drift.age"?');
  });

  test("predict counts what lies outside the training rows' ranges, and levels they lack", async () => {
    const { err } = await run(["predict", model, "--input", path("older.csv")]);
    expect(err).toMatch(
      /^warning: column "age": \d{3} values outside 18\.\d+ … 77\.\d+, where the training rows' lie$/m,
    );
    const other = await run(["predict", model, "--input", path("elsewhere.csv")]);
    expect(other.err).toMatch(/^warning: column "town": 1\d\d values unseen in training/m);
    expect((await run(["predict", model, "--input", path("same.csv")])).err).not.toContain("outside");
  });

  test("a model without a profile measures as before, and says that it tells no drift", async () => {
    const { preprocessing, ...checkpoint } = readCheckpoint(model);
    const { profile: _, ...older } = preprocessing as { profile?: object };
    writeCheckpoint(path("before.ckpt"), { ...checkpoint, preprocessing: older } as never);
    const before = await run(["eval", path("before.ckpt"), "--data", path("older.csv"), "--json"]);
    expect(before.code).toBe(0);
    expect(before.err).toContain("the model has no profile of its training columns");
    const now = await run(["eval", model, "--data", path("older.csv"), "--json"]);
    expect(JSON.parse(before.out).metrics).toEqual(JSON.parse(now.out).metrics);
    const argv = ["eval", path("before.ckpt"), "--data", path("older.csv"), "--fail-if", "drift.age>0.2"];
    const gated = await run(argv);
    expect([gated.code, gated.err]).toEqual([2, expect.stringContaining('nothing tells "drift.age"')]);
    const predicted = await run(["predict", path("before.ckpt"), "--input", path("older.csv")]);
    expect([predicted.code, predicted.err]).toEqual([0, expect.not.stringContaining("outside")]);
  });
});
