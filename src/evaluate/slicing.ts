/** Evaluates the rows of each slice on their own, beside the evaluation of all. */

import type { Slices } from "../data/dataset/slices.ts";
import { type Preprocessing, targetWidth } from "../data/preprocessing/preprocessing.ts";
import { type Evaluation, type EvaluationOptions, evaluation } from "../metrics/evaluation.ts";
import type { MetricName } from "../metrics/metrics.ts";
import { answersOf } from "../tasks/tasks.ts";
import type { Figures } from "../train/events.ts";
import { widthsOf } from "./measure.ts";
import type { Summary } from "./runSummary.ts";
import type { Watcher } from "./watchers.ts";

/** The metrics of the rows that share a value. */
export interface SliceFigures {
  readonly value: string;
  readonly rows: number;
  readonly metrics: Figures;
  readonly intervals: NonNullable<Summary["intervals"]>[string];
}

export class Slicing implements Watcher {
  private readonly evaluations: readonly Evaluation[];
  private readonly rows: Int32Array;
  private readonly targetsPerRow: number;

  constructor(
    private readonly slices: Slices,
    names: readonly MetricName[],
    target: Preprocessing["target"],
    options: EvaluationOptions,
  ) {
    this.targetsPerRow = targetWidth({ target });
    const answers = answersOf(target);
    const all = { ...options, quantiles: answers.quantiles, targets: answers.names };
    this.evaluations = slices.names.map(() => evaluation(names, answers.kind, widthsOf(answers), all));
    this.rows = new Int32Array(slices.names.length);
  }

  see(predictions: Float64Array, targets: Float64Array, first: number): void {
    const { numbers } = this.slices;
    const n = this.targetsPerRow;
    const rows = targets.length / n;
    const m = predictions.length / rows;
    for (let r = 0; r < rows; r++) {
      const slice = numbers[first + r]!;
      this.evaluations[slice]!.add(
        predictions.subarray(r * m, (r + 1) * m),
        targets.subarray(r * n, (r + 1) * n),
      );
      this.rows[slice]! += 1;
    }
  }

  figures(): SliceFigures[] {
    return this.slices.names.map((value, slice) => ({
      value,
      rows: this.rows[slice]!,
      metrics: this.evaluations[slice]!.result(),
      intervals: this.evaluations[slice]!.intervals().metrics,
    }));
  }
}
