/** `nnt landscape`: the picture is of the loss that training minimises, and its path is training's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { principalDirections } from "../../src/run/principal.ts";
import { run } from "./host.ts";
import { folder } from "./program.ts";

vi.setConfig({ testTimeout: 60_000 });

const root = folder();
const config = (name: string) => join(import.meta.dirname, "../../configs", `${name}.yaml`);

async function landscape(name: string, ...options: string[]) {
  const { code, out, err } = await run(["landscape", config(name), "--threads", "1", "--json", ...options]);
  expect([code, err]).toEqual([0, expect.anything()]);
  return JSON.parse(out);
}

describe("of a line", () => {
  test("the path begins and ends where training does, and the loss is least beside its end", async () => {
    const { x, y, loss, path, shown } = await landscape("line", "--size", "9");
    await run(["train", config("line"), "--out", join(root, "line"), "--quiet"]);
    const { parameters } = readCheckpoint(join(root, "line", "last.ckpt"), "model");
    const [w, b] = parameters.map(({ values }) => values[0]!);
    expect([path.at(-1).x, path.at(-1).y, shown]).toEqual([w, b, 1]);
    expect([x.label, y.label, path[0].step]).toEqual(["slope w", "intercept b", 0]);
    const all = loss.flat();
    const best = all.indexOf(Math.min(...all));
    expect(Math.abs(x.values[best % 9] - w!)).toBeLessThan(x.values[1] - x.values[0]);
    expect(Math.abs(y.values[Math.floor(best / 9)] - b!)).toBeLessThan(y.values[1] - y.values[0]);
  });

  test("the loss at a point is the mean of ½ (w x + b − y)² over the rows", async () => {
    const { x, y, loss, rows } = await landscape(
      "line",
      "--size",
      "3",
      "--set",
      "data.split={ validation: 0, test: 0 }",
    );
    const [, ...lines] = readFileSync(join(import.meta.dirname, "../../data/line.csv"), "utf8")
      .trim()
      .split("\n");
    expect(rows).toBe(lines.length);
    const points = lines.map((line) => line.split(",").map(Number) as [number, number]);
    const mean = (w: number, b: number) =>
      points.reduce((sum, [at, value]) => sum + (w * at + b - value) ** 2 / 2, 0) / points.length;
    for (const [j, b] of y.values.entries())
      for (const [i, w] of x.values.entries()) expect(loss[j][i] / mean(w, b)).toBeCloseTo(1, 4);
  });
});

test("of a network, the path ends in the middle, and a picture is written", async () => {
  const found = await landscape("two-hidden-layers", "--size", "3", "--epochs", "3");
  expect(found.path.at(-1)).toMatchObject({ x: 0, y: 0 });
  expect(found.shown).toBeGreaterThan(0.5);
  expect(found.loss[1][1]).toBeLessThan(found.loss[0][0]);
  const file = join(root, "picture.svg");
  const done = await run([
    "landscape",
    config("two-hidden-layers"),
    "--size",
    "5",
    "--epochs",
    "1",
    "-o",
    file,
  ]);
  expect(done).toMatchObject({ code: 0, out: `${file}\n` });
  expect(readFileSync(file, "utf8")).toMatch(/^<svg .*<polyline points=.*<\/svg>\n$/s);
});

test("another format than SVG is refused before anything is trained", async () => {
  expect(await run(["landscape", "nothing.yaml", "-o", "a.png"])).toMatchObject({ code: 2 });
});

test("principal directions are those in which points lie farthest apart", () => {
  const along = [0.6, 0.8, 0];
  const aside = [0, 0, 1];
  const points = [-3, -1, 0, 2].map((t, i) =>
    Float64Array.from(along, (u, j) => 5 + t * u + (i % 2 ? 0.1 : -0.1) * aside[j]!),
  );
  const { directions, shares } = principalDirections(points, Float64Array.of(5, 5, 5));
  for (const [d, wanted] of [
    [directions[0], along],
    [directions[1], aside],
  ] as const)
    expect(Math.abs(d.reduce((sum, value, i) => sum + value * wanted[i]!, 0))).toBeCloseTo(1, 3);
  expect(shares[0] + shares[1]).toBeCloseTo(1, 6);
});
