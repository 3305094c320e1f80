/**
 * Cross-validation: one run per fold, trained on the other folds and evaluated on its own, in `fold-1`, `fold-2` …
 * of the run's directory. The predictions for all folds go to `out_of_fold.csv`.
 */
import { join } from "node:path";
import { readMetricsLog } from "../checkpoint/metricsLog.ts";
import { pathsIn, type Run } from "../checkpoint/runDirectory.ts";
import type { Spec } from "../config/schema.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { type Blended, Blending } from "../evaluate/blending.ts";
import { widthsOf } from "../evaluate/measure.ts";
import { OutOfFold } from "../evaluate/outOfFold.ts";
import type { Folds, Summary } from "../evaluate/runSummary.ts";
import { spreadOf } from "../evaluate/spread.ts";
import type { Watcher } from "../evaluate/watchers.ts";
import { type Evaluation, evaluation } from "../metrics/evaluation.ts";
import { refuseLink } from "../support/inside.ts";
import { answersOf, taskOf } from "../tasks/tasks.ts";
import { type EpochEvent, type Figures, isSignal, type Listener, type StopReason } from "../train/events.ts";
import { type Job, SideBySide } from "./sideBySide.ts";
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
  const count = spec.train.folds! * (spec.train.repeats ?? 1);
  const isCombined = spec.train.combine !== undefined;
  // What all folds' models know of columns; which rows were trained on differs from fold to fold.
  const { trained: __, ...fitted } = preprocessing;
  const outOfFold = new OutOfFold();
  const pooled = new Pooled(preprocessing);
  const figures: Figures[] = [];
  const curves: number[][][] = [];
  // The first of several processes has the answers.
  const isFirst = (options.peers?.rank ?? 0) === 0;
  const blending = spec.blend && isFirst ? new Blending(preprocessing) : null;
  const networks = 1 + (spec.blend?.length ?? 0);
  const observe: ObserveFold =
    (number) =>
    (preprocessing, { indices }) =>
      blending?.watcher(number, indices) ?? both(outOfFold.observer(preprocessing, indices, number), pooled);
  const jobs = jobsOf(options, run.directory, fitted, observe, secondsLeft, listen);
  const isLast = ({ reason }: Summary) => isSignal(reason) || reason === "max_time";
  const runs = new SideBySide(jobs, { options, train, isLast });
  try {
    for (const [job, { network, number, out }] of jobs.entries()) {
      const summary = await runs.result(job);
      if (isLast(summary)) return summary.reason;
      figures.push(summary.metrics[isCombined ? "validation" : "test"]!);
      if (number === 1) curves.push([]);
      if (blending) curves[network]!.push(lossesIn(pathsIn(out).metrics));
    }
  } finally {
    await runs.close();
  }
  const blended = blending?.result(curves.map(flatteryOf));
  if (blended) {
    figures.splice(0, Infinity, ...figuresOf(blended.rows, count, preprocessing));
    for (const { row, fold, predictions, targets, S } of blended.rows) {
      outOfFold.observer(preprocessing, Int32Array.of(row), fold).see(predictions, targets, 0, S);
      pooled.see(predictions, targets);
    }
  }
  run.write("folds", outOfFold.text());
  const loss = figures.reduce((sum, figure) => sum + figure.loss! / count, 0);
  return {
    folds: { count, metrics: spreadOf(figures) },
    outOfFold: { loss, evaluation: pooled.evaluation },
    models: foldModels(run.directory, count, networks),
    votes: blended?.votes ?? [1],
  };
}

type ObserveFold = (number: number) => NonNullable<TrainOptions["observe"]>;

interface FoldJob extends Job {
  readonly network: number;
  readonly number: number;
  readonly out: string;
}

/** All folds of the first network, then of the others. */
function jobsOf(
  options: TrainOptions,
  directory: string,
  preprocessing: Preprocessing,
  observe: ObserveFold,
  secondsLeft: () => number | null,
  listen: Listener,
): FoldJob[] {
  const { spec } = options.spec;
  const count = spec.train.folds! * (spec.train.repeats ?? 1);
  const isCombined = spec.train.combine !== undefined;
  const { renderReport: _, ...unreported } = options;
  return Array.from({ length: count * (1 + (spec.blend?.length ?? 0)) }, (_, job) => {
    const [network, number] = [Math.floor(job / count), (job % count) + 1];
    const out = foldDirectory(directory, number, network);
    const optionsNow = (): TrainOptions => {
      refuseLink(out);
      return {
        ...(isCombined ? unreported : options),
        spec: { ...options.spec, spec: foldSpec(spec, number, network) },
        out,
        maxSeconds: secondsLeft(),
        // Models that become one are to agree on what columns mean.
        ...(isCombined && { load: { ...options.load, preprocessing } }),
        observe: observe(number),
      };
    };
    return { network, number, out, options: optionsNow, listen: foldListener(number, listen) };
  });
}

