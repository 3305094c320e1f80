/** The spec's `optimizer` section in canonical form; names and defaults are torch.optim's. */
import { z } from "zod";
import { above, atLeast, flag, share } from "./fields.ts";

export type OptimizerSpec = z.output<typeof optimizerSchema>;
export type OptimizerName = OptimizerSpec["name"];

const lr = (value: number) => above(0).default(value).describe("Learning rate.");
const decay = (value: number, description: string) => atLeast(0).default(value).describe(description);

const adam = {
  lr: lr(0.001),
  betas: z
    .tuple([share(), share()], "a list of two numbers, such as [0.9, 0.999]")
    .default([0.9, 0.999])
    .describe("Rates at which the averages of the gradient and of its square forget."),
  eps: above(0).default(1e-8).describe("Added to the denominator."),
  amsgrad: flag().default(false).describe("Divide by the largest second moment so far."),
};

/** Adding an optimizer: one row here. */
export const optimizerSchema = z
  .discriminatedUnion(
    "name",
    [
      z.strictObject({
        name: z.literal("sgd"),
        lr: lr(0.001),
        momentum: share().default(0).describe("Share of the former step that is kept."),
        dampening: share().default(0).describe("Share of the gradient kept out of the momentum."),
        weight_decay: decay(0, "Added to the gradient, times the weight."),
        nesterov: flag().default(false).describe("Look ahead along the momentum."),
      }),
      z.strictObject({
        name: z.literal("adam"),
        ...adam,
        weight_decay: decay(0, "Added to the gradient, times the weight."),
      }),
      z.strictObject({
        name: z.literal("adamw"),
        ...adam,
        weight_decay: decay(0.01, "Times lr: the share of each weight lost per step."),
      }),
    ],
    "an optimizer's name, or its settings",
  )
  .describe("How weights move. Default: adam.");
