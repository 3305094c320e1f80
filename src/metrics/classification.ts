/** What is kept of predicted probabilities, batch by batch, to compute metrics of classes and labels. */
import { allRows, GroupedSums, type Sample } from "./bootstrap.ts";
import { type ClassScores, Confusion, classScores } from "./confusion.ts";
import { Ranking } from "./ranking.ts";
import { addCalibration, Calibration, calibrationWidth } from "./reliability.ts";

/** Numbers row by row: a batch's probabilities, predictions or targets. */
export type Values = Float32Array | Float64Array;

/** What is asked of the statistics. */
export interface StatsOptions {
  /** Keep every score, or every error. */
  readonly keepsAll: boolean;
  /** Keep sums by group, so that samples can be drawn. */
  readonly isGrouped: boolean;
  /** Probabilities above which the second class, or each label, is predicted; null: the likelier one. */
  readonly thresholds: readonly number[] | null;
  /** Which quantiles of every number are predicted; absent: one number of each. */
  readonly quantiles?: readonly number[] | undefined;
}

/** scikit-learn 1.2 keeps probabilities this far from 0 and 1 before it takes logarithms. */
const logFloor = 1e-15;

/** Largest k of the top-k accuracies. */
const largestK = 5;

/** Where a row's numbers are among the sums. */
const classSlots = { rows: 0, logLoss: 1, squares: 2, ranks: 3, calibration: 4 + largestK } as const;

/** What metrics of a classification follow from, over all rows or a sample; each from one of the three alone. */
export interface ClassView {
  readonly classes: number;
  readonly sums: {
    readonly rows: number;
    /** Σ −log p of the true class. */
    readonly logLoss: number;
    /** Σ over rows and classes of (p − y)². */
    readonly squares: number;
    /** At index k: rows whose true class is among the k largest probabilities; ties favour later classes, as scikit-learn. */
    readonly withinTop: readonly number[];
    /** Of the probability given to the second of two classes, or to the class predicted. */
    readonly calibration: Calibration;
  };
  readonly confusion: Confusion;
  readonly rankings: { readonly of: readonly Ranking[]; readonly sample: Sample };
}

/** One class per row: probabilities [rows × classes], or [rows] of the second of two classes. */
export class ClassStats {
  private readonly sums: GroupedSums;
  private readonly confusion: Confusion;
  private readonly rankings: readonly Ranking[];
  private readonly threshold: number | null;
  private rows = 0;
  /** The probabilities of one row. */
  private readonly row: Float64Array;

  constructor(
    readonly classes: number,
    { keepsAll, isGrouped, thresholds }: StatsOptions,
  ) {
    this.row = new Float64Array(classes);
    this.sums = new GroupedSums(classSlots.calibration + calibrationWidth, isGrouped);
    this.confusion = new Confusion(classes);
    this.threshold = classes === 2 ? (thresholds?.[0] ?? null) : null;
    this.rankings = Array.from({ length: keepsAll ? classes : 0 }, () => new Ranking());
  }

  /** targets [rows]: class numbers. */
  add(probabilities: Values, targets: Values): void {
    const { classes, row } = this;
    const onlySecond = classes === 2 && probabilities.length === targets.length;
    for (let r = 0; r < targets.length; r++) {
      if (onlySecond) {
        row[0] = 1 - probabilities[r]!;
        row[1] = probabilities[r]!;
      } else {
        for (let c = 0; c < classes; c++) row[c] = probabilities[r * classes + c]!;
      }
      this.addRow(targets[r]!);
    }
  }

  view(sample: Sample = allRows): ClassView {
    const { classes, rankings } = this;
    const sums = this.sums.total(sample);
    let within = 0;
    const withinTop = Array.from({ length: largestK + 1 }, (_, k) => {
      if (k > 0) within += sums[classSlots.ranks + k - 1]!;
      return within;
    });
    return {
      classes,
      sums: {
        rows: sums[classSlots.rows]!,
        logLoss: sums[classSlots.logLoss]!,
        squares: sums[classSlots.squares]!,
        withinTop,
        calibration: new Calibration(sums.subarray(classSlots.calibration)),
      },
      confusion: sample === allRows ? this.confusion : this.confusion.drawn(sample),
      rankings: { of: rankings, sample },
    };
  }

