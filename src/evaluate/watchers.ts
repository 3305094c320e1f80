/** Collects what the report shows of an evaluation, batch by batch, in memory that does not grow with the rows. */
import { type AnySplit, isStreamed, rowCount } from "../data/dataset/dataset.ts";
import {
  answerNames,
  blocksOf,
  isGreyImage,
  type Preprocessing,
  targetNames,
} from "../data/preprocessing/preprocessing.ts";
import type { Floats } from "../engine/matrix.ts";
import type { Evaluation } from "../metrics/evaluation.ts";
import type { AnswerKind } from "../metrics/metrics.ts";
import { medianAt } from "../metrics/regression.ts";
import { Calibration } from "../metrics/reliability.ts";
import { ScoreCurves } from "../metrics/scoreCurves.ts";
import { answersOf } from "../tasks/tasks.ts";
import type { Diagnosis, LabelDiagnosis, NumberRow, ScoreCurve, Shape, WrongRow } from "./findings.ts";

/** With more classes than this there is no confusion matrix. */
const mostInMatrix = 40;
const mostCurves = 100;
const curvesShown = 12;
const wrongShown = 24;
const sampleSize = 1500;

export interface Observed {
  readonly split: string;
  /** In the order in which they are evaluated. */
  readonly rows: AnySplit;
}

/** Sees every batch of an evaluation. */
export interface Watcher {
  /** Predictions and targets as {@link Evaluation.add} takes them, and the outputs S; the rows from `first` on. */
  see(predictions: Float64Array, targets: Float64Array, first: number, S: Floats): void;
}

/** A watcher that summarises what it saw. */
export interface Observer extends Watcher {
  diagnosis(evaluation: Evaluation): Diagnosis;
}

export function observer(preprocessing: Preprocessing, observed: Observed): Observer {
  return observers[answersOf(preprocessing.target).kind](preprocessing, observed);
}

type Observe = (preprocessing: Preprocessing, observed: Observed) => Observer;

/** Height and width of records that are grey images. */
export function imageShape(shape: readonly number[]): Shape | null {
  return isGreyImage(shape) ? [shape[0]!, shape[1]!] : null;
}

function observeClass(preprocessing: Preprocessing, { split, rows }: Observed): Observer {
  const { inputs, target } = preprocessing;
  const shape = inputs.kind === "array" ? imageShape(inputs.shape) : null;
  const threshold = preprocessing.calibration?.thresholds?.[0] ?? null;
  const { link } = answersOf(target);
  const classes = answerNames(preprocessing);
  const n = classes.length;
  const isBinary = n === 2;
  const hasProbabilities = link === "softmax" || link === "sigmoid";
  const curves = Array.from({ length: n <= mostCurves ? n : 0 }, () => new ScoreCurves());
  const calibration = new Calibration();
  const wrong = new Largest<WrongRow>(wrongShown, ({ probability }) => probability);
  const p = new Float64Array(n);
  return {
    see(predictions, targets, first) {
      const outputs = predictions.length / targets.length;
      for (let r = 0; r < targets.length; r++) {
        const actual = targets[r]!;
        let predicted = 0;
        for (let c = 0; c < n; c++) {
          p[c] = outputs === 1 ? Math.abs(1 - c - predictions[r]!) : predictions[r * outputs + c]!;
          if (p[c]! > p[predicted]!) predicted = c;
        }
        if (threshold !== null) predicted = p[1]! > threshold ? 1 : 0;
        if (isBinary) curves[1]!.add(p[1]!, actual === 1);
        else for (let c = 0; c < curves.length; c++) curves[c]!.add(p[c]!, c === actual);
        const said = isBinary ? 1 : predicted;
        calibration.add(p[said]!, said === actual);
        const probability = p[predicted]!;
        if (predicted !== actual && wrong.takes(probability))
          wrong.add({ row: rowNumber(rows, first + r), actual, predicted, probability });
      }
    },
    diagnosis(evaluation) {
      const perClass = evaluation.perClass()!;
      const counts = perClass.map(({ support }) => support);
      return {
        split,
        rows: rowCount(rows),
        kind: "class",
        classes,
        perClass,
        confusion: n <= mostInMatrix ? evaluation.confusion() : null,
        curves: hasProbabilities ? curvesOf(classes, curves, isBinary ? [0, 1] : counts) : [],
        calibration: { bins: calibration.bins(), error: calibration.error() },
        shape,
        wrong: wrong.list().map((row) => (shape ? { ...row, image: imageOf(rows, row.row) } : row)),
      };
    },
  };
}

/** Treats every class of every target as a label that a row has or has not. */
function observeClasses(preprocessing: Preprocessing, observed: Observed): Observer {
  const blocks = blocksOf(preprocessing)!;
  const labels = observeNames("classes", answerNames(preprocessing), observed);
  return {
    see(predictions, targets, first, S) {
      const has = new Float64Array(predictions.length);
      let from = 0;
      for (const [i, number] of targets.entries()) {
        has[from + number] = 1;
        from += blocks[i % blocks.length]!;
      }
      labels.see(predictions, has, first, S);
    },
    diagnosis: labels.diagnosis,
  };
}

