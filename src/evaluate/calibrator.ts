/** Calibrates a model on the validation rows: temperature, thresholds, conformal scores. */
import type { CalibrationSpec } from "../config/schema.ts";
import { type Calibration, type Conformal, conformalOf } from "../data/preprocessing/calibration.ts";
import { Decoder } from "../data/preprocessing/decode.ts";
import { intervalKindOf, oddness } from "../data/preprocessing/intervals.ts";
import { outputWidth, type Preprocessing, targetWidth } from "../data/preprocessing/preprocessing.ts";
import { thresholdMetricsOf } from "../metrics/metrics.ts";
import { bestThreshold } from "../metrics/threshold.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { answersOf, taskOf } from "../tasks/tasks.ts";
import type { Watcher } from "./watchers.ts";

/** Rows that are kept, at most: of more, every second one, every fourth and so on. */
const mostRows = 2 ** 20;

/** Keeps validation rows' outputs and targets, then fits. */
export class Calibrator implements Watcher {
  private readonly outputs: EveryRow;
  private readonly targets: EveryRow;

  constructor(
    private readonly preprocessing: Preprocessing,
    most = mostRows,
  ) {
    this.outputs = new EveryRow(outputWidth(preprocessing), most);
    this.targets = new EveryRow(targetWidth(preprocessing), most);
  }

  see(_predictions: Float64Array, targets: Float64Array, first: number, S: ArrayLike<number>): void {
    this.outputs.take(S, first);
    this.targets.take(targets, first);
  }

  fit(wanted: Pick<CalibrationSpec, "temperature" | "threshold" | "conformal">): Calibration {
    const { target } = this.preprocessing;
    const [S, Y] = [this.outputs.values, this.targets.values];
    const temperature = wanted.temperature
      ? temperatureOf(S, Y, outputWidth(this.preprocessing), answersOf(target).link)
      : (this.preprocessing.calibration?.temperature ?? null);
    const calibrated = {
      ...this.preprocessing,
      calibration: { temperature, thresholds: null, conformal: null },
    };
    const thresholds = wanted.threshold ? this.thresholds(calibrated, S, Y, wanted.threshold) : null;
    const hasConformal = taskOf(target.task).calibration.includes("conformal");
    const conformal = wanted.conformal && hasConformal ? conformalScores(calibrated, S, Y) : null;
    return { temperature, thresholds, conformal };
  }

  private thresholds(
    calibrated: Preprocessing,
    S: Float64Array,
    Y: Float64Array,
    metric: NonNullable<CalibrationSpec["threshold"]>,
  ): number[] {
    const isLabels = answersOf(calibrated.target).classes === null;
    const n = isLabels ? targetWidth(calibrated) : 1;
    const p = decoded(calibrated, S, ({ probabilities }) =>
      isLabels ? probabilities! : [probabilities![1]!],
    );
    return Array.from({ length: n }, (_, j) => {
      const column = (of: Float64Array) => of.filter((_, i) => i % n === j);
      return bestThreshold(metric, column(p), column(Y), isLabels);
    });
  }
}

/** Keeps the rows whose numbers are multiples of 2ᵏ, for the least k that leaves at most `most`. */
class EveryRow {
  private memory = new Float64Array(0);
  private used = 0;
  private every = 1;

  constructor(
    private readonly width: number,
    private readonly most: number,
  ) {}

  get values(): Float64Array {
    return this.memory.subarray(0, this.used);
  }

  /** Rows from number `first` on. */
  take(rows: ArrayLike<number>, first: number): void {
    for (let at = 0, number = first; at < rows.length; at += this.width, number++) {
      if (number % this.every !== 0) continue;
      if (this.used === this.width * this.most) this.halve();
      if (number % this.every !== 0) continue;
      if (this.used === this.memory.length) this.grow();
      for (let j = 0; j < this.width; j++) this.memory[this.used++] = rows[at + j]!;
    }
  }

  private halve(): void {
    const { memory, width } = this;
    this.every *= 2;
    let to = 0;
    for (let from = 0; from < this.used; from += 2 * width, to += width)
      memory.copyWithin(to, from, from + width);
    this.used = to;
  }

  private grow(): void {
    const larger = new Float64Array(Math.max(1024 * this.width, 2 * this.used));
    larger.set(this.memory);
    this.memory = larger;
  }
}

