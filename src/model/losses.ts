/** What each loss learns, how its outputs become predictions, and its rule for the loss verb. */
import type { LossSpec, TaskName } from "../config/schema.ts";
import { type AverageName, classLosses, type LossName, type LossRule } from "../engine/backend.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Floats, Matrix } from "../engine/matrix.ts";
import { assert, exitCodes, UserError } from "../support/errors.ts";
import { valuesOf } from "./tensors.ts";

/** From logits to what a person reads, in place: outputs [rows × n] become probabilities, rates or stay. */
type Link = (outputs: Floats, n: number) => void;

export const links = {
  identity: () => {},
  exp: (outputs) => mapInPlace(outputs, Math.exp),
  /** Means and logarithms of variances: whoever wants the latter knows. */
  gaussian: () => {},
  sigmoid: (outputs) => mapInPlace(outputs, (s) => 1 / (1 + Math.exp(-s))),
  /** eˢ/Σeˢ per row, with the largest taken out so that nothing overflows. */
  softmax(outputs, n) {
    for (let first = 0; first < outputs.length; first += n) {
      let top = -Infinity;
      for (let i = first; i < first + n; i++) top = Math.max(top, outputs[i]!);
      let sum = 0;
      for (let i = first; i < first + n; i++) {
        const power = Math.exp(outputs[i]! - top);
        outputs[i] = power;
        sum += power;
      }
      for (let i = first; i < first + n; i++) outputs[i] = outputs[i]! / sum;
    }
  },
} satisfies Record<AverageName, Link>;

interface LossTraits {
  readonly link: keyof typeof links;
  readonly tasks: readonly TaskName[];
}

/** Classification by `bce_with_logits` has one output, the logit of the second of two classes. */
export const lossTraits = {
  cross_entropy: { link: "softmax", tasks: ["classification", "multioutput"] },
  focal: { link: "softmax", tasks: ["classification", "multioutput"] },
  bce_with_logits: { link: "sigmoid", tasks: ["multilabel", "classification"] },
  mse: { link: "identity", tasks: ["regression"] },
  half_squared_error: { link: "identity", tasks: ["regression"] },
  mae: { link: "identity", tasks: ["regression"] },
  huber: { link: "identity", tasks: ["regression"] },
  smooth_l1: { link: "identity", tasks: ["regression"] },
  poisson_nll: { link: "exp", tasks: ["regression"] },
  quantile: { link: "identity", tasks: ["regression"] },
  gaussian_nll: { link: "gaussian", tasks: ["regression"] },
} satisfies Record<LossName, LossTraits>;

const defaults = {
  classification: { name: "cross_entropy", label_smoothing: 0, class_weights: null },
  multioutput: { name: "cross_entropy", label_smoothing: 0, class_weights: null },
  multilabel: { name: "bce_with_logits", pos_weight: null },
  regression: { name: "mse" },
} satisfies Record<TaskName, LossSpec>;

/** The loss of a task whose spec names none. */
export function defaultLoss(task: TaskName): LossSpec {
  return defaults[task];
}

/**
 * How many outputs the network needs: one per class (of all targets), per label, or per number to predict, or two where its
 * variance is predicted, too.
 * @throws UserError (exit code 2) if the loss cannot learn the task
 */
export function outputsOf(loss: LossName, task: TaskName, classes: number, targets: number): number {
  const { tasks }: LossTraits = lossTraits[loss];
  if (!tasks.includes(task)) {
    throw new UserError(exitCodes.usage, {
      message: `loss: ${loss} is a loss for ${tasks.join(" and ")}, the task is ${task}`,
      expected: `one of ${lossesOf(task).join(", ")}`,
    });
  }
  if (classLosses.has(loss)) return classes;
  if (task === "classification" && classes !== 2) {
    throw new UserError(exitCodes.usage, {
      message: `loss: ${loss} tells two classes apart, the data has ${classes}`,
      expected: "cross_entropy",
    });
  }
  return loss === "gaussian_nll" ? 2 * targets : targets;
}

/** What the outputs of a network trained with `loss` mean. */
export function linkOf(loss: LossName): AverageName {
  return lossTraits[loss].link;
}

/** What an ensemble averages of such outputs: what they mean, but of several targets' classes the logits. */
export function averageOf(loss: LossName, task: TaskName): AverageName {
  return task === "multioutput" ? "identity" : linkOf(loss);
}

/**
 * Outputs [rows × n] of a network trained with `loss` become predictions or probabilities, in place.
 * @param blocks how many outputs belong to each target, where several have classes
 */
export function applyLink(
  loss: LossName,
  outputs: Floats,
  n: number,
  blocks: readonly number[] | null = null,
): void {
  const link = links[lossTraits[loss].link];
  if (blocks === null) {
    link(outputs, n);
    return;
  }
  for (let from = 0; from < outputs.length; ) {
    for (const width of blocks) {
      link(outputs.subarray(from, from + width), width);
      from += width;
    }
  }
}

/**
 * The rule for {@link Kernels.loss}; takes [1, outputs] of memory where the loss has weights.
 * @param blocks how many outputs belong to each target, where several have classes
 * @throws UserError (exit code 2) if a list of weights does not have one for each output
 */
export function lossRule(
  k: Kernels,
  loss: LossSpec,
  outputs: number,
  blocks: readonly number[] | null = null,
): LossRule {
  switch (loss.name) {
    case "cross_entropy":
    case "focal": {
      const given = loss.class_weights;
      assert(given !== "balanced", "the network's spec has the weights themselves");
      const weights = given && row(k, "loss.class_weights", given, outputs);
      const parameter = loss.name === "focal" ? loss.gamma : loss.label_smoothing;
      const rule = { name: loss.name, parameter, weights };
      return blocks ? { ...rule, blocks: rowOf(k, blocks) } : rule;
    }
    case "bce_with_logits": {
      const given = loss.pos_weight;
      const perOutput = typeof given === "number" ? new Array<number>(outputs).fill(given) : given;
      const weights = perOutput && row(k, "loss.pos_weight", perOutput, outputs);
      return { name: loss.name, parameter: 0, weights };
    }
    case "huber":
      return { name: loss.name, parameter: loss.delta, weights: null };
    case "smooth_l1":
      return { name: loss.name, parameter: loss.beta, weights: null };
    case "quantile":
      return { name: loss.name, parameter: loss.quantile, weights: null };
    case "gaussian_nll":
      return { name: loss.name, parameter: Math.log(loss.eps), weights: null };
    default:
      return { name: loss.name, parameter: 0, weights: null };
  }
}

/** rows / (classes · rows of the class), as scikit-learn's `class_weight="balanced"`. */
export function balancedWeights(counts: readonly number[]): number[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (count > 0 ? rows / (counts.length * count) : 0));
}

function row(k: Kernels, place: string, weights: readonly number[], outputs: number): Matrix {
  if (weights.length !== outputs) {
    throw new UserError(exitCodes.usage, {
      message: `${place}: ${weights.length} weights for ${outputs} outputs`,
      expected: "one for each",
    });
  }
  return rowOf(k, weights);
}

function rowOf(k: Kernels, values: readonly number[]): Matrix {
  const M = k.matrix(1, values.length);
  valuesOf(M).set(values);
  return M;
}

function lossesOf(task: TaskName): string[] {
  return Object.entries(lossTraits)
    .filter(([, traits]: [string, LossTraits]) => traits.tasks.includes(task))
    .map(([name]) => name);
}

function mapInPlace(values: Floats, f: (s: number) => number): void {
  for (let i = 0; i < values.length; i++) values[i] = f(values[i]!);
}
