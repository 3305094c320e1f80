/**
 * Cross-validation: one run per fold, trained on the other folds and evaluated on its own, in `fold-1`, `fold-2` …
 * of the run's directory. The predictions for all folds go to `out_of_fold.csv`.
 */
import { join } from "node:path";
import type { Run } from "../checkpoint/runDirectory.ts";
import type { Spec } from "../config/schema.ts";
import { OutOfFold } from "../evaluate/outOfFold.ts";
import type { Folds, Summary } from "../evaluate/runSummary.ts";
import { spreadOf } from "../evaluate/spread.ts";
import { refuseLink } from "../support/inside.ts";
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
  secondsLeft: () => number | null,
  train: RunFold,
  listen: Listener,
): Promise<Folds | StopReason> {
  const { spec } = options.spec;
  const count = spec.train.folds!;
  const outOfFold = new OutOfFold();
  const figures: Figures[] = [];
  for (let number = 1; number <= count; number++) {
    const out = join(run.directory, `fold-${number}`);
    refuseLink(out);
    const summary = await train(
      {
        ...options,
        spec: { ...options.spec, spec: foldSpec(spec, number) },
        out,
        maxSeconds: secondsLeft(),
        observe: (preprocessing, { indices }) => outOfFold.observer(preprocessing, indices, number),
      },
      foldListener(number, listen),
    );
    const { reason } = summary;
    if (isSignal(reason) || reason === "max_time") return reason;
    figures.push(summary.metrics.test!);
  }
  run.write("folds", outOfFold.text());
  return { count, metrics: spreadOf(figures) };
}

/** The spec of one fold: a run that can be repeated without the others. */
function foldSpec(spec: Spec, number: number): Spec {
  const of = spec.train.folds!;
  const split = { ...spec.data.split, fold: { number, of } };
  return {
    ...spec,
    name: `${spec.name.slice(0, 80)} fold ${number} of ${of}`,
    data: { ...spec.data, split },
    train: { ...spec.train, folds: null },
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
