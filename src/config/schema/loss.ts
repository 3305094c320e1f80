/** The spec's `loss` section in canonical form. Every loss takes logits. */
import { z } from "zod";
import { above, atLeast, between0and1, listOf, share } from "./fields.ts";

export type LossSpec = z.output<typeof lossSchema>;
export type LossName = LossSpec["name"];

const weight = () => atLeast(0);

const class_weights = z
  .union([z.literal("balanced"), listOf(weight(), "weight")], "balanced, or a weight for each class")
  .nullable()
  .default(null)
  .describe("A weight per class, in the classes' order; balanced: rows / (classes · rows of the class).");

/** Adding a loss: one row here. */
export const lossSchema = z
  .discriminatedUnion(
    "name",
    [
      z.strictObject({
        name: z.literal("cross_entropy"),
        label_smoothing: share().default(0).describe("Share of the target spread over all classes."),
        class_weights,
      }),
      z.strictObject({
        name: z
          .literal("focal")
          .describe("Cross-entropy times (1 − p)^gamma: rows already right count little."),
        gamma: atLeast(0).default(2).describe("How little."),
        class_weights,
      }),
      z.strictObject({
        name: z.literal("bce_with_logits"),
        pos_weight: z
          .union([weight(), listOf(weight(), "weight")], "a weight, or a weight for each output")
          .nullable()
          .default(null)
          .describe("Weight of the positive label, for all outputs or for each."),
      }),
      z.strictObject({ name: z.literal("mse") }),
      z.strictObject({
        name: z.literal("half_squared_error").describe("½|y−s|², summed over outputs, averaged over rows."),
      }),
      z.strictObject({ name: z.literal("mae") }),
      z.strictObject({
        name: z.literal("huber"),
        delta: above(0).default(1).describe("Where the parabola becomes a line."),
      }),
      z.strictObject({
        name: z.literal("smooth_l1"),
        beta: above(0).default(1).describe("Where the parabola becomes a line."),
      }),
      z.strictObject({
        name: z.literal("poisson_nll").describe("eˢ − y·s: the output is the logarithm of the rate."),
      }),
      z.strictObject({
        name: z.literal("quantile"),
        quantile: between0and1().default(0.5).describe("Share of targets below the prediction."),
      }),
      z.strictObject({
        name: z
          .literal("gaussian_nll")
          .describe(
            "A mean and a variance for each target, as torch.nn.GaussianNLLLoss; predict gives both.",
          ),
        eps: above(0).default(1e-6).describe("The least variance, of scaled targets."),
      }),
    ],
    "a loss's name, or its settings",
  )
  .describe(
    "What is minimised. null: cross_entropy for classification and multioutput, bce_with_logits for multilabel, mse for regression.",
  );
