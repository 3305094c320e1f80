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
