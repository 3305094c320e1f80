/** The metrics, one row each, named as scikit-learn's functions without `_score`. What is kept to compute them: evaluation.ts. */
import type { Sample } from "./bootstrap.ts";
import { type ClassView, type LabelView, labelScores } from "./classification.ts";
import {
  accuracy,
  balancedAccuracy,
  type ClassScores,
  type Confusion,
  classScores,
  cohenKappa,
  macro,
  matthews,
  perClass,
  weighted,
} from "./confusion.ts";
import type { Ranking } from "./ranking.ts";
import type { OutputView, RegressionView } from "./regression.ts";
import type { TargetsView } from "./targets.ts";

/** What a row is answered with, whatever the task, and what metrics of such answers follow from. */
export interface Views {
  /** One of several classes. */
  readonly class: ClassView;
  /** Any number of labels. */
  readonly labels: LabelView;
  /** A class for each of several targets. */
  readonly classes: TargetsView;
  /** One or several numbers. */
  readonly numbers: RegressionView;
}

export type AnswerKind = keyof Views;

/** How a metric follows from what is kept of the predictions, for each kind of answers that has it. */
interface Metric {
  readonly better: "higher" | "lower";
  readonly class?: (of: ClassView) => number;
  readonly labels?: (of: LabelView) => number;
  readonly numbers?: (of: RegressionView) => number;
  /** Of several classifications; absent: the mean of what `class` is for each. */
  readonly classes?: (of: TargetsView) => number;
  /** Of several classifications, it is also told of each: `accuracy.species`. */
  readonly isToldByTarget?: true;
  /** Of which answers a threshold can be chosen so that it is best; it then follows from the confusion alone. */
  readonly choosesThreshold?: readonly AnswerKind[];
  /** Needs every score or error, not sums alone. */
  readonly keepsAll?: true;
  /** With so many classes or fewer it is 1, whatever is predicted. */
  readonly certainFor?: number;
  /** Only of models that tell quantiles. */
  readonly ofQuantiles?: true;
  /** Samples of the rows say nothing of it. */
  readonly hasNoInterval?: true;
}

const precision = (score: ClassScores) => score.precision;
const recall = (score: ClassScores) => score.recall;
const f1 = (score: ClassScores) => score.f1;

/** Every metric that a spec or `--fail-if` can name, besides `loss`. */
export const metrics = {
  accuracy: {
    better: "higher",
    class: ({ confusion }) => accuracy(confusion),
    labels: ({ exact, rows }) => exact / rows,
    classes: ({ exact, rows }) => exact / rows,
    isToldByTarget: true,
    choosesThreshold: ["class"],
  },
  balanced_accuracy: {
    better: "higher",
    class: ({ confusion }) => balancedAccuracy(confusion),
    choosesThreshold: ["class"],
  },
  top_2_accuracy: topK(2),
  top_3_accuracy: topK(3),
  top_5_accuracy: topK(5),
  precision_macro: byClass((scores) => macro(scores, precision)),
  recall_macro: byClass((scores) => macro(scores, recall)),
  f1_macro: {
    ...byClass((scores) => macro(scores, f1)),
    isToldByTarget: true,
    choosesThreshold: ["class", "labels"],
  },
  precision_weighted: byClass((scores) => weighted(scores, precision)),
  recall_weighted: byClass((scores) => weighted(scores, recall)),
  f1_weighted: {
    ...byClass((scores) => weighted(scores, f1)),
    choosesThreshold: ["class", "labels"],
  },
  precision_micro: overall(precision),
  recall_micro: overall(recall),
  f1_micro: overall(f1),
  matthews_corrcoef: {
    better: "higher",
    class: ({ confusion }) => matthews(confusion),
    choosesThreshold: ["class"],
  },
  cohen_kappa: {
    better: "higher",
    class: ({ confusion }) => cohenKappa(confusion),
    choosesThreshold: ["class"],
  },
  log_loss: {
    better: "lower",
    class: ({ sums }) => sums.logLoss / sums.rows,
    labels: ({ logLoss, rows, labels }) => logLoss / (rows * labels),
    isToldByTarget: true,
  },
  /** Mean of (p − y)² for two classes; for more, summed over the classes. */
  brier: {
    better: "lower",
    class: ({ sums, classes }) => sums.squares / sums.rows / (classes === 2 ? 2 : 1),
    labels: ({ squares, rows, labels }) => squares / (rows * labels),
  },
  /** Of the second class for two classes; else the mean of each class against the rest. */
  roc_auc: ranked((ranking, sample) => ranking.rocArea(sample)),
  average_precision: ranked((ranking, sample) => ranking.averagePrecision(sample)),
  /** Of the probability of the second of two classes, else of the likeliest class; of labels, of each one's. */
  expected_calibration_error: {
    better: "lower",
    class: ({ sums }) => sums.calibration.error(),
    labels: ({ calibration }) => calibration.error(),
  },
  hamming_loss: {
    better: "lower",
    class: ({ confusion }) => 1 - accuracy(confusion),
    labels: ({ agreeing, rows, labels }) => 1 - agreeing / (rows * labels),
    choosesThreshold: ["class", "labels"],
  },
  mse: perOutput("lower", meanSquare),
  rmse: { better: "lower", numbers: (outputs) => Math.sqrt(mean(outputs, meanSquare)) },
  mae: perOutput("lower", ({ absoluteError, rows }) => absoluteError / rows),
  median_ae: { ...perOutput("lower", (output) => output.medianError()), keepsAll: true },
  /** 1 − Σ(y − s)²/Σ(y − ȳ)², the mean over outputs. */
  r2: perOutput("higher", ({ squaredError, targetSpread }) => explained(squaredError, targetSpread)),
  explained_variance: perOutput("higher", ({ errorSpread, targetSpread }) =>
    explained(errorSpread, targetSpread),
  ),
  /** The mean over quantiles of the loss by which each is learnt (Koenker and Bassett 1978), in the data's unit. */
  pinball_loss: { ...perOutput("lower", ({ pinball, rows }) => pinball / rows), ofQuantiles: true },
  /** The share of rows between the outermost quantiles: of 0.1 and 0.9, as near 0.8 as they are right. */
  coverage: { ...perOutput("higher", ({ covered, rows }) => covered / rows), ofQuantiles: true },
  max_error: {
    better: "lower",
    numbers: (outputs) => Math.max(...outputs.map(({ largestError }) => largestError)),
    hasNoInterval: true,
  },
} satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

