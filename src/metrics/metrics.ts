/** The metrics, one row each, named as scikit-learn's functions without `_score`, and their running computation. */
import type { TaskName } from "../config/schema.ts";
import { ClassStats, LabelStats, type Values } from "./classification.ts";
import {
  accuracy,
  balancedAccuracy,
  type ClassScores,
  classScores,
  cohenKappa,
  macro,
  matthews,
  perClass,
  weighted,
} from "./confusion.ts";
import { type OutputStats, RegressionStats } from "./regression.ts";

/** How a metric follows from what is kept of the predictions, for each task that has it. */
interface Metric {
  readonly better: "higher" | "lower";
  readonly classification?: (stats: ClassStats) => number;
  readonly multilabel?: (stats: LabelStats) => number;
  readonly regression?: (stats: RegressionStats) => number;
  /** Needs every score or error, not sums alone: memory grows with the rows. */
  readonly keepsAll?: true;
}

const precision = (score: ClassScores) => score.precision;
const recall = (score: ClassScores) => score.recall;
const f1 = (score: ClassScores) => score.f1;

/** Every metric that a spec or `--fail-if` can name, besides `loss`. */
export const metrics = {
  accuracy: {
    better: "higher",
    classification: ({ confusion }) => accuracy(confusion),
    multilabel: ({ exact, rows }) => exact / rows,
  },
  balanced_accuracy: { better: "higher", classification: ({ confusion }) => balancedAccuracy(confusion) },
  top_2_accuracy: topK(2),
  top_3_accuracy: topK(3),
  top_5_accuracy: topK(5),
  precision_macro: byClass((scores) => macro(scores, precision)),
  recall_macro: byClass((scores) => macro(scores, recall)),
  f1_macro: byClass((scores) => macro(scores, f1)),
  precision_weighted: byClass((scores) => weighted(scores, precision)),
  recall_weighted: byClass((scores) => weighted(scores, recall)),
  f1_weighted: byClass((scores) => weighted(scores, f1)),
  precision_micro: overall(precision),
  recall_micro: overall(recall),
  f1_micro: overall(f1),
  matthews_corrcoef: { better: "higher", classification: ({ confusion }) => matthews(confusion) },
  cohen_kappa: { better: "higher", classification: ({ confusion }) => cohenKappa(confusion) },
  log_loss: {
    better: "lower",
    classification: ({ logLoss, rows }) => logLoss / rows,
    multilabel: ({ logLoss, rows, labels }) => logLoss / (rows * labels),
  },
  /** Mean of (p − y)² for two classes; for more, summed over the classes. */
  brier: {
    better: "lower",
    classification: ({ squares, rows, classes }) => squares / rows / (classes === 2 ? 2 : 1),
    multilabel: ({ squares, rows, labels }) => squares / (rows * labels),
  },
  /** Of the second class for two classes; else the mean of each class against the rest. */
  roc_auc: ranked((ranking) => ranking.rocArea()),
  average_precision: ranked((ranking) => ranking.averagePrecision()),
  hamming_loss: {
    better: "lower",
    classification: ({ confusion }) => 1 - accuracy(confusion),
    multilabel: ({ agreeing, rows, labels }) => 1 - agreeing / (rows * labels),
  },
  mse: perOutput("lower", meanSquare),
  rmse: { better: "lower", regression: (stats) => Math.sqrt(stats.mean(meanSquare)) },
  mae: perOutput("lower", ({ absoluteError, rows }) => absoluteError / rows),
  median_ae: { ...perOutput("lower", (output) => output.medianError()), keepsAll: true },
  /** 1 − Σ(y − s)²/Σ(y − ȳ)², the mean over outputs. */
  r2: perOutput("higher", ({ squaredError, targets }) => explained(squaredError, targets.squares)),
  explained_variance: perOutput("higher", ({ errors, targets }) =>
    explained(errors.squares, targets.squares),
  ),
  max_error: {
    better: "lower",
    regression: ({ outputs }) => Math.max(...outputs.map((output) => output.largestError)),
  },
} satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

const table: Record<MetricName, Metric> = metrics;

export function isMetric(name: string): name is MetricName {
  return Object.hasOwn(metrics, name);
}

/** Whether more of it is better; `loss` counts as a metric here. */
export function betterOf(name: MetricName | "loss"): "higher" | "lower" {
  return name === "loss" ? "lower" : table[name].better;
}

/** All metrics that a task has, in the table's order. */
export function metricsOf(task: TaskName): MetricName[] {
  return (Object.keys(table) as MetricName[]).filter((name) => table[name][task]);
}

