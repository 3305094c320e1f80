/** A saved model's scores on every single row of its test split, so that two models can be compared row by row. */
import { createHash } from "node:crypto";
import { rowCount } from "../data/dataset/dataset.ts";
import {
  blocksOf,
  outputWidth,
  type Preprocessing,
  targetWidth,
} from "../data/preprocessing/preprocessing.ts";
import type { Kernels } from "../engine/kernels.ts";
import { lossRule } from "../model/losses.ts";
import { rowsIn } from "../train/rows.ts";
import { splitOf } from "./evaluate.ts";
import { Measure } from "./measure.ts";
import { readModel, restoreModel } from "./savedModel.ts";
import type { Watcher } from "./watchers.ts";

export interface RowScores {
  readonly split: string;
  readonly rows: number;
  /** Equal for the same rows with the same targets, in the same order. */
  readonly fingerprint: string;
  /** By metric, a score for every row; the metric is their mean. */
  readonly scores: Readonly<Record<string, Float64Array>>;
}

/** @throws UserError: io (data that is gone), data, model */
export async function rowScores(k: Kernels, model: string): Promise<RowScores> {
  const saved = readModel(model);
  const { name, split, close } = await splitOf(saved, null);
  const { target, calibration } = saved.preprocessing;
  const rule = lossRule(k, saved.loss, outputWidth(saved.preprocessing), blocksOf(saved.preprocessing));
  const measure = new Measure(k, restoreModel(k, saved), rowsIn(k)(split), rule, target, calibration);
  const rows = rowCount(split);
  const watcher = rowWatcher(target, rows, calibration?.thresholds ?? null);
  try {
    await measure.run([], { watch: [watcher] });
  } finally {
    close?.();
  }
  return { split: name, rows, fingerprint: watcher.fingerprint(), scores: watcher.scores };
}

interface RowWatcher extends Watcher {
  readonly scores: Record<string, Float64Array>;
  fingerprint(): string;
}

const leastProbability = 1e-15;

/** Scores by task: right or wrong and −log p of the true class, or squared and absolute errors in the data's own unit. */
function rowWatcher(
  target: Preprocessing["target"],
  rows: number,
  thresholds: readonly number[] | null,
): RowWatcher {
  const hash = createHash("sha256").update(`${target.task} ${rows}`);
  const [first, second] = target.task === "regression" ? ["mse", "mae"] : ["accuracy", "log_loss"];
  const [a, b] = [new Float64Array(rows), new Float64Array(rows)];
  const isProbability = target.task === "regression" || ["softmax", "sigmoid"].includes(target.link);
  return {
    scores: { [first!]: a, ...(isProbability && { [second!]: b }) },
    fingerprint: () => hash.digest("hex"),
    see(predictions, targets, from) {
      hash.update(Buffer.from(targets.buffer, targets.byteOffset, targets.byteLength));
      const width = targetWidth({ target });
      const size = targets.length / width;
      for (let r = 0; r < size; r++) {
        const scored =
          target.task === "classification"
            ? scoreClass(predictions, r, predictions.length / size, targets[r]!, thresholds?.[0] ?? null)
            : target.task === "multioutput"
              ? scoreClasses(predictions, r, blocksOf({ target })!, targets)
              : scoreEach(target.task, predictions, targets, r * width, width, thresholds);
        [a[from + r], b[from + r]] = scored;
      }
    },
  };
}

/** A single output is the probability of the second of two classes. */
function scoreClass(
  predictions: Float64Array,
  row: number,
  outputs: number,
  actual: number,
  threshold: number | null,
): [right: number, logLoss: number] {
  if (outputs === 1) {
    const p = Math.abs(1 - actual - predictions[row]!);
    return [
      Number(predictions[row]! > (threshold ?? 0.5) === (actual === 1)),
      -Math.log(Math.max(p, leastProbability)),
    ];
  }
  let best = 0;
  for (let c = 1; c < outputs; c++)
    if (predictions[row * outputs + c]! > predictions[row * outputs + best]!) best = c;
  if (threshold !== null) best = predictions[row * outputs + 1]! > threshold ? 1 : 0;
  const p = predictions[row * outputs + actual]!;
  return [Number(best === actual), -Math.log(Math.max(p, leastProbability))];
}

/** Whether every target is right, and the mean of −log p over targets, as the metrics define it. */
function scoreClasses(
  predictions: Float64Array,
  row: number,
  blocks: readonly number[],
  targets: Float64Array,
): [right: number, logLoss: number] {
  const count = blocks.length;
  let [first, right, logLoss] = [row * blocks.reduce((sum, classes) => sum + classes, 0), 1, 0];
  for (const [t, classes] of blocks.entries()) {
    const own = predictions.subarray(first, first + classes);
    const [isRight, loss] = scoreClass(own, 0, classes, targets[row * count + t]!, null);
    right *= isRight;
    logLoss += loss / count;
    first += classes;
  }
  return [right, logLoss];
}

function scoreEach(
  task: "multilabel" | "regression",
  predictions: Float64Array,
  targets: Float64Array,
  from: number,
  width: number,
  thresholds: readonly number[] | null,
): [number, number] {
  let [first, second, areAllRight] = [0, 0, 1];
  for (let i = from; i < from + width; i++) {
    const [p, y] = [predictions[i]!, targets[i]!];
    if (task === "regression") {
      first += (p - y) ** 2 / width;
      second += Math.abs(p - y) / width;
    } else {
      if (p > (thresholds?.[i - from] ?? 0.5) !== y > 0.5) areAllRight = 0;
      second -= Math.log(Math.max(y > 0.5 ? p : 1 - p, leastProbability)) / width;
    }
  }
  return task === "regression" ? [first, second] : [areAllRight, second];
}
