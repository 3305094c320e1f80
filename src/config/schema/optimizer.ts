/** The spec's `optimizer` section in canonical form; names and defaults are torch.optim's. */
import { z } from "zod";
import { above, atLeast, choice, flag, share, wholeNumber } from "./fields.ts";

export type OptimizerSpec = z.output<typeof optimizerSchema>;

const groupSchema = z.strictObject(
  {
    lr: above(0).default(1).describe("Factor on lr."),
    decay: atLeast(0).default(1).describe("Factor on weight_decay."),
  },
  "factors, such as { lr: 0.1, decay: 0 }",
);

const group = (of: string) => groupSchema.optional().describe(`Of ${of}.`);

/** What every optimizer takes. */
const common = (lr: number) => ({
  lr: above(0).default(lr).describe("Learning rate."),
  decay: choice(["all", "weights"])
    .default("all")
    .describe("What weight_decay shrinks: all parameters, or linear layers' weights alone."),
  groups: z
    .strictObject(
      {
        weights: group("linear layers' weights"),
        biases: group("biases, shifts and other vectors"),
        scales: group("learnt scales of columns"),
        activations: group("parametric activations"),
        embeddings: group("embeddings"),
        first_layer: group("the first linear layer's weights, besides that of weights"),
      },
      "a mapping from weights, biases, scales, activations, embeddings or first_layer to factors",
    )
    .optional()
    .describe("Factors on lr and weight_decay for kinds of parameters."),
});

const coupled = {
  weight_decay: atLeast(0).default(0).describe("Added to the gradient, times the weight."),
};
const betas = z
  .tuple([share(), share()], "a list of two numbers, such as [0.9, 0.999]")
  .default([0.9, 0.999])
  .describe("Rates at which the averages of the gradient and of its square forget.");
const eps = (value: number) => above(0).default(value).describe("Added to the denominator.");
const momentum = share().default(0).describe("Share of the former step that is kept.");
const amsgrad = flag().default(false).describe("Divide by the largest second moment so far.");

/** Adding an optimizer: one row here. */
export const optimizerSchema = z
  .discriminatedUnion(
    "name",
    [
      z.strictObject({
        name: z.literal("sgd"),
        ...common(0.001),
        momentum,
        dampening: share().default(0).describe("Share of the gradient kept out of the momentum."),
        ...coupled,
        nesterov: flag().default(false).describe("Look ahead along the momentum."),
      }),
      z.strictObject({
        name: z.literal("adam"),
        ...common(0.001),
        betas,
        eps: eps(1e-8),
        amsgrad,
        ...coupled,
      }),
      z.strictObject({
        name: z.literal("adamw"),
        ...common(0.001),
        betas,
        eps: eps(1e-8),
        amsgrad,
        weight_decay: atLeast(0).default(0.01).describe("Times lr: the share of each weight lost per step."),
      }),
      z.strictObject({
        name: z.literal("adagrad"),
        ...common(0.01),
        lr_decay: atLeast(0).default(0).describe("lr is divided by 1 + lr_decay · updates."),
        initial_accumulator_value: atLeast(0).default(0).describe("What the sums of squares start from."),
        eps: eps(1e-10),
        ...coupled,
      }),
      z.strictObject({
        name: z.literal("adadelta"),
        ...common(1),
        rho: share().default(0.9).describe("Rate at which the averages of squares forget."),
        eps: eps(1e-6),
        ...coupled,
      }),
      z.strictObject({
        name: z.literal("rmsprop"),
        ...common(0.01),
        alpha: share().default(0.99).describe("Rate at which the average of squares forgets."),
        eps: eps(1e-8),
        momentum,
        centered: flag().default(false).describe("Divide by the deviation from the mean gradient."),
        ...coupled,
      }),
      z.strictObject({
        name: z.literal("nadam"),
        ...common(0.002),
        betas,
        eps: eps(1e-8),
        momentum_decay: atLeast(0).default(0.004).describe("How soon the momentum reaches its full size."),
        ...coupled,
      }),
      z.strictObject({ name: z.literal("adamax"), ...common(0.002), betas, eps: eps(1e-8), ...coupled }),
      z.strictObject({ name: z.literal("radam"), ...common(0.001), betas, eps: eps(1e-8), ...coupled }),
      z.strictObject({
        name: z
          .literal("lbfgs")
          .describe("For small data: every update takes all rows, and searches its length."),
        lr: above(0).default(1).describe("The first length that is tried."),
        history_size: wholeNumber(1).default(10).describe("Steps that the next one follows from."),
        max_eval: wholeNumber(1).default(25).describe("Times the loss is measured along one step, at most."),
        tolerance_grad: atLeast(0)
          .default(1e-7)
          .describe("Gradients without a larger element end the search."),
        tolerance_change: atLeast(0).default(1e-9).describe("Smaller changes end the search."),
      }),
    ],
    "an optimizer's name, or its settings",
  )
  .describe("How weights move. Default: adam.");