/** What an evaluation tells unless asked for something else. */
export const defaultMetrics = {
  classification: ["accuracy", "balanced_accuracy", "f1_macro", "log_loss", "roc_auc"],
  multilabel: ["accuracy", "hamming_loss", "f1_macro", "log_loss", "roc_auc"],
  regression: ["mse", "rmse", "mae", "r2"],
} satisfies Record<TaskName, MetricName[]>;

/** A running evaluation: batches in, metrics out at any time. */
export interface Evaluation {
  /**
   * @param predictions classification: probabilities [rows × classes], or [rows] of the second of two;
   *   multilabel: probabilities [rows × labels]; regression: numbers [rows × outputs]
   * @param targets class numbers [rows]; 0 or 1 [rows × labels]; numbers [rows × outputs]
   */
  add(predictions: Values, targets: Values): void;
  /** NaN where a metric is not defined by the rows seen, such as ROC without a positive row. */
  result(): Partial<Record<MetricName, number>>;
  /** Row = true class, column = predicted; classification only. */
  confusion(): number[][] | null;
  /** Precision, recall, F1 and rows of each class or label; not for regression. */
  perClass(): ClassScores[] | null;
}

/**
 * Starts an evaluation of the named metrics; names that the task does not have are left out.
 * @param width classes (also when one output tells two apart), labels, or outputs
 */
export function evaluation(names: readonly MetricName[], task: TaskName, width: number): Evaluation {
  const wanted = names.filter((name) => table[name][task]);
  const keepsAll = wanted.some((name) => table[name].keepsAll);
  const collect = <Stats>(stats: Stats, of: (metric: Metric) => ((stats: Stats) => number) | undefined) =>
    Object.fromEntries(wanted.map((name) => [name, of(table[name])!(stats)]));
  switch (task) {
    case "classification": {
      const stats = new ClassStats(width, keepsAll);
      return {
        add: (predictions, targets) => stats.add(predictions, targets),
        result: () => collect(stats, (metric) => metric.classification),
        confusion: () => stats.confusion.rows(),
        perClass: () => perClass(stats.confusion),
      };
    }
    case "multilabel": {
      const stats = new LabelStats(width, keepsAll);
      return {
        add: (predictions, targets) => stats.add(predictions, targets),
        result: () => collect(stats, (metric) => metric.multilabel),
        confusion: () => null,
        perClass: () => labelScores(stats),
      };
    }
    case "regression": {
      const stats = new RegressionStats(width, keepsAll);
      return {
        add: (predictions, targets) => stats.add(predictions, targets),
        result: () => collect(stats, (metric) => metric.regression),
        confusion: () => null,
        perClass: () => null,
      };
    }
  }
}

function topK(k: number): Metric {
  return { better: "higher", classification: ({ withinTop, rows }) => withinTop[k]! / rows };
}

function byClass(of: (scores: ClassScores[]) => number): Metric {
  return {
    better: "higher",
    classification: ({ confusion }) => of(perClass(confusion)),
    multilabel: (stats) => of(labelScores(stats)),
  };
}

/** Over all decisions at once; with one class per row that is the accuracy. */
function overall(of: (score: ClassScores) => number): Metric {
  return {
    better: "higher",
    classification: ({ confusion }) => accuracy(confusion),
    multilabel: ({ right, predicted, support }) => of(classScores(sum(right), sum(predicted), sum(support))),
  };
}

function ranked(of: (ranking: ClassStats["rankings"][number]) => number): Metric {
  const mean = (rankings: ClassStats["rankings"]) => {
    const defined = rankings.map(of).filter((area) => !Number.isNaN(area));
    return defined.length > 0 ? sum(defined) / defined.length : Number.NaN;
  };
  return {
    better: "higher",
    keepsAll: true,
    classification: ({ rankings, classes }) => (classes === 2 ? of(rankings[1]!) : mean(rankings)),
    multilabel: ({ rankings }) => mean(rankings),
  };
}

function perOutput(better: Metric["better"], of: (output: OutputStats) => number): Metric {
  return { better, regression: (stats) => stats.mean(of) };
}

function meanSquare({ squaredError, rows }: OutputStats): number {
  return squaredError / rows;
}

/** 1 − left/total; of a constant, all or nothing. */
function explained(left: number, total: number): number {
  if (total === 0) return left === 0 ? 1 : 0;
  return 1 - left / total;
}

function labelScores({ right, predicted, support }: LabelStats): ClassScores[] {
  return [...right].map((hits, j) => classScores(hits, predicted[j]!, support[j]!));
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
