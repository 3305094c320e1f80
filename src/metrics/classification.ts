/** What is kept of predicted probabilities, batch by batch, to compute metrics of classes and labels. */
import { Confusion } from "./confusion.ts";
import { Ranking } from "./ranking.ts";

/** Numbers row by row: a batch's probabilities, predictions or targets. */
export type Values = Float32Array | Float64Array;

/** scikit-learn 1.2 keeps probabilities this far from 0 and 1 before it takes logarithms. */
const logFloor = 1e-15;

/** Largest k of the top-k accuracies. */
const largestK = 5;

/** One class per row: probabilities [rows × classes], or [rows] of the second of two classes. */
export class ClassStats {
  readonly confusion: Confusion;
  readonly rankings: readonly Ranking[];
  rows = 0;
  /** Σ −log p of the true class. */
  logLoss = 0;
  /** Σ over rows and classes of (p − y)². */
  squares = 0;
  /** At index k: rows whose true class is among the k largest probabilities; ties favour later classes, as scikit-learn. */
  readonly withinTop = new Float64Array(largestK + 1);
  /** The probabilities of one row. */
  private readonly row: Float64Array;

  constructor(
    readonly classes: number,
    private readonly ranked: boolean,
  ) {
    this.row = new Float64Array(classes);
    this.confusion = new Confusion(classes);
    this.rankings = Array.from({ length: ranked ? classes : 0 }, () => new Ranking());
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

  private addRow(target: number): void {
    const p = this.row;
    let [predicted, sum, above] = [0, 0, 0];
    for (let c = 0; c < p.length; c++) {
      if (p[c]! > p[predicted]!) predicted = c;
      sum += clip(p[c]!);
      if (p[c]! > p[target]! || (p[c]! === p[target]! && c > target)) above++;
      this.squares += (p[c]! - (c === target ? 1 : 0)) ** 2;
      if (this.ranked) this.rankings[c]!.add(p[c]!, c === target);
    }
    this.rows++;
    this.logLoss -= Math.log(clip(p[target]!) / sum);
    for (let k = above + 1; k <= largestK; k++) this.withinTop[k]! += 1;
    this.confusion.add(target, predicted);
  }
}

/** Any number of labels per row: probabilities [rows × labels], targets 0 or 1 of the same shape. */
export class LabelStats {
  readonly rankings: readonly Ranking[];
  /** Per label. */
  readonly right: Float64Array;
  readonly predicted: Float64Array;
  readonly support: Float64Array;
  rows = 0;
  /** Rows all of whose labels are right. */
  exact = 0;
  logLoss = 0;
  squares = 0;
  /** Labels that are right, over all rows: not the same as `exact`. */
  agreeing = 0;

  constructor(
    readonly labels: number,
    private readonly ranked: boolean,
  ) {
    this.rankings = Array.from({ length: ranked ? labels : 0 }, () => new Ranking());
    this.right = new Float64Array(labels);
    this.predicted = new Float64Array(labels);
    this.support = new Float64Array(labels);
  }

  add(probabilities: Values, targets: Values): void {
    for (let first = 0; first < targets.length; first += this.labels) {
      let agreeing = 0;
      for (let j = 0; j < this.labels; j++) {
        const p = probabilities[first + j]!;
        const has = targets[first + j]! > 0.5;
        const says = p > 0.5;
        if (says === has) agreeing++;
        if (says && has) this.right[j]! += 1;
        if (says) this.predicted[j]! += 1;
        if (has) this.support[j]! += 1;
        this.logLoss -= Math.log(clip(has ? p : 1 - p));
        this.squares += (p - (has ? 1 : 0)) ** 2;
        if (this.ranked) this.rankings[j]!.add(p, has);
      }
      this.rows++;
      this.agreeing += agreeing;
      if (agreeing === this.labels) this.exact++;
    }
  }
}

const clip = (p: number) => (Number.isNaN(p) ? p : Math.min(Math.max(p, logFloor), 1 - logFloor));
