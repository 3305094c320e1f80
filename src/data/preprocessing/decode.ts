/** Turns outputs of the network into answers: classes and probabilities, numbers in their own units. */
import { answerNames, blocksOf, outputWidth, type Preprocessing, targetNames } from "./preprocessing.ts";

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
  private readonly target: Preprocessing["target"];
  /** 1/T, by which logits are multiplied. */
  private readonly sharpness: number;
  private readonly thresholds: readonly number[] | null;
  /** How many outputs, one after the other, a softmax is over. */
  private readonly blocks: readonly number[];

  constructor(preprocessing: Pick<Preprocessing, "target" | "calibration">) {
    const { target, calibration } = preprocessing;
    this.target = target;
    this.sharpness = 1 / (calibration?.temperature ?? 1);
    this.thresholds = calibration?.thresholds ?? null;
    this.outputs = outputWidth(preprocessing);
    this.names = targetNames(preprocessing);
    this.blocks = blocksOf(preprocessing) ?? [this.outputs];
    this.classes = target.task === "regression" ? null : answerNames(preprocessing);
    const hasProbabilities = target.link === "softmax" || target.link === "sigmoid";
    this.probabilities = this.classes && hasProbabilities ? new Float64Array(this.classes.length) : null;
    this.predictions = new Float64Array(this.names.length);
    this.deviations = target.link === "gaussian" ? new Float64Array(this.names.length) : null;
  }

  /** Decodes the row S[at …]. */
  decode(S: Float32Array, at: number): void {
    const { target, predictions } = this;
    if (target.task === "regression") {
      for (const [j, { scaling }] of target.columns.entries()) {
        const value = S[at + j]! * scaling.scale + scaling.center;
        predictions[j] = target.link === "exp" ? Math.exp(value) : value;
        if (this.deviations)
          this.deviations[j] = Math.exp(S[at + predictions.length + j]! / 2) * Math.abs(scaling.scale);
      }
      return;
    }
    this.decodeProbabilities(S, at);
    const p = this.probabilities;
    if (this.thresholds && p) {
      const first = target.task === "classification" ? 1 : 0;
      for (const [j, threshold] of this.thresholds.entries())
        predictions[j] = p[first + j]! > threshold ? 1 : 0;
    } else if (target.task === "multioutput") {
      let first = at;
      for (const [j, n] of this.blocks.entries()) {
        predictions[j] = largest(S, first, n);
        first += n;
      }
    } else if (target.task === "classification")
      predictions[0] = this.outputs === 1 ? (S[at]! > 0 ? 1 : 0) : largest(S, at, this.outputs);
    else {
      const threshold = target.link === "sigmoid" ? 0 : 0.5;
      for (let j = 0; j < predictions.length; j++) predictions[j] = S[at + j]! > threshold ? 1 : 0;
    }
  }

  private decodeProbabilities(S: Float32Array, at: number): void {
    const p = this.probabilities;
    if (p === null) return;
    const beta = this.sharpness;
    if (this.target.link === "softmax") {
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

/** Position, from 0, of the largest of n values; the first of several. */
function largest(S: Float32Array, at: number, n: number): number {
  let best = 0;
  for (let j = 1; j < n; j++) if (S[at + j]! > S[at + best]!) best = j;
  return best;
}

function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}
