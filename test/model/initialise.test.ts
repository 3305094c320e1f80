/** First weights have the bounds and deviations that torch.nn.init documents, and depend on the seed alone. */
import { describe, expect, test } from "vitest";
import type { InitSpec } from "../../src/config/schema.ts";
import { initialise } from "../../src/model/initialise.ts";

const fans = { in: 300, out: 100 };
const count = fans.in * fans.out;

function draw(init: InitSpec, role: "weight" | "bias" = "weight", seed = 0, index = 0): Float64Array {
  const values = new Float64Array(count);
  initialise(values, { role, fans }, init, seed, index);
  return values;
}
const deviation = (values: Float64Array) =>
  Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
const largest = (values: Float64Array) => values.reduce((top, x) => Math.max(top, Math.abs(x)), 0);

const relu = { mode: "fan_in", nonlinearity: "relu", a: 0 } as const;
const slope = { mode: "fan_out", nonlinearity: "leaky_relu", a: Math.sqrt(5) } as const;
/** Standard deviations by the formulas of torch.nn.init. */
const cases: [InitSpec, number][] = [
  [{ name: "default" }, 1 / Math.sqrt(3 * 300)],
  [{ name: "kaiming_uniform", ...relu }, Math.sqrt(2 / 300)],
  [{ name: "kaiming_normal", ...relu }, Math.sqrt(2 / 300)],
  [{ name: "kaiming_uniform", ...slope }, Math.sqrt(1 / 3 / 100)],
  [{ name: "kaiming_normal", mode: "fan_in", nonlinearity: "tanh", a: 0 }, 5 / 3 / Math.sqrt(300)],
  [{ name: "kaiming_normal", mode: "fan_in", nonlinearity: "selu", a: 0 }, 3 / 4 / Math.sqrt(300)],
  [{ name: "xavier_uniform", gain: 1 }, Math.sqrt(2 / 400)],
  [{ name: "xavier_normal", gain: 2 }, 2 * Math.sqrt(2 / 400)],
];

describe.each(cases)("%o", (init, std) => {
  test(`has the deviation ${std.toFixed(4)}`, () => {
    expect(deviation(draw(init)) / std).toBeCloseTo(1, 1);
  });
  if (!init.name.endsWith("normal")) {
    test("stays within √3 deviations, and comes near", () => {
      expect(largest(draw(init))).toBeLessThanOrEqual(Math.sqrt(3) * std);
      expect(largest(draw(init))).toBeGreaterThan(0.99 * Math.sqrt(3) * std);
    });
  }
});

test("torch's default draws biases as weights, all others start them at zero", () => {
  expect(largest(draw({ name: "default" }, "bias"))).toBeGreaterThan(0);
  for (const [init] of cases.slice(1)) expect(largest(draw(init, "bias"))).toBe(0);
});

test("zeros and constant are what they say", () => {
  expect(new Set(draw({ name: "zeros" }))).toEqual(new Set([0]));
  expect(new Set(draw({ name: "constant", value: 0.25 }))).toEqual(new Set([0.25]));
});

test("another seed or another parameter draws other numbers, the same draw the same", () => {
  const init: InitSpec = { name: "default" };
  expect(draw(init)).toEqual(draw(init));
  expect(draw(init, "weight", 1)).not.toEqual(draw(init));
  expect(draw(init, "weight", 0, 1)).not.toEqual(draw(init));
});
