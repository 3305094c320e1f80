/** What is kept of predicted numbers, batch by batch, to compute metrics of regressions. */
import type { Values } from "./classification.ts";

/** Per output; means are updated so that large offsets cost no digits (Welford 1962). */
export class OutputStats {
  rows = 0;
  /** Σ (y − s)². */
  squaredError = 0;
  /** Σ |y − s|. */
  absoluteError = 0;
  largestError = 0;
  /** Mean and Σ (· − mean)² of the targets y. */
  readonly targets = new Spread();
  /** The same of the errors y − s. */
  readonly errors = new Spread();
  /** Every |y − s|, if the median is asked for. */
  readonly all: number[] = [];

  constructor(private readonly keepsAll: boolean) {}

  add(y: number, s: number): void {
    const error = Math.abs(y - s);
    this.rows++;
    this.squaredError += error * error;
    this.absoluteError += error;
    this.largestError = Math.max(this.largestError, error);
    this.targets.add(y);
    this.errors.add(y - s);
    if (this.keepsAll) this.all.push(error);
  }

  medianError(): number {
    const sorted = Float64Array.from(this.all).sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }
}

/** Mean and sum of squared deviations of numbers as they come. */
class Spread {
  count = 0;
  mean = 0;
  squares = 0;

  add(x: number): void {
    const before = x - this.mean;
    this.mean += before / ++this.count;
    this.squares += before * (x - this.mean);
  }
}

/** Predictions and targets [rows × outputs]. */
export class RegressionStats {
  readonly outputs: readonly OutputStats[];

  constructor(outputs: number, keepsAll: boolean) {
    this.outputs = Array.from({ length: outputs }, () => new OutputStats(keepsAll));
  }

  add(predictions: Values, targets: Values): void {
    const n = this.outputs.length;
    for (let i = 0; i < targets.length; i++) this.outputs[i % n]!.add(targets[i]!, predictions[i]!);
  }

  /** Mean over the outputs. */
  mean(of: (output: OutputStats) => number): number {
    return this.outputs.reduce((sum, output) => sum + of(output), 0) / this.outputs.length;
  }
}
