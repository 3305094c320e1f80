/** A spec file's `search` section in canonical form: which values to try, how, and what is best. */
import { z } from "zod";
import { above, choice, finite, wholeNumber } from "./fields.ts";
import { comparable } from "./metrics.ts";

export type SearchSpec = z.output<typeof searchSchema>;
export type DimensionSpec = z.output<typeof dimensionSchema>;
export type RangeSpec = Extract<DimensionSpec, { type: "float" | "int" }>;
export type MethodSpec = z.output<typeof methodSchema>;

const scale = choice(["linear", "log"])
  .default("linear")
  .describe("log: as many values between 0.001 and 0.01 as between 0.01 and 0.1.");
const points = wholeNumber(2).default(5).describe("How many values a grid takes, including both ends.");

/** One value of the spec that is searched for. */
export const dimensionSchema = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("choice"),
      values: z.array(z.unknown(), "a list of values").min(1, "a list of values").describe("One of these."),
    }),
    z.strictObject({
      type: z.literal("float"),
      min: finite().describe("The smallest value."),
      max: finite().describe("The largest value."),
      scale,
      points,
    }),
    z.strictObject({
      type: z.literal("int"),
      min: z.int("a whole number").describe("The smallest value."),
      max: z.int("a whole number").describe("The largest value."),
      scale,
      points,
    }),
  ],
  "a list of values, or a range such as { min: 0.0001, max: 0.1, scale: log }",
);

/** Adding a method: one row here, one in src/search/strategies.ts. */
export const methodSchema = z
  .discriminatedUnion(
    "name",
    [
      z.strictObject({ name: z.literal("grid").describe("Every combination, in order.") }),
      z.strictObject({ name: z.literal("random").describe("Random values, independent of other trials.") }),
      z.strictObject({
        name: z
          .literal("tpe")
          .describe("More trials where results are good: tree-structured Parzen estimators."),
        startup: wholeNumber(1).default(10).describe("Random trials before results are used."),
        candidates: wholeNumber(1)
          .default(24)
          .describe("Candidates drawn per trial, of which the most promising is taken."),
        gamma: above(0)
          .max(1, "a number above 0 and at most 1")
          .default(0.15)
          .describe("Fraction of trials that count as good."),
      }),
      z.strictObject({
        name: z.literal("halving").describe("Many short trials, of which the best are continued: ASHA."),
        reduction: z
          .number("a number above 1")
          .gt(1, "a number above 1")
          .default(3)
          .describe("One in this many trials is continued, for this many times the epochs."),
        min_epochs: wholeNumber(1).default(1).describe("Epochs of a trial's first round."),
      }),
    ],
    "a method's name, or its settings",
  )
  .describe("How values are chosen. Default: tpe.");

export const searchSchema = z
  .strictObject(
    {
      method: methodSchema,
      metric: choice(comparable)
        .default("validation.loss")
        .describe(
          "The metric to optimise: validation., train. or, with train.folds, folds. and a metric's name; of folds, it is their mean.",
        ),
      mode: choice(["min", "max"]).nullable().default(null).describe("null: follows from the metric."),
      trials: wholeNumber(1)
        .nullable()
        .default(null)
        .describe("How many combinations are tried. Default: 30, or all of a grid."),
      seed: wholeNumber(0).default(0).describe("Seed of the search."),
      parallel: wholeNumber(1)
        .default(4)
        .describe(
          "Trials at once, at most, over all machines. A choice never knows the latest so many results, so that it is the same however many do run.",
        ),
      space: z
        .record(z.string(), dimensionSchema, "paths of the spec, and the values to try there")
        .refine((space) => Object.keys(space).length > 0, "paths of the spec, and the values to try there")
        .describe("What is tried: a path of the spec, and a list of values or a range."),
    },
    "what to search for, such as { trials: 30, space: { optimizer.lr: { min: 0.0001, max: 0.1, scale: log } } }",
  )
  .describe("For `nnt sweep` only: which values of this spec to try.");
