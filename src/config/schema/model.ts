/** The spec's `model` and `init` sections in canonical form. */
import { z } from "zod";
import { linkNames } from "../../tasks/losses.ts";
import { above, choice, factor, finite, flag, listOf, path, share, wholeNumber } from "./fields.ts";
import { mostVotes } from "./votes.ts";

export type LayerSpec = z.output<typeof layerSchema>;
export type LayerType = LayerSpec["type"];
export type ActivationSpec = Extract<LayerSpec, { type: ActivationType }>;
export type ActivationType = (typeof activationTypes)[number];
export type InitSpec = z.output<typeof initSchema>;

/** Activations without options. */
const plainActivations = [
  "identity",
  "sigmoid",
  "tanh",
  "relu",
  "selu",
  "gelu",
  "silu",
  "softplus",
  "hard_sigmoid",
  "mish",
  "cosine",
] as const;

export const activationTypes = [...plainActivations, "leaky_relu", "elu"] as const;

/** 2⁻²³, torch's default for 32-bit numbers. */
const floatEpsilon = 2 ** -23;

const eps = () => above(0).default(1e-5).describe("Added to the variance under the root.");

const activations = [
  z.strictObject({ type: z.enum(plainActivations) }),
  z.strictObject({
    type: z.literal("leaky_relu"),
    negative_slope: finite().default(0.01).describe("Slope below 0."),
  }),
  z.strictObject({
    type: z.literal("elu"),
    alpha: finite().default(1).describe("The limit at −∞ is −alpha."),
  }),
] as const;

/** The option that the value in the short form `{ layer: value }` sets. */
export const mainOptions = {
  linear: "width",
  dropout: "p",
  gaussian_noise: "std",
  parametric: "activation",
  embed_numbers: "kind",
  leaky_relu: "negative_slope",
  elu: "alpha",
  residual: "layers",
  ensemble: "layers",
} as const satisfies Partial<Record<LayerType, string>>;

/** Adding a layer: one row here, and one above if a bare value sets an option of it. */
const simpleLayers = [
  z.strictObject({
    type: z.literal("linear"),
    width: wholeNumber(1)
      .nullable()
      .default(null)
      .describe("Outputs. null, on the last linear layer only: follows from the data."),
    bias: flag().default(true).describe("Whether a bias is added."),
    parametrization: z
      .enum(["ntk"], "ntk, or nothing")
      .optional()
      .describe(
        "ntk: the weights stand for V/√inputs, the optimizer moves V, and V and the bias start standard normal.",
      ),
  }),
  ...activations,
  z.strictObject({
    type: z
      .literal("scale")
      .describe("Multiplies every column by a learnt factor of its own, which starts at 1."),
  }),
  z.strictObject({
    type: z.literal("parametric").describe("z + α(g(z) − z) with an α for every column, learnt from 1."),
    activation: z.enum(plainActivations).default("relu").describe("g."),
  }),
  z.strictObject({
    type: z.literal("dropout"),
    p: share().default(0.5).describe("Probability of dropping an element."),
  }),
  z.strictObject({
    type: z.literal("gaussian_noise"),
    std: above(0).default(0.3).describe("Standard deviation of the noise that is added in training."),
  }),
  z.strictObject({
    type: z.literal("batch_norm"),
    eps: eps(),
    momentum: factor().default(0.1).describe("Weight of a new batch in the running statistics."),
  }),
  z.strictObject({ type: z.literal("layer_norm"), eps: eps() }),
  z.strictObject({
    type: z.literal("rms_norm"),
    eps: above(0).default(floatEpsilon).describe("Added to the mean square under the root."),
  }),
] as const;

const embedNumbers = z.strictObject({
  type: z
    .literal("embed_numbers")
    .describe("Each column of numbers becomes several: W g(f x + p) + c, with numbers of its own."),
  kind: choice(["periodic", "piecewise_linear"])
    .default("periodic")
    .describe("g: cosines with learnt f and p; or pieces between fixed edges, as the training rows say."),
  pieces: wholeNumber(1).default(16).describe("Values of g for a column: frequencies or pieces."),
  sigma: above(0).default(0.1).describe("Deviation of the first frequencies, in turns per unit of x."),
  width: wholeNumber(2).default(4).describe("Outputs for a column, x itself the first of them."),
  most_columns: wholeNumber(1)
    .optional()
    .describe("With more columns of numbers than this none is embedded. Absent: always."),
  columns: z
    .array(wholeNumber(0))
    .default([])
    .describe("Which inputs are embedded; nnt fills it in from the data."),
});

const layerExpected = "a layer, such as relu or { linear: 64 }";

const embedBlock = z.strictObject({
  first: wholeNumber(0).describe("The column's first input."),
  count: wholeNumber(1).describe("Inputs: one per level."),
  width: wholeNumber(1).describe("Outputs instead of them."),
});

const embedText = z.strictObject({
  type: z
    .literal("embed_text")
    .describe("Numbers for each word of a column of texts, summed up; nnt puts it first."),
  count: wholeNumber(1).describe("Words that have numbers."),
  slots: wholeNumber(1).describe("Words that a row may have."),
  width: wholeNumber(1).describe("Outputs."),
});

/** What an ensemble's members are made of: simple layers and blocks of them. */
const memberLayers = [
  ...simpleLayers,
  z.strictObject({
    type: z.literal("residual"),
    layers: listOf(z.discriminatedUnion("type", simpleLayers, layerExpected), "layer").describe(
      "Layers whose output is added to their input; the last linear one's width follows from it.",
    ),
  }),
] as const;

