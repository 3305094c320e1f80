import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scheduleSchema } from "../../src/config/schema/schedule.ts";
import { initialPlateauState, learningRate, observePlateau } from "../../src/train/schedules.ts";

interface Case {
  schedule: string;
  options: Record<string, unknown>;
  base_lr: number;
  lr_before_step: number[];
  metric?: number[];
}

const golden = new URL("../golden/schedules.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, "utf8")) as { cases: Case[] };

describe("every schedule gives torch's learning rates", () => {
  test.each(cases)("$schedule", ({ schedule, options, base_lr, lr_before_step, metric }) => {
    const spec = scheduleSchema.parse({ name: schedule, ...options });
    const plateau = initialPlateauState();
    const length = { stepsPerEpoch: 1, totalSteps: lr_before_step.length };
    lr_before_step.forEach((expected, step) => {
      expect(learningRate(spec, base_lr, step, length, plateau)).toBeCloseTo(expected, 12);
      if (spec.name === "reduce_on_plateau") observePlateau(spec, base_lr, plateau, "min", metric![step]!);
    });
  });

  test("an epoch's rate stands still when the schedule counts epochs", () => {
    const spec = scheduleSchema.parse({ name: "exponential", gamma: 0.5 });
    const rates = [0, 1, 2, 3, 4].map((step) =>
      learningRate(spec, 1, step, { stepsPerEpoch: 2, totalSteps: 6 }, initialPlateauState()),
    );
    expect(rates).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });

  test("warm-up rises to the full rate, then the schedule begins", () => {
    const spec = scheduleSchema.parse({ name: "exponential", gamma: 0.5, interval: "step", warmup_steps: 4 });
    const rates = [0, 1, 2, 3, 4, 5].map((step) =>
      learningRate(spec, 1, step, { stepsPerEpoch: 2, totalSteps: 6 }, initialPlateauState()),
    );
    expect(rates).toEqual([0.25, 0.5, 0.75, 1, 1, 0.5]);
  });
});

describe("wsd", () => {
  const rates = (options: object) => {
    const spec = scheduleSchema.parse({ name: "wsd", ...options });
    return Array.from({ length: 10 }, (_, step) =>
      learningRate(spec, 1, step, { stepsPerEpoch: 5, totalSteps: 10 }, initialPlateauState()),
    );
  };

  test("warms up, stays, and falls towards the end in a line", () => {
    const expected = [0.5, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2];
    rates({ decay: 0.5, warmup_steps: 2 }).forEach((rate, i) => {
      expect(rate).toBeCloseTo(expected[i]!, 12);
    });
  });

  test.each(["linear", "cos", "sqrt"])("%s falls all the way and never rises", (shape) => {
    const falling = rates({ decay: 0.3, shape, eta_min: 0.01 });
    expect(falling.slice(0, 7)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    expect(falling.at(-1)).toBeLessThan(0.3);
    expect(falling.at(-1)).toBeGreaterThanOrEqual(0.01);
  });
});

test("a cycle whose peak is its first step has a rate there", () => {
  const spec = scheduleSchema.parse({ name: "one_cycle", total_steps: 10, pct_start: 0.1 });
  const length = { stepsPerEpoch: 10, totalSteps: 10 };
  expect(learningRate(spec, 0.3, 0, length, initialPlateauState())).toBeCloseTo(0.3, 12);
});
