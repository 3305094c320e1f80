/**
 * The losses, one row each: what they learn from, what their outputs mean, and their options. Their formulas are
 * in engine/losses.ts. Knows no task: tasks say which targets they have.
 */

/** What an output s means: s itself, the rate eˢ, the probability 1/(1 + e⁻ˢ), softmax(s), or a mean and a log-variance. */
export const linkNames = ["softmax", "sigmoid", "exp", "identity", "gaussian"] as const;
export type Link = (typeof linkNames)[number];

/** What outputs are compared with: the number of a class for all of them, or 0 or 1, or a number, for each. */
export type Learns = "classes" | "labels" | "numbers";

interface Loss<Options extends object> {
  readonly learns: Learns;
  readonly link: Link;
  /** What the option of every loss of that name is unless the spec says otherwise. */
  readonly options: Options;
  /** The one number that the kernel is given; absent: 0. */
  readonly parameter?: (options: Options) => number;
  /** The option that holds a weight for each output. */
  readonly weights?: keyof Options & string;
  /** What is learnt of every number to be predicted, an output each; `parameter` is how many there are. Absent: one thing. */
  readonly levels?: (options: Options) => readonly number[];
  /** Outputs for each number to be predicted; absent: 1. */
  readonly outputsPerTarget?: number;
  /** Other names that a spec may use. */
  readonly aliases?: readonly string[];
  /** For the reference of the spec, where the name does not say it. */
  readonly about?: string;
}

/** Lets a row's parameter know the row's options. */
const row = <Options extends object>(loss: Loss<Options>): Loss<Options> => loss;

export const losses = {
  cross_entropy: row({
    learns: "classes",
    link: "softmax",
    options: { label_smoothing: 0, class_weights: null },
    parameter: ({ label_smoothing }) => label_smoothing,
    weights: "class_weights",
  }),
  focal: row({
    learns: "classes",
    link: "softmax",
    options: { gamma: 2, class_weights: null },
    parameter: ({ gamma }) => gamma,
    weights: "class_weights",
    about: "Cross-entropy times (1 − p)^gamma: rows already right count little.",
  }),
  /** Of two classes, one output is the logit of the second. */
  bce_with_logits: row({
    learns: "labels",
    link: "sigmoid",
    options: { pos_weight: null },
    weights: "pos_weight",
    aliases: ["logistic"],
  }),
  mse: row({ learns: "numbers", link: "identity", options: {} }),
  half_squared_error: row({
    learns: "numbers",
    link: "identity",
    options: {},
    about: "½|y−s|², summed over outputs, averaged over rows.",
  }),
  mae: row({ learns: "numbers", link: "identity", options: {}, aliases: ["l1"] }),
  huber: row({
    learns: "numbers",
    link: "identity",
    options: { delta: 1 },
    parameter: ({ delta }) => delta,
  }),
  smooth_l1: row({
    learns: "numbers",
    link: "identity",
    options: { beta: 1 },
    parameter: ({ beta }) => beta,
  }),
  poisson_nll: row({
    learns: "numbers",
    link: "exp",
    options: {},
    aliases: ["poisson", "poisson_nll_log_input"],
    about: "eˢ − y·s: the output is the logarithm of the rate.",
  }),
  quantile: row<{ quantile: number; quantiles?: readonly number[] | undefined }>({
    learns: "numbers",
    link: "identity",
    options: { quantile: 0.5 },
    levels: quantilesOf,
    parameter: (options) => quantilesOf(options).length,
    aliases: ["pinball"],
    about:
      "Pinball loss (Koenker and Bassett 1978): of the residual r = y − s, the larger of q·r and (q − 1)·r.",
  }),
  gaussian_nll: row({
    learns: "numbers",
    link: "gaussian",
    options: { eps: 1e-6 },
    parameter: ({ eps }) => Math.log(eps),
    outputsPerTarget: 2,
    aliases: ["gaussian"],
    about: "A mean and a variance for each target, as torch.nn.GaussianNLLLoss; predict gives both.",
  }),
};

export type LossName = keyof typeof losses;

export const lossNames = Object.keys(losses) as LossName[];

/** A row as all of them can be read. */
export function lossOf(name: LossName): Loss<object> {
  return losses[name] as Loss<object>;
}

export function isLoss(name: string): name is LossName {
  return Object.hasOwn(losses, name);
}

function quantilesOf({
  quantile,
  quantiles,
}: {
  quantile: number;
  quantiles?: readonly number[] | undefined;
}) {
  return quantiles ?? [quantile];
}

/** Quantiles of each number that a loss learns; null: it does not learn several. */
export function quantilesIn(loss: { readonly name: LossName } | null): readonly number[] | null {
  return loss?.name === "quantile" ? ((loss as { quantiles?: readonly number[] }).quantiles ?? null) : null;
}

/** Outputs for each number to be predicted, of a loss that is given such a parameter. */
export function outputsPerTargetOf(name: LossName, parameter: number): number {
  const { outputsPerTarget = 1, levels } = lossOf(name);
  return levels ? Math.max(1, Math.floor(parameter)) : outputsPerTarget;
}

/** Columns of the targets that a loss on `outputs` outputs is given. @param blocks targets that have classes each */
export function targetWidthOf(name: LossName, outputs: number, blocks = 1, parameter = 1): number {
  return lossOf(name).learns === "classes" ? blocks : outputs / outputsPerTargetOf(name, parameter);
}
