import { describe, expect, test } from "vitest";
import { optimizerSchema } from "../../src/config/schema/optimizer.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { Lbfgs } from "../../src/train/lbfgs.ts";
import { cubicMinimum, type Point, strongWolfe } from "../../src/train/lineSearch.ts";
import { irisData, outcome } from "./support.ts";

/** A function of two numbers with its gradient. */
type Surface = (x: number, y: number) => { f: number; g: [number, number] };

/** Rosenbrock's valley: least, 0, at (1, 1). */
const valley: Surface = (x, y) => ({
  f: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  g: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
});
/** Its axes differ a thousandfold. */
const bowl: Surface = (x, y) => ({ f: (x - 3) ** 2 + 1000 * (y + 1) ** 2, g: [2 * (x - 3), 2000 * (y + 1)] });

async function minimise(surface: Surface, start: [number, number], iterations: number) {
  const k = new Kernels(openReference(64));
  const [theta, gradient] = [k.matrix(1, 2), k.matrix(1, 2)];
  theta.host.set(start);
  const spec = optimizerSchema.parse({ name: "lbfgs" }) as Extract<
    ReturnType<typeof optimizerSchema.parse>,
    { name: "lbfgs" }
  >;
  const lbfgs = new Lbfgs(k, spec, { theta, gradient });
  const losses: number[] = [];
  for (let i = 0; i < iterations; i++) {
    await lbfgs.step(1, async () => {
      const { f, g } = surface(theta.host[0]!, theta.host[1]!);
      gradient.host.set(g);
      return f;
    });
    losses.push(surface(theta.host[0]!, theta.host[1]!).f);
  }
  return { x: [...theta.host], losses };
}

describe("L-BFGS", () => {
  test.each([
    ["a bowl", bowl, [0, 0], 30, [3, -1]],
    ["Rosenbrock's valley", valley, [-1.2, 1], 60, [1, 1]],
  ] as const)("finds the bottom of %s and never goes up", async (_, surface, start, iterations, bottom) => {
    const { x, losses } = await minimise(surface, [...start], iterations);
    x.forEach((value, i) => {
      expect(value).toBeCloseTo(bottom[i]!, 5); // slopes below 1e-9 end it, as in torch
    });
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
  });

  test("stays at the bottom once it is there", async () => {
    expect((await minimise(bowl, [3, -1], 3)).x).toEqual([3, -1]);
  });

  test("fits a table in far fewer passes than Adam, to a lower loss", async () => {
    const spec = (optimizer: string, epochs: number) =>
      `${irisData}optimizer: ${optimizer}\nmodel: { hidden: [] }\ntrain: { epochs: ${epochs}, l2: 0.01 }\n`;
    const loss = async (text: string) => (await outcome(text)).events.at(-1)!.train.loss!;
    const [searched, stepped] = [await loss(spec("lbfgs", 15)), await loss(spec("adam", 60))];
    expect(searched).toBeLessThan(stepped);
  });
});

describe("the strong Wolfe search", () => {
  test.each([1e-3, 1, 50])("from a first length of %d ends low enough and flat enough", async (start) => {
    const at = async (t: number): Promise<Point> => ({
      t,
      f: Math.cosh(t - 2) - t / 9,
      slope: Math.sinh(t - 2) - 1 / 9,
    });
    const origin = await at(0);
    const { f, t, slope } = await strongWolfe(at, origin, start, { most: 25, shortest: 1e-9 });
    expect(f).toBeLessThanOrEqual(origin.f + 1e-4 * t * origin.slope);
    expect(Math.abs(slope)).toBeLessThanOrEqual(-0.9 * origin.slope);
  });

  test("a cubic's least place is found at once, within its bounds", () => {
    const at = (t: number): Point => ({ t, f: t ** 3 - 3 * t, slope: 3 * t * t - 3 });
    expect(cubicMinimum(at(0), at(3), [0, 3])).toBeCloseTo(1, 12);
    expect(cubicMinimum(at(3), at(0), [0, 3])).toBeCloseTo(1, 12);
    expect(cubicMinimum(at(0), at(3), [2, 3])).toBe(2);
  });

  test("past a place where the loss is not finite goes back", async () => {
    const at = async (t: number): Promise<Point> => ({
      t,
      f: t > 5 ? Number.NaN : (t - 2) ** 2,
      slope: t > 5 ? Number.NaN : 2 * (t - 2),
    });
    const { f } = await strongWolfe(at, await at(0), 100, { most: 25, shortest: 1e-9 });
    expect(f).toBeLessThan(4);
  });
});