function observeLabels(preprocessing: Preprocessing, observed: Observed): Observer {
  return observeNames("labels", answerNames(preprocessing), observed);
}

function observeNames(
  kind: LabelDiagnosis["kind"],
  names: readonly string[],
  { split, rows }: Observed,
): Observer {
  const n = names.length;
  const curves = Array.from({ length: Math.min(n, mostCurves) }, () => new ScoreCurves());
  const calibration = new Calibration();
  return {
    see(predictions, targets) {
      for (let i = 0; i < targets.length; i++) {
        const is = targets[i]! > 0.5;
        curves[i % n]?.add(predictions[i]!, is);
        calibration.add(predictions[i]!, is);
      }
    },
    diagnosis(evaluation) {
      const perClass = evaluation.perClass()!;
      const counts = perClass.map(({ support }) => support);
      return {
        split,
        rows: rowCount(rows),
        kind,
        classes: names,
        perClass,
        curves: curvesOf(names, curves, counts),
        calibration: { bins: calibration.bins(), error: calibration.error() },
      };
    },
  };
}

function observeNumbers(preprocessing: Preprocessing, { split, rows }: Observed): Observer {
  const names = targetNames(preprocessing);
  const n = names.length;
  const every = Math.ceil(rowCount(rows) / sampleSize);
  const { quantiles = [0.5] } = answersOf(preprocessing.target);
  const middle = medianAt(quantiles);
  const targetsSeen = names.map((name) => ({
    name,
    sample: [] as NumberRow[],
    worst: new Largest<NumberRow>(10, ({ actual, predicted }) => Math.abs(actual - predicted)),
  }));
  return {
    see(predictions, targets, first) {
      for (let i = 0; i < targets.length; i++) {
        const at = first + Math.floor(i / n);
        const [actual, predicted] = [targets[i]!, predictions[i * quantiles.length + middle]!];
        const { sample, worst } = targetsSeen[i % n]!;
        const isSampled = at % every === 0;
        const isBad = worst.takes(Math.abs(actual - predicted));
        if (!isSampled && !isBad) continue;
        const row = { row: rowNumber(rows, at), actual, predicted };
        if (isSampled) sample.push(row);
        if (isBad) worst.add(row);
      }
    },
    diagnosis: () => ({
      split,
      rows: rowCount(rows),
      kind: "numbers",
      targets: targetsSeen.map(({ name, sample, worst }) => ({ name, sample, worst: worst.list() })),
    }),
  };
}

const observers = {
  class: observeClass,
  labels: observeLabels,
  classes: observeClasses,
  numbers: observeNumbers,
} satisfies Record<AnswerKind, Observe>;

/** Curves of the classes with the most rows, in the order of the classes. */
function curvesOf(names: readonly string[], curves: readonly ScoreCurves[], counts: readonly number[]) {
  const chosen = [...curves.keys()]
    .filter((c) => counts[c]! > 0)
    .sort((a, b) => counts[b]! - counts[a]!)
    .slice(0, curvesShown)
    .sort((a, b) => a - b);
  return chosen.map((c): ScoreCurve => ({ name: names[c]!, ...curves[c]!.curves() }));
}

/** In the table, or in all files. */
function rowNumber(rows: AnySplit, position: number): number {
  return isStreamed(rows) ? rows.rowAt(position) : rows.indices[position]!;
}

/** Arrays are not streamed. */
function imageOf(rows: AnySplit, row: number): string {
  if (isStreamed(rows)) return "";
  const { table } = rows;
  const values = table.values.subarray(row * table.cols, (row + 1) * table.cols);
  const isBytes = values instanceof Uint8Array;
  const [low, high] = [isBytes ? 0 : Math.min(...values), Math.max(...values)]; // 8×8 digits end at 16
  const bytes = Uint8Array.from(values, (value) => ((value - low) / (high - low || 1)) * 255);
  return Buffer.from(bytes).toString("base64");
}

/** The few items with the largest measure among many. */
class Largest<Item> {
  private readonly kept: Item[] = [];

  constructor(
    private readonly size: number,
    private readonly measure: (item: Item) => number,
  ) {}

  /** Whether an item with this measure would be kept; saves creating one that would not. */
  takes(measure: number): boolean {
    return this.kept.length < this.size || measure > this.measure(this.kept.at(-1)!);
  }

  add(item: Item): void {
    const at = this.kept.findIndex((other) => this.measure(other) < this.measure(item));
    this.kept.splice(at < 0 ? this.kept.length : at, 0, item);
    if (this.kept.length > this.size) this.kept.pop();
  }

  /** The largest first. */
  list(): readonly Item[] {
    return this.kept;
  }
}
