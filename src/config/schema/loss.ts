/** The spec's `loss` section in canonical form. Every loss takes logits; the losses themselves are in tasks/losses.ts. */
import { z } from "zod";
import { type LossName, losses, lossNames } from "../../tasks/losses.ts";
import { above, atLeast, between0and1, listOf, share } from "./fields.ts";

export type LossSpec = z.output<typeof lossSchema>;

const weight = () => atLeast(0);

const class_weights = z
  .union([z.literal("balanced"), listOf(weight(), "weight")], "balanced, or a weight for each class")
  .nullable()
  .default(null)
  .describe("A weight per class, in the classes' order; balanced: rows / (classes · rows of the class).");

/** A loss's name, and what it is where the name does not say it. */
function nameOf<Name extends LossName>(name: Name) {
  const { about }: { readonly about?: string } = losses[name];
  const literal = z.literal(name);
  return about === undefined ? literal : literal.describe(about);
}

/** The losses that have options. */
const withOptions = {
  cross_entropy: z.strictObject({
    name: nameOf("cross_entropy"),
    label_smoothing: share()
      .default(losses.cross_entropy.options.label_smoothing)
      .describe("Fraction of the target that is spread over all classes."),
    class_weights,
  }),
  focal: z.strictObject({
    name: nameOf("focal"),
    gamma: atLeast(0).default(losses.focal.options.gamma).describe("How strongly easy rows are discounted."),
    class_weights,
  }),
  bce_with_logits: z.strictObject({
    name: nameOf("bce_with_logits"),
    pos_weight: z
      .union([weight(), listOf(weight(), "weight")], "a weight, or a weight for each output")
      .nullable()
      .default(null)
      .describe("Weight of the positive label, for all outputs or for each."),
  }),
  huber: z.strictObject({
    name: nameOf("huber"),
    delta: above(0).default(losses.huber.options.delta).describe("Where the parabola becomes a line."),
  }),
  smooth_l1: z.strictObject({
    name: nameOf("smooth_l1"),
    beta: above(0).default(losses.smooth_l1.options.beta).describe("Where the parabola becomes a line."),
  }),
  quantile: z.strictObject({
    name: nameOf("quantile"),
    quantile: between0and1()
      .default(losses.quantile.options.quantile)
      .describe("Fraction of targets below the prediction."),
    quantiles: listOf(between0and1(), "number between 0 and 1")
      .optional()
      .describe(
        "Several of them by one model, in order and with 0.5, which is the prediction: [0.1, 0.5, 0.9]. predict tells each, sorted, so that none cross.",
      ),
  }),
  gaussian_nll: z.strictObject({
    name: nameOf("gaussian_nll"),
    eps: above(0)
      .default(losses.gaussian_nll.options.eps)
      .describe("Lower bound of the variance, of scaled targets."),
  }),
} satisfies Partial<Record<LossName, z.ZodType>>;

type Plain = Exclude<LossName, keyof typeof withOptions>;
const plain = <Name extends LossName>(name: Name) => z.strictObject({ name: nameOf(name) });
type Row =
  | (typeof withOptions)[keyof typeof withOptions]
  | { [Name in Plain]: ReturnType<typeof plain<Name>> }[Plain];

const rows = lossNames.map(
  (name): Row =>
    Object.hasOwn(withOptions, name)
      ? withOptions[name as keyof typeof withOptions]
      : (plain(name as Plain) as Row),
);

/** Adding a loss with options: one row above. */
export const lossSchema = z
  .discriminatedUnion("name", rows as [Row, ...Row[]], "a loss's name, or its settings")
  .describe(
    "What is minimised. null: cross_entropy for classification and multioutput, bce_with_logits for multilabel, mse for regression.",
  );
