/** What a loss asks of a network, how its outputs become predictions, and its rule for the loss verb. */
import type { LossSpec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { LossRule } from "../engine/losses.ts";
import type { Floats, Matrix } from "../engine/matrix.ts";
import { assert, exitCodes, UserError } from "../support/errors.ts";
import { type Link, type LossName, losses, lossOf } from "../tasks/losses.ts";
import { lossesOf, type TaskName, taskOf, tasksOf } from "../tasks/tasks.ts";

/** From logits to what a person reads, in place: outputs [rows × n] become probabilities, rates or stay. */
type Meaning = (outputs: Floats, n: number) => void;

export const links = {
  identity: () => {},
  exp: (outputs) => mapInPlace(outputs, Math.exp),
  /** Means and logarithms of variances stay. */
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
} satisfies Record<Link, Meaning>;

/** The loss of a task whose spec names none. */
export function defaultLoss(task: TaskName): LossSpec {
  const name = taskOf(task).loss;
  return { name, ...losses[name].options } as LossSpec;
}

/**
 * How many outputs the network needs: one per class (of all targets), per label, or per number to predict, or two where its
 * variance is predicted, too, or one for each of its quantiles.
 * @throws UserError (exit code 2) if the loss cannot learn the task
 */
export function outputsOf(
  loss: LossName,
  task: TaskName,
  classes: number,
  targets: number,
  quantiles: readonly number[] | null = null,
): number {
  const fitting = tasksOf(loss);
  if (!fitting.includes(task)) {
    throw new UserError(exitCodes.usage, {
      message: `loss: ${loss} is a loss for ${fitting.join(" and ")}, the task is ${task}`,
      expected: `one of ${lossesOf(task).join(", ")}`,
    });
  }
  const { learns, outputsPerTarget = 1 } = lossOf(loss);
  if (learns === "classes") return classes;
  if (classes > 0 && classes !== 2) {
    throw new UserError(exitCodes.usage, {
      message: `loss: ${loss} distinguishes two classes, the data has ${classes}`,
      expected: "cross_entropy",
    });
  }
  return outputsPerTarget * (quantiles?.length ?? 1) * targets;
}

/** What an ensemble averages of such outputs: what they mean, but of several targets' classes the logits. */
export function averageOf(loss: LossName, task: TaskName): Link {
  return taskOf(task).hasSeveral ? "identity" : losses[loss].link;
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
  const link = links[losses[loss].link];
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
  const { parameter, weights: option, levels } = lossOf(loss.name);
  const given = option && (loss as Partial<Record<string, unknown>>)[option];
  assert(given !== "balanced", "the network's spec has the weights themselves");
  const repeated = levels?.(loss);
  const perOutput = repeated
    ? Array.from({ length: outputs }, (_, j) => repeated[j % repeated.length]!)
    : typeof given === "number"
      ? new Array<number>(outputs).fill(given)
      : given;
  const weights = perOutput ? row(k, `loss.${option}`, perOutput as readonly number[], outputs) : null;
  const rule = { name: loss.name, parameter: parameter?.(loss) ?? 0, weights };
  return blocks ? { ...rule, blocks: rowOf(k, blocks) } : rule;
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
  k.write(M, (row) => row.set(values));
  return M;
}

function mapInPlace(values: Floats, f: (s: number) => number): void {
  for (let i = 0; i < values.length; i++) values[i] = f(values[i]!);
}
