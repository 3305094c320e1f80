/** The spec's `schedule` section in canonical form; names and defaults are torch.optim.lr_scheduler's. */
import { z } from "zod";
import { above, atLeast, between0and1, choice, factor, listOf, wholeNumber } from "./fields.ts";

export type ScheduleSpec = z.output<typeof scheduleSchema>;

/** What every schedule takes. */
const warmup = {
  warmup_epochs: atLeast(0)
    .default(0)
    .describe("Epochs, possibly fractional, over which lr first rises linearly from 0."),
  warmup_steps: wholeNumber(0).default(0).describe("The same in updates."),
};

const interval = (unit: "epoch" | "step") =>
  choice(["epoch", "step"]).default(unit).describe("The unit the schedule counts in: epochs or updates.");

const gamma = (value: number) => factor().default(value).describe("Factor on lr.");
const eta_min = atLeast(0).default(0).describe("The lowest lr.");

/** Adding a schedule: one row here. */
export const scheduleSchema = z
  .discriminatedUnion(
    "name",
    [
      z.strictObject({
        name: z.literal("constant").describe("lr stays constant, for use with warm-up."),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("step"),
        step_size: wholeNumber(1).describe("Steps after which lr is multiplied by gamma, again and again."),
        gamma: gamma(0.1),
        interval: interval("epoch"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("multi_step"),
        milestones: listOf(wholeNumber(1), "whole number").describe("When lr is multiplied by gamma."),
        gamma: gamma(0.1),
        interval: interval("epoch"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("exponential"),
        gamma: factor().describe("Factor on lr at each step."),
        interval: interval("epoch"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("cosine"),
        t_max: wholeNumber(1)
          .nullable()
          .default(null)
          .describe("Length of the half wave. null: the whole training."),
        eta_min,
        interval: interval("epoch"),
        ...warmup,
      }),
      z.strictObject({
        name: z
          .literal("coslog4")
          .describe("½(1 − cos 2π log₂(1 + 15t)), t the share of training done: four waves, each longer."),
        interval: interval("step"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("flat_cos").describe("lr for the first half, then half a cosine wave down to 0."),
        interval: interval("step"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("cosine_warm_restarts"),
        t_0: wholeNumber(1).describe("Length of the first wave."),
        t_mult: wholeNumber(1).default(1).describe("Each wave is this many times as long as the one before."),
        eta_min,
        interval: interval("epoch"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("linear"),
        start_factor: factor()
          .default(1 / 3)
          .describe("Factor on lr at the start."),
        end_factor: atLeast(0).default(1).describe("Factor on lr from total_iters on."),
        total_iters: wholeNumber(1).default(5).describe("Length of the line."),
        interval: interval("epoch"),
        ...warmup,
      }),
      z.strictObject({
        name: z
          .literal("one_cycle")
          .describe("As torch's with cycle_momentum=False: the momentum is constant."),
        max_lr: above(0).nullable().default(null).describe("The highest lr. null: the optimizer's lr."),
        total_steps: wholeNumber(1).nullable().default(null).describe("Length. null: the whole training."),
        pct_start: between0and1().default(0.3).describe("Fraction of the cycle in which lr rises."),
        anneal: choice(["cos", "linear"]).default("cos").describe("The shape of rise and fall."),
        div_factor: above(0).default(25).describe("max_lr divided by the first lr."),
        final_div_factor: above(0).default(1e4).describe("The first lr divided by the last."),
        interval: interval("step"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("polynomial"),
        total_iters: wholeNumber(1)
          .nullable()
          .default(null)
          .describe("When lr reaches 0. null: at the end of training."),
        power: above(0).default(1).describe("1 is a line."),
        interval: interval("epoch"),
        ...warmup,
      }),
      z.strictObject({
        name: z
          .literal("wsd")
          .describe("Warm-up, stable, decay: lr is constant until the last part of training."),
        decay: between0and1()
          .default(0.2)
          .describe("Fraction of training, after warm-up, in which lr falls."),
        shape: choice(["linear", "cos", "sqrt"])
          .default("linear")
          .describe("How it falls: sqrt is 1 − √share, fast at first."),
        eta_min,
        interval: interval("step"),
        ...warmup,
      }),
      z.strictObject({
        name: z.literal("reduce_on_plateau"),
        factor: between0and1().default(0.1).describe("Factor on lr."),
        patience: wholeNumber(0).default(10).describe("Epochs without improvement before lr is reduced."),
        threshold: atLeast(0).default(1e-4).describe("What counts as an improvement."),
        threshold_mode: choice(["rel", "abs"])
          .default("rel")
          .describe("Whether threshold is relative or absolute."),
        cooldown: wholeNumber(0).default(0).describe("Epochs to wait after each reduction."),
        min_lr: atLeast(0).default(0).describe("The lowest lr."),
        eps: atLeast(0).default(1e-8).describe("Smaller changes of lr are ignored."),
        ...warmup,
      }),
    ],
    "a schedule's name, or its settings",
  )
  .describe("How lr changes during training. null: it is constant.");
