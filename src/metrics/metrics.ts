/** The metrics, one row each, named as scikit-learn's functions without `_score`, and their running computation. */
import type { TaskName } from "../tasks/tasks.ts";
import { drawSample, type Interval, middle, mostGroups, type Sample } from "./bootstrap.ts";
import {
  ClassStats,
  type ClassView,
  LabelStats,
  type LabelView,
  type StatsOptions,
  type Values,
} from "./classification.ts";
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
import { type OutputView, RegressionStats, type RegressionView } from "./regression.ts";
import { TargetsStats, type TargetsView } from "./targets.ts";

/** How a metric follows from what is kept of the predictions, for each task that has it. */
interface Metric {
  readonly better: "higher" | "lower";
  readonly classification?: (of: ClassView) => number;
  readonly multilabel?: (of: LabelView) => number;
  readonly regression?: (of: RegressionView) => number;
  /** Of several classifications; absent: the mean of what `classification` is for each. */
  readonly multioutput?: (of: TargetsView) => number;
  /** Needs every score or error, not sums alone. */
  readonly keepsAll?: true;
  /** With so many classes or fewer it is 1, whatever is predicted. */
  readonly certainFor?: number;
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
    classification: ({ confusion }) => accuracy(confusion),
    multilabel: ({ exact, rows }) => exact / rows,
    multioutput: ({ exact, rows }) => exact / rows,
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
    classification: ({ sums }) => sums.logLoss / sums.rows,
    multilabel: ({ logLoss, rows, labels }) => logLoss / (rows * labels),
  },
  /** Mean of (p − y)² for two classes; for more, summed over the classes. */
  brier: {
    better: "lower",
    classification: ({ sums, classes }) => sums.squares / sums.rows / (classes === 2 ? 2 : 1),
    multilabel: ({ squares, rows, labels }) => squares / (rows * labels),
  },
  /** Of the second class for two classes; else the mean of each class against the rest. */
  roc_auc: ranked((ranking, sample) => ranking.rocArea(sample)),
  average_precision: ranked((ranking, sample) => ranking.averagePrecision(sample)),
  /** Of the probability of the second of two classes, else of the likeliest class; of labels, of each one's. */
  expected_calibration_error: {
    better: "lower",
    classification: ({ sums }) => sums.calibration.error(),
    multilabel: ({ calibration }) => calibration.error(),
  },
  hamming_loss: {
    better: "lower",
    classification: ({ confusion }) => 1 - accuracy(confusion),
    multilabel: ({ agreeing, rows, labels }) => 1 - agreeing / (rows * labels),
  },
  mse: perOutput("lower", meanSquare),
  rmse: { better: "lower", regression: (outputs) => Math.sqrt(mean(outputs, meanSquare)) },
  mae: perOutput("lower", ({ absoluteError, rows }) => absoluteError / rows),
  median_ae: { ...perOutput("lower", (output) => output.medianError()), keepsAll: true },
  /** 1 − Σ(y − s)²/Σ(y − ȳ)², the mean over outputs. */
  r2: perOutput("higher", ({ squaredError, targetSpread }) => explained(squaredError, targetSpread)),
  explained_variance: perOutput("higher", ({ errorSpread, targetSpread }) =>
    explained(errorSpread, targetSpread),
  ),
  max_error: {
    better: "lower",
    regression: (outputs) => Math.max(...outputs.map(({ largestError }) => largestError)),
    hasNoInterval: true,
  },
} satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

const table: Record<MetricName, Metric> = metrics;

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
  return name === "loss" ? "lower" : table[name].better;
}

/** All metrics that a task has, in the table's order. */
export function metricsOf(task: TaskName): MetricName[] {
  return (Object.keys(table) as MetricName[]).filter((name) => isOf(task, name));
}

function isOf(task: TaskName, name: MetricName): boolean {
  const { certainFor, ...metric } = table[name];
  // Of several targets, some have fewer classes than others.
  if (task === "multioutput") return Boolean(metric.classification) && certainFor === undefined;
  return Boolean(metric[task]);
}

/** Whether the metric says anything of predictions of so many classes. */
export function isTelling(name: MetricName, classes: number): boolean {
  return classes > (table[name].certainFor ?? 0);
}

/** What an evaluation tells unless asked for something else. */
export const defaultMetrics = {
  classification: ["accuracy", "balanced_accuracy", "f1_macro", "log_loss", "roc_auc"],
  multilabel: ["accuracy", "hamming_loss", "f1_macro", "log_loss", "roc_auc"],
  multioutput: ["accuracy", "hamming_loss", "f1_macro", "log_loss", "roc_auc"],
  regression: ["mse", "rmse", "mae", "r2"],
} satisfies Record<TaskName, MetricName[]>;