  private addRow(target: number): void {
    const p = this.row;
    let [likeliest, sum, above, squares] = [0, 0, 0, 0];
    for (let c = 0; c < p.length; c++) {
      if (p[c]! > p[likeliest]!) likeliest = c;
      sum += clip(p[c]!);
      if (p[c]! > p[target]! || (p[c]! === p[target]! && c > target)) above++;
      squares += (p[c]! - (c === target ? 1 : 0)) ** 2;
      if (this.rankings.length > 0) this.rankings[c]!.add(p[c]!, c === target);
    }
    const { values } = this.sums;
    const at = this.sums.at(this.rows++);
    values[at + classSlots.rows]! += 1;
    values[at + classSlots.logLoss]! -= Math.log(clip(p[target]!) / sum);
    values[at + classSlots.squares]! += squares;
    values[at + classSlots.ranks + Math.min(above, largestK)]! += 1;
    const said = p.length === 2 ? 1 : likeliest;
    addCalibration(values, at + classSlots.calibration, p[said]!, said === target);
    this.confusion.add(target, this.threshold === null ? likeliest : p[1]! > this.threshold ? 1 : 0);
  }
}

const labelSlots = { rows: 0, exact: 1, agreeing: 2, logLoss: 3, squares: 4, calibration: 5 } as const;
const firstLabel = labelSlots.calibration + calibrationWidth;

/** What metrics of labels follow from, over all rows or a sample. */
export interface LabelView {
  readonly labels: number;
  readonly rows: number;
  /** Rows all of whose labels are right. */
  readonly exact: number;
  /** Labels that are right, over all rows: not the same as `exact`. */
  readonly agreeing: number;
  readonly logLoss: number;
  readonly squares: number;
  readonly calibration: Calibration;
  /** Per label. */
  readonly right: Float64Array;
  readonly predicted: Float64Array;
  readonly support: Float64Array;
  readonly rankings: { readonly of: readonly Ranking[]; readonly sample: Sample };
}

/** Any number of labels per row: probabilities [rows × labels], targets 0 or 1 of the same shape. */
export class LabelStats {
  private readonly sums: GroupedSums;
  private readonly rankings: readonly Ranking[];
  private readonly thresholds: readonly number[];
  private rows = 0;

  constructor(
    readonly labels: number,
    { keepsAll, isGrouped, thresholds }: StatsOptions,
  ) {
    this.sums = new GroupedSums(firstLabel + 3 * labels, isGrouped);
    this.rankings = Array.from({ length: keepsAll ? labels : 0 }, () => new Ranking());
    this.thresholds = thresholds ?? new Array<number>(labels).fill(0.5);
  }

  add(probabilities: Values, targets: Values): void {
    const { labels, thresholds, rankings } = this;
    const { values } = this.sums;
    for (let first = 0; first < targets.length; first += labels) {
      const at = this.sums.at(this.rows++);
      let agreeing = 0;
      for (let j = 0; j < labels; j++) {
        const p = probabilities[first + j]!;
        const has = targets[first + j]! > 0.5;
        const says = p > thresholds[j]!;
        if (says === has) agreeing++;
        const label = at + firstLabel + 3 * j;
        if (says && has) values[label]! += 1;
        if (says) values[label + 1]! += 1;
        if (has) values[label + 2]! += 1;
        values[at + labelSlots.logLoss]! -= Math.log(clip(has ? p : 1 - p));
        values[at + labelSlots.squares]! += (p - (has ? 1 : 0)) ** 2;
        addCalibration(values, at + labelSlots.calibration, p, has);
        if (rankings.length > 0) rankings[j]!.add(p, has);
      }
      values[at + labelSlots.rows]! += 1;
      values[at + labelSlots.agreeing]! += agreeing;
      if (agreeing === labels) values[at + labelSlots.exact]! += 1;
    }
  }

  view(sample: Sample = allRows): LabelView {
    const { labels, rankings } = this;
    const sums = this.sums.total(sample);
    const perLabel = (offset: number) =>
      Float64Array.from({ length: labels }, (_, j) => sums[firstLabel + 3 * j + offset]!);
    return {
      labels,
      rows: sums[labelSlots.rows]!,
      exact: sums[labelSlots.exact]!,
      agreeing: sums[labelSlots.agreeing]!,
      logLoss: sums[labelSlots.logLoss]!,
      squares: sums[labelSlots.squares]!,
      calibration: new Calibration(sums.subarray(labelSlots.calibration, firstLabel)),
      right: perLabel(0),
      predicted: perLabel(1),
      support: perLabel(2),
      rankings: { of: rankings, sample },
    };
  }
}

const clip = (p: number) => (Number.isNaN(p) ? p : Math.min(Math.max(p, logFloor), 1 - logFloor));

/** Of every label by itself. */
export function labelScores({ right, predicted, support }: LabelView): ClassScores[] {
  return [...right].map((hits, j) => classScores(hits, predicted[j]!, support[j]!));
}
