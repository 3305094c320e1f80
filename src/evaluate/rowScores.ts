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
import type { AnswerKind, MetricName } from "../metrics/metrics.ts";
import { medianAt } from "../metrics/regression.ts";
import { lossRule } from "../model/losses.ts";
import type { Answers } from "../tasks/task.ts";
import { answersOf } from "../tasks/tasks.ts";
import { rowsIn } from "../train/residentRows.ts";
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
  /** About the data. */
  readonly warnings: readonly string[];
}

/** @throws UserError: io (data that is gone), data, model */
export async function rowScores(k: Kernels, model: string): Promise<RowScores> {
  const saved = readModel(model);
  const { name, split, warnings, close } = await splitOf(saved, null);
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
  return { split: name, rows, fingerprint: watcher.fingerprint(), scores: watcher.scores, warnings };
}

interface RowWatcher extends Watcher {
  readonly scores: Record<string, Float64Array>;
  fingerprint(): string;
}

/** Nearer to 0 no probability counts: a single wrong row would weigh more than all others. */
const leastProbability = 1e-15;

function rowWatcher(
  target: Preprocessing["target"],
  rows: number,
  thresholds: readonly number[] | null,
): RowWatcher {
  const hash = createHash("sha256").update(`${target.task} ${rows}`);
  const answers = answersOf(target);
  const { metrics, score } = scorers[answers.kind];
  const [a, b] = [new Float64Array(rows), new Float64Array(rows)];
  const hasSecond = answers.scalings !== null || ["softmax", "sigmoid"].includes(answers.link);
  return {
    scores: { [metrics[0]]: a, ...(hasSecond && { [metrics[1]]: b }) },
    fingerprint: () => hash.digest("hex"),
    see(predictions, targets, from) {
      hash.update(Buffer.from(targets.buffer, targets.byteOffset, targets.byteLength));
      const width = targetWidth({ target });
      const size = targets.length / width;
      const outputs = predictions.length / size;
      for (let r = 0; r < size; r++) {
        const s = predictions.subarray(r * outputs, (r + 1) * outputs);
        const y = targets.subarray(r * width, (r + 1) * width);
        [a[from + r], b[from + r]] = score(s, y, answers, thresholds);
      }
    },
  };
}

/** A row's scores from its predictions s and targets y. */
type Score = (
  s: Float64Array,
  y: Float64Array,
  answers: Answers,
  thresholds: readonly number[] | null,
) => [number, number];

const rightAndLogLoss = ["accuracy", "log_loss"] as const satisfies MetricName[];

/** Right or wrong and −log p of the true class, or squared and absolute errors in the data's own unit. */
const scorers = {
  class: {
    metrics: rightAndLogLoss,
    score: (s, y, _, thresholds) => scoreClass(s, y[0]!, thresholds?.[0] ?? null),
  },
  classes: { metrics: rightAndLogLoss, score: (s, y, { classes }) => scoreClasses(s, y, classes!) },
  labels: { metrics: rightAndLogLoss, score: (s, y, _, thresholds) => scoreLabels(s, y, thresholds) },
  numbers: { metrics: ["mse", "mae"], score: scoreNumbers },
} satisfies Record<AnswerKind, { metrics: [MetricName, MetricName]; score: Score }>;

/** A single output is the probability of the second of two classes. */
function scoreClass(
  p: Float64Array,
  actual: number,
  threshold: number | null,
): [right: number, logLoss: number] {
  if (p.length === 1) {
    const ofActual = Math.abs(1 - actual - p[0]!);
    return [Number(p[0]! > (threshold ?? 0.5) === (actual === 1)), negativeLog(ofActual)];
  }
  let best = 0;
  for (let c = 1; c < p.length; c++) if (p[c]! > p[best]!) best = c;
  if (threshold !== null) best = p[1]! > threshold ? 1 : 0;
  return [Number(best === actual), negativeLog(p[actual]!)];
}

/** Whether every target is right, and the mean of −log p over targets, as the metrics define it. */
function scoreClasses(
  p: Float64Array,
  y: Float64Array,
  classes: NonNullable<Answers["classes"]>,
): [right: number, logLoss: number] {
  let [first, right, logLoss] = [0, 1, 0];
  for (const [t, { length }] of classes.entries()) {
    const [isRight, loss] = scoreClass(p.subarray(first, first + length), y[t]!, null);
    right *= isRight;
    logLoss += loss / classes.length;
    first += length;
  }
  return [right, logLoss];
}

function scoreLabels(
  p: Float64Array,
  y: Float64Array,
  thresholds: readonly number[] | null,
): [right: number, logLoss: number] {
  let [areAllRight, logLoss] = [1, 0];
  for (const [j, value] of p.entries()) {
    const has = y[j]! > 0.5;
    if (value > (thresholds?.[j] ?? 0.5) !== has) areAllRight = 0;
    logLoss += negativeLog(has ? value : 1 - value) / p.length;
  }
  return [areAllRight, logLoss];
}

function scoreNumbers(
  s: Float64Array,
  y: Float64Array,
  { quantiles = [0.5] }: Answers,
): [squared: number, absolute: number] {
  let [squared, absolute] = [0, 0];
  for (const [j, wanted] of y.entries()) {
    const value = s[j * quantiles.length + medianAt(quantiles)]!;
    squared += (value - wanted) ** 2 / y.length;
    absolute += Math.abs(value - wanted) / y.length;
  }
  return [squared, absolute];
}

function negativeLog(p: number): number {
  return -Math.log(Math.max(p, leastProbability));
}