const members = () => wholeNumber(2).max(64, "a whole number from 2 to 64");

/** What a whole network may begin with, or be: columns embedded, and ensembles. */
const networkLayers = [
  z.strictObject({
    type: z.literal("embed"),
    blocks: z
      .array(embedBlock)
      .default([])
      .describe("Columns with their places; nnt fills it in from the data."),
  }),
  embedText,
  embedNumbers,
  z.strictObject({
    type: z.literal("ensemble"),
    members: members()
      .default(4)
      .describe("Networks trained together, each on its own part of a batch, and averaged afterwards."),
    shared: flag()
      .default(true)
      .describe(
        "One W for all members' linear layer, between vectors of their own; false: nothing in common.",
      ),
    rows: z
      .enum(["all"], "all, or nothing")
      .optional()
      .describe(
        "all: in training every member sees all rows of a batch, has a loss of its own and, with shared weights, an output layer of its own (TabM). Absent: each its own share.",
      ),
    average: choice(linkNames)
      .nullable()
      .default(null)
      .describe("What is averaged. null: what the loss makes of the outputs, such as probabilities."),
    layers: listOf(z.discriminatedUnion("type", memberLayers, layerExpected), "layer").describe(
      "A member's layers.",
    ),
  }),
] as const;

const network = z.strictObject({
  weight: wholeNumber(1)
    .max(mostVotes, `a whole number up to ${mostVotes}`)
    .default(1)
    .describe("How often its answer counts."),
  layers: listOf(
    z.discriminatedUnion("type", [...memberLayers, ...networkLayers], layerExpected),
    "layer",
  ).describe("The network's layers, in long form."),
});

/** What a model is made of: those too, and different networks side by side. */
const layers = [
  ...memberLayers,
  ...networkLayers,
  z.strictObject({
    type: z
      .literal("blend")
      .describe("Different networks, each with a loss of its own in training, whose answers are averaged."),
    average: choice(linkNames)
      .nullable()
      .default(null)
      .describe("What is averaged. null: what the loss makes of the outputs, such as probabilities."),
    networks: listOf(network, "network").describe("The networks."),
  }),
] as const;

export const activationSchema = z.discriminatedUnion("type", activations, "an activation, such as relu");
export const layerSchema = z
  .discriminatedUnion("type", layers, layerExpected)
  .describe("One layer, as in torch.nn.Sequential.");

/** The names of all layers. */
export const layerTypes: readonly string[] = layers.flatMap(
  ({ shape }) => [...shape.type._zod.values] as string[],
);

/** `{ hidden: […], … }`, the short form of a model, its activation already in long form. */
export const shortModelSchema = z.strictObject(
  {
    hidden: z
      .array(wholeNumber(1), "a list of the hidden layers' widths, such as [64, 64]")
      .default([])
      .describe("The hidden layers' widths. []: a linear model."),
    activation: activationSchema.prefault({ type: "relu" }).describe("What follows each hidden layer."),
    dropout: share().default(0).describe("Probability of dropping an output of a hidden layer in training."),
    norm: choice(["batch", "layer", "rms"])
      .nullable()
      .default(null)
      .describe("Normalisation before the activation."),
    bias: flag().default(true).describe("Whether linear layers have a bias."),
    members: members()
      .nullable()
      .default(null)
      .describe(
        "Train this many such networks together, with shared weights: wraps them in an `ensemble` layer.",
      ),
  },
  "hidden: with a list of widths, or layers:",
);

export const modelSchema = z
  .strictObject(
    { layers: listOf(layerSchema, "layer").describe("The layers, as in torch.nn.Sequential.") },
    "hidden: or layers:",
  )
  .describe("The network.");

const kaiming = {
  mode: choice(["fan_in", "fan_out"])
    .default("fan_in")
    .describe("Preserve the variance in the forward (fan_in) or backward (fan_out) pass."),
  nonlinearity: choice(["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
    .default("leaky_relu")
    .describe("What follows each linear layer: sets the gain, as torch.nn.init.calculate_gain."),
  a: finite().default(0).describe("Negative slope of leaky_relu."),
};
const xavier = { gain: above(0).default(1).describe("Factor on the standard deviation.") };

export const initSchema = z
  .discriminatedUnion(
    "name",
    [
      z.strictObject({ name: z.literal("default").describe("As torch.nn.Linear.reset_parameters.") }),
      z.strictObject({ name: z.literal("kaiming_uniform"), ...kaiming }),
      z.strictObject({ name: z.literal("kaiming_normal"), ...kaiming }),
      z.strictObject({ name: z.literal("xavier_uniform"), ...xavier }),
      z.strictObject({ name: z.literal("xavier_normal"), ...xavier }),
      z.strictObject({ name: z.literal("zeros") }),
      z.strictObject({
        name: z.literal("constant"),
        value: finite().describe("The initial value of every weight."),
      }),
      z.strictObject({
        name: z.literal("file"),
        from: path().describe("A safetensors file with the initial weights."),
        continue: flag()
          .optional()
          .describe(
            "Go on from that model: its columns, levels, classes and scaling are kept as well, and what the data has besides starts with fresh weights.",
          ),
      }),
    ],
    "an initialisation's name, or its settings",
  )
  .describe("How weights are initialised.");