export const metricNames = Object.keys(metrics) as [MetricName, ...MetricName[]];

/** A row as all of them can be read. */
export function metricOf(name: MetricName): Metric {
  return metrics[name];
}

export function isMetric(name: string): name is MetricName {
  return Object.hasOwn(metrics, name);
}

/** Whether more of a figure is better, as it is named: `accuracy`, `test.accuracy`, `accuracy.species`. */
export function isUp(figure: string): boolean {
  const name = figure.split(".").find(isMetric);
  return name !== undefined && betterOf(name) === "higher";
}

/** Whether more of it is better; `loss` counts as a metric here. */
export function betterOf(name: MetricName | "loss"): "higher" | "lower" {
  return name === "loss" ? "lower" : metrics[name].better;
}

/** All metrics that such answers have, in the table's order. */
export function metricsOf(kind: AnswerKind): MetricName[] {
  return metricNames.filter((name) => isOf(kind, name));
}

export function isOf(kind: AnswerKind, name: MetricName): boolean {
  const metric = metricOf(name);
  // Of several targets, some have fewer classes than others.
  return Boolean(metric[kind]) || (kind === "classes" && Boolean(metric.class) && !metric.certainFor);
}

/** Whether the metric says anything of predictions of so many classes. */
export function isTelling(name: MetricName, classes: number): boolean {
  return classes > (metricOf(name).certainFor ?? 0);
}

/** The metrics by which a threshold of such answers can be chosen. */
export function thresholdMetricsOf(kind: AnswerKind): MetricName[] {
  return metricNames.filter((name) => metricOf(name).choosesThreshold?.includes(kind));
}

/** A metric that follows from the confusion of classes alone. */
export function confusionMetric(name: MetricName, confusion: Confusion): number {
  return metricOf(name).class!({ confusion } as ClassView);
}

function topK(k: number): Metric {
  return { better: "higher", class: ({ sums }) => sums.withinTop[k]! / sums.rows, certainFor: k };
}

function byClass(of: (scores: ClassScores[]) => number): Metric {
  return {
    better: "higher",
    class: ({ confusion }) => of(perClass(confusion)),
    labels: (view) => of(labelScores(view)),
  };
}

/** Over all decisions at once; with one class per row that is the accuracy. */
function overall(of: (score: ClassScores) => number): Metric {
  return {
    better: "higher",
    class: ({ confusion }) => accuracy(confusion),
    labels: ({ right, predicted, support }) => of(classScores(sum(right), sum(predicted), sum(support))),
  };
}

function ranked(area: (ranking: Ranking, sample: Sample) => number): Metric {
  const meanArea = ({ of, sample }: ClassView["rankings"]) => {
    const defined = of.map((ranking) => area(ranking, sample)).filter((value) => !Number.isNaN(value));
    return defined.length > 0 ? sum(defined) / defined.length : Number.NaN;
  };
  return {
    better: "higher",
    keepsAll: true,
    class: ({ rankings, classes }) =>
      classes === 2 ? area(rankings.of[1]!, rankings.sample) : meanArea(rankings),
    labels: ({ rankings }) => meanArea(rankings),
  };
}

function perOutput(better: Metric["better"], of: (output: OutputView) => number): Metric {
  return { better, numbers: (outputs) => mean(outputs, of) };
}

function mean(outputs: RegressionView, of: (output: OutputView) => number): number {
  return outputs.reduce((total, output) => total + of(output), 0) / outputs.length;
}

function meanSquare({ squaredError, rows }: OutputView): number {
  return squaredError / rows;
}

/** 1 − left/total; of a constant, all or nothing. */
function explained(left: number, total: number): number {
  if (total === 0) return left === 0 ? 1 : 0;
  return 1 - left / total;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