/** Of several classifications, what is also told of each: `accuracy.species`. */
const toldByTarget: ReadonlySet<MetricName> = new Set(["accuracy", "f1_macro", "log_loss"]);

/** Figures by name. */
export type Results = Readonly<Record<string, number>>;

/** Between which values the middle 95 % of samples of the rows lie. */
export interface Intervals {
  readonly metrics: Readonly<Record<string, Interval>>;
  /** Of each class or label; null for a regression. */
  readonly perClass: readonly ClassIntervals[] | null;
}

export type ClassIntervals = Readonly<Record<"precision" | "recall" | "f1", Interval | null>>;

/** A metric that follows from the confusion of classes alone. */
export function confusionMetric(name: MetricName, confusion: Confusion): number {
  return table[name].classification!({ confusion } as ClassView);
}

/** A running evaluation: batches in, metrics out at any time. */
export interface Evaluation {
  /**
   * @param predictions classification: probabilities [rows × classes], or [rows] of the second of two;
   *   multilabel: probabilities [rows × labels]; regression: numbers [rows × outputs]; multioutput: probabilities
   *   [rows × classes of all targets]
   * @param targets class numbers [rows]; 0 or 1 [rows × labels]; numbers [rows × outputs]; class numbers
   *   [rows × targets]
   */
  add(predictions: Values, targets: Values): void;
  /** NaN where a metric is not defined by the rows seen, such as ROC without a positive row. */
  result(): Results;
  /**
   * By the bootstrap; of an evaluation that was started for it. Metrics that need every score are left out where
   * even few samples would take more than `mostWork` additions.
   */
  intervals(mostWork?: number): Intervals;
  /** Row = true class, column = predicted; classification only. */
  confusion(): number[][] | null;
  /** Precision, recall, F1 and rows of each class or label; not for regression. */
  perClass(): ClassScores[] | null;
}

export interface EvaluationOptions extends Partial<Pick<StatsOptions, "thresholds">> {
  /** Whether {@link Evaluation.intervals} will be asked for. */
  readonly hasIntervals?: boolean;
  /** Several classifications: what the target of each is called. */
  readonly targets?: readonly string[];
}

/**
 * Starts an evaluation of the named metrics; names that the task does not have are left out.
 * @param widths classes (also when one output tells two apart), labels, or outputs; of several targets the classes
 *   of each
 */
export function evaluation(
  names: readonly MetricName[],
  task: TaskName,
  widths: number | readonly number[],
  { thresholds = null, hasIntervals = false, targets = [] }: EvaluationOptions = {},
): Evaluation {
  const wanted = names.filter((name) => isOf(task, name));
  const [width = 0] = [widths].flat();
  const keepsAll = wanted.some((name) => table[name].keepsAll);
  const options = { keepsAll, thresholds, isGrouped: hasIntervals };
  switch (task) {
    case "classification": {
      const stats = new ClassStats(width, options);
      return running(stats, wanted, {
        metric: (name, view) => table[name].classification!(view),
        perClass: ({ confusion }) => perClass(confusion),
        confusion: ({ confusion }) => confusion.rows(),
        work: width * width,
      });
    }
    case "multilabel": {
      const stats = new LabelStats(width, options);
      return running(stats, wanted, {
        metric: (name, view) => table[name].multilabel!(view),
        perClass: labelScores,
        confusion: () => null,
        work: mostGroups * width,
      });
    }
    case "multioutput": {
      const blocks = [widths].flat();
      return running(new TargetsStats(blocks, options), wanted, {
        metric: ofTargets,
        further: (name, view) =>
          toldByTarget.has(name)
            ? targets.map((target, t) => [`${name}.${target}`, table[name].classification!(view.targets[t]!)])
            : [],
        perClass: (view) => view.targets.flatMap(({ confusion }) => perClass(confusion)),
        confusion: () => null,
        work: blocks.reduce((sum, classes) => sum + classes ** 2, 0),
      });
    }
    case "regression": {
      const stats = new RegressionStats(width, options);
      return running(stats, wanted, {
        metric: (name, view) => table[name].regression!(view),
        perClass: () => null,
        confusion: () => null,
        work: mostGroups * width,
      });
    }
  }
}

/** How figures follow from what a task's statistics show of the rows or a sample of them. */
interface Reading<View> {
  metric(name: MetricName, view: View): number;
  /** What is told beside it. */
  further?(name: MetricName, view: View): [name: string, value: number][];
  perClass(view: View): ClassScores[] | null;
  confusion(view: View): number[][] | null;
  /** Additions that a sample takes, roughly, besides those for every score kept. */
  readonly work: number;
}

