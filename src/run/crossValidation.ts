/**
 * Cross-validation: one run per fold, trained on the other folds and evaluated on its own, in `fold-1`, `fold-2` …
 * of the run's directory. The predictions for all folds go to `out_of_fold.csv`.
 */
import { join } from "node:path";
import { pathsIn, type Run } from "../checkpoint/runDirectory.ts";
import type { Spec } from "../config/schema.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { widthsOf } from "../evaluate/measure.ts";
import { OutOfFold } from "../evaluate/outOfFold.ts";
import type { Folds, Summary } from "../evaluate/runSummary.ts";
import { spreadOf } from "../evaluate/spread.ts";
import type { Watcher } from "../evaluate/watchers.ts";
import { type Evaluation, evaluation } from "../metrics/evaluation.ts";
import { refuseLink } from "../support/inside.ts";
import { answersOf, taskOf } from "../tasks/tasks.ts";
import { type Figures, isSignal, type Listener, type StopReason } from "../train/events.ts";
import type { TrainOptions } from "./trainOptions.ts";

type RunFold = (options: TrainOptions, listen: Listener) => Promise<Summary>;

/**
 * Trains all folds that are not finished, and evaluates them. Returns a reason instead of metrics if it was stopped;
 * resuming the run then resumes its folds.
 * @param secondsLeft null: no limit
 * @throws UserError as `train`
 */
export async function crossValidate(
  options: TrainOptions,
  run: Run,
  preprocessing: Preprocessing,
  secondsLeft: () => number | null,
  train: RunFold,
  listen: Listener,
): Promise<CrossValidation | StopReason> {
  const { spec } = options.spec;
  const count = spec.train.folds!;
  const isCombined = spec.train.combine !== undefined;
  const { renderReport: _, ...unreported } = options;
  // What all folds' models know of columns; which rows were trained on differs from fold to fold.
  const { trained: __, ...fitted } = preprocessing;
  const outOfFold = new OutOfFold();
  const pooled = new Pooled(preprocessing);
  const figures: Figures[] = [];
  for (let number = 1; number <= count; number++) {
    const out = foldDirectory(run.directory, number);
    refuseLink(out);
    const summary = await train(
      {
        ...(isCombined ? unreported : options),
        spec: { ...options.spec, spec: foldSpec(spec, number) },
        out,
        maxSeconds: secondsLeft(),
        // Models that become one are to agree on what columns mean.
        ...(isCombined && { load: { ...options.load, preprocessing: fitted } }),
        observe: (preprocessing, { indices }) =>
          both(outOfFold.observer(preprocessing, indices, number), pooled),
      },
      foldListener(number, listen),
    );
    const { reason } = summary;
    if (isSignal(reason) || reason === "max_time") return reason;
    figures.push(summary.metrics[isCombined ? "validation" : "test"]!);
  }
  run.write("folds", outOfFold.text());
  const loss = figures.reduce((sum, figure) => sum + figure.loss! / count, 0);
  return {
    folds: { count, metrics: spreadOf(figures) },
    outOfFold: { loss, evaluation: pooled.evaluation },
    models: foldModels(run.directory, count),
  };
}

const foldDirectory = (directory: string, number: number) => join(directory, `fold-${number}`);

/** The files of so many folds' best models, where they are. */
export function foldModels(directory: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => pathsIn(foldDirectory(directory, i + 1)).best);
}

/** What cross-validation found. */
export interface CrossValidation {
  readonly folds: Folds;
  /** Of all rows, each predicted by the model that was trained without it; the loss is the folds' mean. */
  readonly outOfFold: { readonly loss: number; readonly evaluation: Evaluation };
  /** The files of the folds' best models. */
  readonly models: readonly string[];
}

/** The figures of all folds' rows together. */
class Pooled implements Watcher {
  readonly evaluation: Evaluation;

  constructor({ target }: Preprocessing) {
    const answers = answersOf(target);
    this.evaluation = evaluation(taskOf(target.task).metrics, answers.kind, widthsOf(answers), {
      hasIntervals: true,
      targets: answers.names,
    });
  }

  see(predictions: Float64Array, targets: Float64Array): void {
    this.evaluation.add(predictions, targets);
  }
}

const both = (one: Watcher, other: Watcher): Watcher => ({
  see(...batch) {
    one.see(...batch);
    other.see(...batch);
  },
});

/** The spec of one fold: a run that can be repeated without the others. */
function foldSpec(spec: Spec, number: number): Spec {
  const of = spec.train.folds!;
  const { combine, ...others } = spec.train;
  const own = combine
    ? { seed: spec.data.split.seed ?? spec.seed, fold: { number, of, validates: true } }
    : {};
  const split = { ...spec.data.split, fold: { number, of }, ...own };
  return {
    ...spec,
    // Models that are averaged are to differ in more than their rows.
    seed: combine ? spec.seed + number - 1 : spec.seed,
    name: `${spec.name.slice(0, 80)} fold ${number} of ${of}`,
    data: { ...spec.data, split },
    train: { ...others, folds: null },
  };
}

/** Adds the fold's number to events. Warnings about the data are dropped: the run itself has already given them. */
function foldListener(fold: number, listen: Listener): Listener {
  let isBegun = false;
  return (event) => {
    if (event.event === "start") isBegun = true;
    if (event.event === "warning" && !isBegun) return;
    listen(
      event.event === "start" || event.event === "epoch" || event.event === "end"
        ? { ...event, fold }
        : event,
    );
  };
}
