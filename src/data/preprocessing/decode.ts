/** Turns outputs of the network into answers: classes and probabilities, numbers in their own units. */

import { medianAt } from "../../metrics/regression.ts";
import { type Answers, needsDoubles, type Scaling } from "../../tasks/task.ts";
import { answersOf } from "../../tasks/tasks.ts";
import { answerNames, blocksOf, type Preprocessing } from "./preprocessing.ts";

/** Reads rows of outputs S [rows, outputWidth], one row at a time. Results are valid until the next row. */
export class Decoder {
  readonly outputs: number;
  /** One per target column. */
  readonly names: readonly string[];
  /** Classes (of all targets), or the labels of a multilabel task; null for numbers, which have no probabilities. */
  readonly classes: readonly string[] | null;
  /** Probability of every class or label, where the loss gives any. */
  readonly probabilities: Float64Array | null;
  /** Per target: the class number, 0 or 1 for a label, or the number in its own unit. */
  readonly predictions: Float64Array;
  /** Per target, the deviation from the mean in its own unit, where the loss gives any. */
  readonly deviations: Float64Array | null;
  /** Of each target one after the other, its quantiles in its own unit, ascending; null: the model tells none. */
  readonly quantiles: Float64Array | null;
  /** Per target, how finely its numbers are told apart where 32-bit floats are too coarse for it; else 0. */
  readonly steps: Float64Array;
  /** Which quantiles of each target they are. */
  readonly levels: readonly number[] | null;
  private readonly answers: Answers;
  /** 1/T, by which logits are multiplied. */
  private readonly sharpness: number;
  private readonly thresholds: readonly number[] | null;
  /** How many outputs, one after the other, belong to each target that has classes. */
  private readonly blocks: readonly number[];

  constructor(preprocessing: Pick<Preprocessing, "target" | "calibration">) {
    const { target, calibration } = preprocessing;
    const answers = answersOf(target);
    const { link } = answers;
    this.answers = answers;
    this.sharpness = 1 / (calibration?.temperature ?? 1);
    this.thresholds = calibration?.thresholds ?? null;
    this.outputs = answers.outputs;
    this.names = answers.names;
    this.blocks = blocksOf(preprocessing) ?? [this.outputs];
    this.classes = answers.scalings ? null : answerNames(preprocessing);
    const hasProbabilities = link === "softmax" || link === "sigmoid";
    this.probabilities = this.classes && hasProbabilities ? new Float64Array(this.classes.length) : null;
    this.predictions = new Float64Array(this.names.length);
    this.steps = Float64Array.from(this.names, (_, j) => stepOf(answers.scalings?.[j]));
    this.deviations = link === "gaussian" ? new Float64Array(this.names.length) : null;
    this.levels = answers.quantiles ?? null;
    this.quantiles = this.levels ? new Float64Array(this.outputs) : null;
  }

  /** Decodes the row S[at …]. */
  decode(S: Float32Array, at: number): void {
    const { scalings, classes } = this.answers;
    if (scalings) {
      this.decodeNumbers(scalings, S, at);
      return;
    }
    this.decodeProbabilities(S, at);
    if (this.thresholds && this.probabilities) this.decodeByThresholds(this.thresholds, this.probabilities);
    else if (classes) this.decodeClasses(S, at);
    else this.decodeLabels(S, at);
  }

  private decodeNumbers(scalings: readonly Scaling[], S: Float32Array, at: number): void {
    const { predictions, deviations, answers, quantiles, levels } = this;
    if (quantiles) {
      sortQuantiles(quantiles, S.subarray(at, at + this.outputs), scalings);
      const [n, middle] = [levels!.length, medianAt(levels!)];
      for (let j = 0; j < predictions.length; j++) predictions[j] = quantiles[j * n + middle]!;
      return;
    }
    for (const [j, { center, scale }] of scalings.entries()) {
      const value = S[at + j]! * scale + center;
      predictions[j] = answers.link === "exp" ? Math.exp(value) : value;
      if (deviations) deviations[j] = Math.exp(S[at + predictions.length + j]! / 2) * Math.abs(scale);
    }
  }

  /** Of two classes the threshold is for the second. */
  private decodeByThresholds(thresholds: readonly number[], p: Float64Array): void {
    const first = this.answers.classes ? 1 : 0;
    for (const [j, threshold] of thresholds.entries())
      this.predictions[j] = p[first + j]! > threshold ? 1 : 0;
  }

  private decodeClasses(S: Float32Array, at: number): void {
    let first = at;
    for (const [j, n] of this.blocks.entries()) {
      this.predictions[j] = n === 1 ? (S[first]! > 0 ? 1 : 0) : largest(S, first, n);
      first += n;
    }
  }

  private decodeLabels(S: Float32Array, at: number): void {
    const threshold = this.answers.link === "sigmoid" ? 0 : 0.5;
    for (let j = 0; j < this.predictions.length; j++) this.predictions[j] = S[at + j]! > threshold ? 1 : 0;
  }

  private decodeProbabilities(S: Float32Array, at: number): void {
    const p = this.probabilities;
    if (p === null) return;
    const beta = this.sharpness;
    if (this.answers.link === "softmax") {
      let first = 0;
      for (const n of this.blocks) {
        const [from, end] = [first, first + n];
        const most = S[at + from + largest(S, at + from, n)]!;
        let sum = 0;
        for (let j = from; j < end; j++) sum += p[j] = Math.exp((S[at + j]! - most) * beta);
        for (let j = from; j < end; j++) p[j]! /= sum;
        first = end;
      }
    } else if (this.outputs === 1 && p.length === 2) {
      p[0] = sigmoid(-beta * S[at]!);
      p[1] = sigmoid(beta * S[at]!);
    } else for (let j = 0; j < p.length; j++) p[j] = sigmoid(beta * S[at + j]!);
  }
}

/** Outputs S [rows × quantiles of each target] in the targets' own units, into `out`, sorted: so that none cross. */
export function sortQuantiles(
  out: Float64Array,
  S: ArrayLike<number>,
  scalings: readonly Scaling[],
  perTarget = out.length / scalings.length,
): void {
  for (let first = 0, group = 0; first < out.length; first += perTarget, group++) {
    const { center, scale } = scalings[group % scalings.length]!;
    for (let i = first; i < first + perTarget; i++) out[i] = S[i]! * scale + center;
    out.subarray(first, first + perTarget).sort();
  }
}

/** Outputs are 32-bit floats: around 1 they are told apart by 2⁻²⁴. */
function stepOf(scaling: Scaling | undefined): number {
  return scaling && needsDoubles(scaling) ? Math.abs(scaling.scale) * 2 ** -24 : 0;
}

/** Position, from 0, of the largest of n values; the first of several. */
function largest(S: Float32Array, at: number, n: number): number {
  let best = 0;
  for (let j = 1; j < n; j++) if (S[at + j]! > S[at + best]!) best = j;
  return best;
}

function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}