/** Samples to draw: the ends of an interval then vary by some 6 % of its half-width. */
const mostSamples = 500;
const fewestSamples = 100;
/** Additions that intervals may take in all, before samples become fewer: about a second. */
const patientWork = 5e8;
/** The same for who waits for something else: some hundredths of a second. */
export const quickWork = 1e6;

function running<View>(
  stats: { add(predictions: Values, targets: Values): void; view(sample?: Sample): View },
  names: readonly MetricName[],
  reading: Reading<View>,
): Evaluation {
  let scores = 0;
  return {
    add(predictions, targets) {
      scores += predictions.length;
      stats.add(predictions, targets);
    },
    result() {
      return Object.fromEntries(figuresOf(names, reading, stats.view()));
    },
    intervals(mostWork = patientWork) {
      const isKept = fewestSamples * 2 * scores <= mostWork;
      const affordable = names.filter((name) => isKept || mostWork === patientWork || !table[name].keepsAll);
      const keepsAll = affordable.some((name) => table[name].keepsAll);
      const work = mostGroups + reading.work + (keepsAll ? 2 * scores : 0);
      const samples = Math.max(fewestSamples, Math.min(mostSamples, Math.floor(mostWork / work)));
      return intervalsOf(stats, affordable, reading, samples);
    },
    confusion: () => reading.confusion(stats.view()),
    perClass: () => reading.perClass(stats.view()),
  };
}

/** What a view says, by name. */
function figuresOf<View>(names: readonly MetricName[], reading: Reading<View>, view: View) {
  return names.flatMap((name): [string, number][] => [
    [name, reading.metric(name, view)],
    ...(reading.further?.(name, view) ?? []),
  ]);
}

const classFigures = ["precision", "recall", "f1"] as const;

function intervalsOf<View>(
  stats: { view(sample: Sample): View },
  names: readonly MetricName[],
  reading: Reading<View>,
  samples: number,
): Intervals {
  const wanted = names.filter((name) => !table[name].hasNoInterval);
  const values = new Map<string, number[]>();
  const classes: ClassScores[][] = [];
  for (let index = 1; index <= samples; index++) {
    const view = stats.view(drawSample(index));
    for (const [name, value] of figuresOf(wanted, reading, view)) {
      const known = values.get(name);
      if (known) known.push(value);
      else values.set(name, [value]);
    }
    classes.push(reading.perClass(view) ?? []);
  }
  const metrics = [...values].flatMap(([name, drawn]) => {
    const interval = middle(drawn);
    return interval ? [[name, interval] as const] : [];
  });
  const ofClass = (c: number, figure: (typeof classFigures)[number]) =>
    middle(classes.map((scores) => scores[c]![figure]));
  const perClass = classes[0]!.map((_, c) => ({
    precision: ofClass(c, "precision"),
    recall: ofClass(c, "recall"),
    f1: ofClass(c, "f1"),
  }));
  return { metrics: Object.fromEntries(metrics), perClass: perClass.length > 0 ? perClass : null };
}

function ofTargets(name: MetricName, view: TargetsView): number {
  const { multioutput, classification } = table[name];
  if (multioutput) return multioutput(view);
  const defined = view.targets.map((of) => classification!(of)).filter((value) => !Number.isNaN(value));
  return defined.length > 0 ? sum(defined) / defined.length : Number.NaN;
}

function topK(k: number): Metric {
  return { better: "higher", classification: ({ sums }) => sums.withinTop[k]! / sums.rows, certainFor: k };
}

function byClass(of: (scores: ClassScores[]) => number): Metric {
  return {
    better: "higher",
    classification: ({ confusion }) => of(perClass(confusion)),
    multilabel: (view) => of(labelScores(view)),
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

function ranked(area: (ranking: Ranking, sample: Sample) => number): Metric {
  const meanArea = ({ of, sample }: ClassView["rankings"]) => {
    const defined = of.map((ranking) => area(ranking, sample)).filter((value) => !Number.isNaN(value));
    return defined.length > 0 ? sum(defined) / defined.length : Number.NaN;
  };
  return {
    better: "higher",
    keepsAll: true,
    classification: ({ rankings, classes }) =>
      classes === 2 ? area(rankings.of[1]!, rankings.sample) : meanArea(rankings),
    multilabel: ({ rankings }) => meanArea(rankings),
  };
}

function perOutput(better: Metric["better"], of: (output: OutputView) => number): Metric {
  return { better, regression: (outputs) => mean(outputs, of) };
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

function labelScores({ right, predicted, support }: LabelView): ClassScores[] {
  return [...right].map((hits, j) => classScores(hits, predicted[j]!, support[j]!));
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
