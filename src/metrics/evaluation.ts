/** Running evaluations: batches of predictions in, figures and their intervals out at any time. */
import { drawSample, type Interval, middle, mostGroups, type Sample } from "./bootstrap.ts";
import {
  ClassStats,
  type ClassView,
  LabelStats,
  labelScores,
  type StatsOptions,
  type Values,
} from "./classification.ts";
import { type ClassScores, perClass } from "./confusion.ts";
import { type AnswerKind, isOf, type MetricName, metricOf, type Views } from "./metrics.ts";
import { RegressionStats } from "./regression.ts";
import { TargetsStats, type TargetsView } from "./targets.ts";

/** Figures by name. */
export type Results = Readonly<Record<string, number>>;

/** Between which values the middle 95 % of samples of the rows lie. */
export interface Intervals {
  readonly metrics: Readonly<Record<string, Interval>>;
  /** Of each class or label; null for a regression. */
  readonly perClass: readonly ClassIntervals[] | null;
}

export type ClassIntervals = Readonly<Record<"precision" | "recall" | "f1", Interval | null>>;

/** A running evaluation: batches in, metrics out at any time. */
export interface Evaluation {
  /**
   * @param predictions class: probabilities [rows × classes], or [rows] of the second of two; labels: probabilities
   *   [rows × labels]; numbers [rows × outputs], or the quantiles of each, ascending; classes: probabilities [rows × classes of all targets]
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
  /** Row = true class, column = predicted; null unless a row has one class. */
  confusion(): number[][] | null;
  /** Precision, recall, F1 and rows of each class or label; null for numbers. */
  perClass(): ClassScores[] | null;
}

export interface EvaluationOptions extends Partial<Pick<StatsOptions, "thresholds" | "quantiles">> {
  /** Whether {@link Evaluation.intervals} will be asked for. */
  readonly hasIntervals?: boolean;
  /** Several classifications: what the target of each is called. */
  readonly targets?: readonly string[];
}

/** What of the predictions of each kind of answers is kept, and how it is read. */
interface Measuring<View> {
  /** @param widths classes, labels or outputs; of several targets the classes of each */
  stats(widths: readonly number[], options: StatsOptions): Statistics<View>;
  metric(metric: ReturnType<typeof metricOf>, view: View): number;
  /** What is told of a metric's targets beside it. */
  byTarget?(metric: ReturnType<typeof metricOf>, view: View): number[];
  perClass(view: View): ClassScores[] | null;
  confusion?(view: View): number[][];
  /** Additions that a sample takes, roughly, besides those for every score kept. */
  work(widths: readonly number[]): number;
}

interface Statistics<View> {
  add(predictions: Values, targets: Values): void;
  view(sample?: Sample): View;
}

const measurings: { readonly [Kind in AnswerKind]: Measuring<Views[Kind]> } = {
  class: {
    stats: ([classes = 0], options) => new ClassStats(classes, options),
    metric: (metric, view) => metric.class!(view),
    perClass: ({ confusion }) => perClass(confusion),
    confusion: ({ confusion }) => confusion.rows(),
    work: ([classes = 0]) => classes ** 2,
  },
  labels: {
    stats: ([labels = 0], options) => new LabelStats(labels, options),
    metric: (metric, view) => metric.labels!(view),
    perClass: labelScores,
    work: ([labels = 0]) => mostGroups * labels,
  },
  classes: {
    stats: (widths, options) => new TargetsStats(widths, options),
    metric: (metric, view) => metric.classes?.(view) ?? meanOfTargets(metric.class!, view),
    byTarget: (metric, view) => view.targets.map((of) => metric.class!(of)),
    perClass: (view) => view.targets.flatMap(({ confusion }) => perClass(confusion)),
    work: (widths) => widths.reduce((sum, classes) => sum + classes ** 2, 0),
  },
  numbers: {
    stats: ([outputs = 0], options) => new RegressionStats(outputs, options),
    metric: (metric, view) => metric.numbers!(view),
    perClass: () => null,
    work: ([outputs = 0]) => mostGroups * outputs,
  },
};

function meanOfTargets(metric: (of: ClassView) => number, { targets }: TargetsView): number {
  const defined = targets.map(metric).filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/**
 * Starts an evaluation of the named metrics; names that such answers do not have are left out.
 * @param widths classes (also when one output tells two apart), labels, or outputs; of several targets the classes
 *   of each
 */
export function evaluation<Kind extends AnswerKind>(
  names: readonly MetricName[],
  kind: Kind,
  widths: readonly number[],
  { thresholds = null, quantiles, hasIntervals = false, targets = [] }: EvaluationOptions = {},
): Evaluation {
  const measuring: Measuring<Views[Kind]> = measurings[kind];
  const wanted = names.filter((name) => isOf(kind, name) && (quantiles || !metricOf(name).ofQuantiles));
  const keepsAll = wanted.some((name) => metricOf(name).keepsAll);
  const stats = measuring.stats(widths, { keepsAll, thresholds, quantiles, isGrouped: hasIntervals });
  return running(stats, wanted, { ...measuring, work: measuring.work(widths), targets });
}

/** How figures follow from what the statistics show of the rows or a sample of them. */
interface Reading<View> extends Omit<Measuring<View>, "stats" | "work"> {
  readonly work: number;
  /** What the targets are called of which figures are told. */
  readonly targets: readonly string[];
}

/** Samples to draw: the ends of an interval then vary by some 6 % of its half-width. */
const mostSamples = 500;
const fewestSamples = 100;
/** Additions that intervals may take in all, before samples become fewer: about a second. */
const patientWork = 5e8;
/** The same for who waits for something else: some hundredths of a second. */
export const quickWork = 1e6;

function running<View>(
  stats: Statistics<View>,
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
      const affordable = names.filter(
        (name) => isKept || mostWork === patientWork || !metricOf(name).keepsAll,
      );
      const keepsAll = affordable.some((name) => metricOf(name).keepsAll);
      const work = mostGroups + reading.work + (keepsAll ? 2 * scores : 0);
      const samples = Math.max(fewestSamples, Math.min(mostSamples, Math.floor(mostWork / work)));
      return intervalsOf(stats, affordable, reading, samples);
    },
    confusion: () => reading.confusion?.(stats.view()) ?? null,
    perClass: () => reading.perClass(stats.view()),
  };
}

/** What a view says, by name. */
function figuresOf<View>(names: readonly MetricName[], reading: Reading<View>, view: View) {
  return names.flatMap((name): [string, number][] => {
    const metric = metricOf(name);
    const ofTargets = (metric.isToldByTarget && reading.byTarget?.(metric, view)) ?? [];
    const byTarget = reading.targets.map((target, t): [string, number] => [
      `${name}.${target}`,
      ofTargets[t]!,
    ]);
    return [[name, reading.metric(metric, view)], ...(ofTargets.length > 0 ? byTarget : [])];
  });
}

const classFigures = ["precision", "recall", "f1"] as const;

function intervalsOf<View>(
  stats: Statistics<View>,
  names: readonly MetricName[],
  reading: Reading<View>,
  samples: number,
): Intervals {
  const wanted = names.filter((name) => !metricOf(name).hasNoInterval);
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