const foldDirectory = (directory: string, number: number, network: number) =>
  join(directory, `fold-${number}${network > 0 ? `-network-${network + 1}` : ""}`);

/** The files of so many folds' best models, where they are: of each network. */
export function foldModels(directory: string, count: number, networks: number): string[][] {
  return Array.from({ length: networks }, (_, network) =>
    Array.from({ length: count }, (_, i) => pathsIn(foldDirectory(directory, i + 1, network)).best),
  );
}

function lossesIn(log: string): number[] {
  const epochs = readMetricsLog(log).filter(({ event }) => event === "epoch") as unknown as EpochEvent[];
  return epochs.map(({ validation }) => validation?.loss ?? Number.NaN);
}

/** By how much the best epoch of all folds together is worse than the best of each: from losses by epoch, of each fold. */
function flatteryOf(curves: readonly (readonly number[])[]): number {
  const epochs = Math.min(...curves.map(({ length }) => length));
  const best = (losses: readonly number[]) => Math.min(...losses.filter(Number.isFinite));
  const means = Array.from({ length: epochs }, (_, epoch) =>
    curves.reduce((sum, losses) => sum + losses[epoch]! / curves.length, 0),
  );
  const own = curves.reduce((sum, losses) => sum + best(losses) / curves.length, 0);
  const times = best(means) / own;
  return Number.isFinite(times) ? Math.max(1, times) : 1;
}

/** The blend's figures, fold by fold. */
function figuresOf(rows: readonly Blended[], count: number, preprocessing: Preprocessing): Figures[] {
  return Array.from({ length: count }, (_, fold) => {
    const own = rows.filter((row) => row.fold === fold + 1);
    const { evaluation, see } = new Pooled(preprocessing);
    for (const { predictions, targets } of own) see(predictions, targets);
    return { loss: own.reduce((sum, { loss }) => sum + loss / own.length, 0), ...evaluation.result() };
  });
}

/** What cross-validation found. */
export interface CrossValidation {
  readonly folds: Folds;
  /** Of all rows, each predicted by the model that was trained without it; the loss is the folds' mean. */
  readonly outOfFold: { readonly loss: number; readonly evaluation: Evaluation };
  /** The files of the folds' best models, of each network. */
  readonly models: readonly (readonly string[])[];
  /** How often each network's answer counts. */
  readonly votes: readonly number[];
}

/** The figures of all folds' rows together. */
class Pooled implements Watcher {
  readonly evaluation: Evaluation;

  constructor({ target }: Preprocessing) {
    const answers = answersOf(target);
    this.evaluation = evaluation(taskOf(target.task).metrics, answers.kind, widthsOf(answers), {
      hasIntervals: true,
      quantiles: answers.quantiles,
      targets: answers.names,
    });
  }

  readonly see = (predictions: Float64Array, targets: Float64Array): void => {
    this.evaluation.add(predictions, targets);
  };
}

const both = (one: Watcher, other: Watcher): Watcher => ({
  see(...batch) {
    one.see(...batch);
    other.see(...batch);
  },
});

/** The spec of one fold of a network, the model's or one of the blend's: a run that can be repeated without the others. */
function foldSpec({ blend, ...spec }: Spec, number: number, network: number): Spec {
  const of = spec.train.folds!;
  const { combine, anneal, repeats, ...others } = spec.train;
  const { train, ...sections } = blend?.[network - 1] ?? { train: { ...(anneal && { anneal }) } };
  const repeat = Math.ceil(number / of);
  const fold = { number: number - (repeat - 1) * of, of, ...(repeats && { repeat }) };
  const own = combine ? { seed: spec.data.split.seed ?? spec.seed, fold: { ...fold, validates: true } } : {};
  const split = { ...spec.data.split, fold, ...own };
  const which = network > 0 ? ` network ${network + 1}` : "";
  return {
    ...spec,
    ...sections,
    // Models that are averaged are to differ in more than their rows.
    seed: combine ? spec.seed + number - 1 + network * of : spec.seed,
    name: `${spec.name.slice(0, 70)} fold ${number} of ${of * (repeats ?? 1)}${which}`,
    data: { ...spec.data, split },
    train: { ...others, ...(train as Partial<Spec["train"]>), folds: null },
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