/**
 * Checks that data and task allow the calibration that the spec asks for.
 * @throws UserError (exit code 2)
 */
export function checkCalibration(
  wanted: CalibrationSpec | null,
  { target }: Preprocessing,
  hasValidation: boolean,
): void {
  if (!wanted) return;
  const fail = (message: string, expected: string) => {
    throw new UserError(exitCodes.usage, { message, expected });
  };
  const { temperature, threshold, conformal } = wanted;
  if (!hasValidation && (temperature || threshold || conformal))
    fail("calibration: the data has no validation rows", "data.split.validation above 0");
  const { calibration: possible } = taskOf(target.task);
  const { kind, classes } = answersOf(target);
  if (temperature && !possible.includes("temperature"))
    fail(`calibration.temperature: a ${target.task} has no probabilities`, "temperature: false");
  const isOfTwo = classes === null || classes[0]!.length === 2;
  if (threshold && !(possible.includes("threshold") && isOfTwo))
    fail("calibration.threshold: there are not two classes", "two classes, or labels");
  const choosing = thresholdMetricsOf(kind);
  if (threshold && !choosing.includes(threshold))
    fail(`calibration.threshold: ${threshold} cannot be optimised label by label`, choosing.join(", "));
}

/** Conformal scores of the rows: how odd numbers are, in the data's own unit, or 1 − p of the true class. */
function conformalScores(calibrated: Preprocessing, S: Float64Array, Y: Float64Array): Conformal {
  const { classes, names } = answersOf(calibrated.target);
  const width = targetWidth(calibrated);
  let row = 0;
  const scores = decoded(calibrated, S, (decoder) => {
    const first = row++ * width;
    if (classes) return [1 - decoder.probabilities![Y[first]!]!];
    return Array.from(names, (_, j) => oddness(decoder, j, Y[first + j]!));
  });
  const n = names.length;
  const byTarget = Array.from({ length: n }, (_, j) => scores.filter((_, i) => i % n === j));
  return conformalOf(byTarget, classes ? "error" : intervalKindOf(new Decoder(calibrated)));
}

/** Decodes the rows' outputs one after the other, and concatenates what `read` takes from each. */
function decoded(
  preprocessing: Preprocessing,
  S: Float64Array,
  read: (decoder: Decoder) => ArrayLike<number>,
): Float64Array {
  const decoder = new Decoder(preprocessing);
  const floats = Float32Array.from(S);
  const parts: Float64Array[] = [];
  for (let at = 0; at < floats.length; at += decoder.outputs) {
    decoder.decode(floats, at);
    parts.push(Float64Array.from(read(decoder)));
  }
  return joined(parts);
}

/** Temperatures beyond these mean that the rows do not determine it. */
const coldest = 0.05;
const hottest = 20;

/**
 * The T that maximises the likelihood of the rows when logits are divided by it (Guo et al. 2017): the negative
 * log-likelihood is convex in β = 1/T, and the root of its slope Σ (p − y) · z is found by bisection.
 */
export function temperatureOf(
  S: Float64Array,
  Y: Float64Array,
  n: number,
  link: Preprocessing["target"]["link"],
): number {
  const slope = link === "softmax" ? softmaxSlope(S, Y, n) : sigmoidSlope(S, Y);
  let [low, high] = [Math.log(1 / hottest), Math.log(1 / coldest)];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Number(Math.exp(-(low + high) / 2).toPrecision(9));
}

function softmaxSlope(S: Float64Array, Y: Float64Array, n: number) {
  return (beta: number) => {
    let slope = 0;
    for (let row = 0, at = 0; at < S.length; row++, at += n) {
      let most = Number.NEGATIVE_INFINITY;
      for (let j = at; j < at + n; j++) most = Math.max(most, S[j]!);
      let [sum, expected] = [0, 0];
      for (let j = at; j < at + n; j++) {
        const power = Math.exp(beta * (S[j]! - most));
        sum += power;
        expected += power * S[j]!;
      }
      slope += expected / sum - S[at + Y[row]!]!;
    }
    return slope;
  };
}

function sigmoidSlope(S: Float64Array, Y: Float64Array) {
  return (beta: number) => S.reduce((sum, z, i) => sum + (1 / (1 + Math.exp(-beta * z)) - Y[i]!) * z, 0);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
