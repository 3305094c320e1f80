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
    .describe("What weight_decay applies to: all parameters, or only the weights of linear layers."),
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
  weight_decay: atLeast(0)
    .default(0)
    .describe("L2 penalty: weight_decay times the weight is added to the gradient."),
};
const betas = z
  .tuple([share(), share()], "a list of two numbers, such as [0.9, 0.999]")
  .default([0.9, 0.999])
  .describe("Decay rates of the running averages of the gradient and of its square.");
const eps = (value: number) => above(0).default(value).describe("Added to the denominator.");
const momentum = share().default(0).describe("Fraction of the previous step that is kept.");
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
        dampening: share().default(0).describe("Fraction of the gradient that is kept out of the momentum."),
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
        weight_decay: atLeast(0)
          .default(0.01)
          .describe("Times lr, the fraction of each weight that is removed per step."),
      }),
      z.strictObject({
        name: z.literal("adagrad"),
        ...common(0.01),
        lr_decay: atLeast(0).default(0).describe("lr is divided by 1 + lr_decay · updates."),
        initial_accumulator_value: atLeast(0).default(0).describe("Initial value of the sums of squares."),
        eps: eps(1e-10),
        ...coupled,
      }),
      z.strictObject({
        name: z.literal("adadelta"),
        ...common(1),
        rho: share().default(0.9).describe("Decay rate of the running averages of squares."),
        eps: eps(1e-6),
        ...coupled,
      }),
      z.strictObject({
        name: z.literal("rmsprop"),
        ...common(0.01),
        alpha: share().default(0.99).describe("Decay rate of the running average of squares."),
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
        momentum_decay: atLeast(0).default(0.004).describe("How fast the momentum grows to its full size."),
        ...coupled,
      }),
      z.strictObject({ name: z.literal("adamax"), ...common(0.002), betas, eps: eps(1e-8), ...coupled }),
      z.strictObject({ name: z.literal("radam"), ...common(0.001), betas, eps: eps(1e-8), ...coupled }),
      z.strictObject({
        name: z.literal("lbfgs").describe("For small data: every update uses all rows, with a line search."),
        lr: above(0).default(1).describe("The step size that the line search tries first."),
        history_size: wholeNumber(1).default(10).describe("Number of past steps that are remembered."),
        max_eval: wholeNumber(1).default(25).describe("Evaluations of the loss per update, at most."),
        tolerance_grad: atLeast(0)
          .default(1e-7)
          .describe("Training stops moving once no element of the gradient is larger."),
        tolerance_change: atLeast(0).default(1e-9).describe("Smaller changes end the line search."),
      }),
    ],
    "an optimizer's name, or its settings",
  )
  .describe("The optimizer. Default: adam.");
