/** How a run ends: the best model is evaluated on every split; `summary.json`, the report and the last event are written. */
import { performance } from "node:perf_hooks";
import { readCheckpoint, writeCheckpoint } from "../checkpoint/checkpoint.ts";
import { readMetricsLog } from "../checkpoint/metricsLog.ts";
import type { Run } from "../checkpoint/runDirectory.ts";
import type { Peers } from "../cluster/peers.ts";
import { isStreamed, rowCount } from "../data/dataset/dataset.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { Kernels } from "../engine/kernels.ts";
import { baselinesOf } from "../evaluate/baseline.ts";
import { Calibrator } from "../evaluate/calibrator.ts";
import type { Diagnosis } from "../evaluate/findings.ts";
import { type Importance, quickImportance } from "../evaluate/importance.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import { observer } from "../evaluate/watchers.ts";
import { type Intervals, quickWork } from "../metrics/evaluation.ts";
import { assert } from "../support/errors.ts";
import { readText } from "../support/files.ts";
import { taskOf } from "../tasks/tasks.ts";
import {
  type BaselineFigures,
  type EndEvent,
  type Figures,
  isSignal,
  type Listener,
  type StopReason,
} from "../train/events.ts";
import { isStillFalling } from "../train/trend.ts";
import type { Assembly } from "./assembly.ts";
import type { CrossValidation } from "./crossValidation.ts";
import { reportData } from "./reportData.ts";
import type { Saver } from "./saver.ts";
import type { TrainOptions } from "./trainOptions.ts";

export interface Ending {
  readonly reason: StopReason;
  /** Of the run, by performance.now(). */
  readonly started: number;
  /** null: there was no cross-validation, or it was stopped. */
  readonly validated: CrossValidation | null;
}

export async function conclude(
  work: Assembly,
  run: Run,
  saver: Saver,
  { reason, started, validated }: Ending,
  options: TrainOptions,
  listen: Listener,
): Promise<Summary> {
  const { trainer, network, model, backend, peers } = work;
  const { epoch, step, monitor } = trainer.state;
  const folds = validated?.folds;
  const isMeasured = !isSignal(reason) && (network.spec.train.folds === null || validated !== null);
  const { metrics, intervals, ...explained } = isMeasured
    ? await measureBest(work, run, options, network.spec.train.combine ? validated : null)
    : unmeasured;
  const baselines = isMeasured ? baselinesFor(work) : null;
  const seconds = (performance.now() - started) / 1000;
  const { last, best } = saver.digests;
  assert(last && best, "a run that ends has saved its models");
  const summary: Summary = {
    name: network.spec.name,
    reason,
    metrics,
    ...(folds && { folds }),
    intervals,
    ...(baselines && { baselines }),
    monitor: { metric: work.monitor.metric, value: monitor.best },
    best_epoch: monitor.bestEpoch,
    epochs: epoch,
    steps: step,
    parameters: model.description.parameterCount,
    seconds,
    weights_sha256: last.weights,
    best_weights_sha256: best.weights,
    seed: network.spec.seed,
    kernels: {
      backend: backend.name,
      threads: backend.threads,
      fused: backend.fused,
      description: backend.description,
    },
    ...(peers.size > 1 && { processes: processesOf(peers) }),
    versions: { nnt: options.version, node: process.versions.node, v8: process.versions.v8 },
    platform: `${process.platform}-${process.arch}`,
    spec_directory: options.spec.baseDirectory,
  };
  const end: EndEvent = {
    event: "end",
    reason,
    epoch,
    step,
    best_epoch: monitor.bestEpoch,
    monitor: summary.monitor,
    seconds,
    metrics,
    ...(folds && { folds }),
    ...(baselines && { baselines }),
    ...(isUnfinished(work, run, reason) && { still_improving: true as const }),
    parameters: summary.parameters,
    weights_sha256: last.weights,
    directory: run.directory,
  };
  run.log.append(end);
  run.log.sync();
  run.write("summary", `${JSON.stringify(summary, null, 2)}\n`);
  await writeReport(work, run, options, { summary, ...explained });
  run.seal();
  listen(end);
  return summary;
}

/** Whether more epochs are likely to help: the last was the best, and the loss fell until then. */
function isUnfinished({ trainer: { state }, plannedEnd }: Assembly, run: Run, reason: StopReason): boolean {
  if (reason !== plannedEnd || state.monitor.bestEpoch !== state.epoch) return false;
  return isStillFalling(readMetricsLog(run.paths.metrics).filter(({ event }) => event === "epoch"));
}

/** Of the rows that the last figures are of; a fold's are told with the others'. */
function baselinesFor({ data: { splits }, network, preprocessing }: Assembly): BaselineFigures | null {
  const { train, validation, test } = splits;
  const measured = test ?? validation;
  if (network.spec.data.split.fold || (!measured && !network.spec.train.combine)) return null;
  return baselinesOf(preprocessing, train, measured);
}

async function writeReport(
  { model, preprocessing, data: { profile = null, splits } }: Assembly,
  run: Run,
  options: TrainOptions,
  known: Pick<Measured, "diagnosis" | "importance"> & { readonly summary: Summary },
): Promise<void> {
  const { renderReport } = options;
  if (!renderReport) return;
  const { landscapeOfRun } = await import("./landscape.ts");
  const landscape = isSignal(known.summary.reason)
    ? null
    : await landscapeOfRun(options, known.summary, rowCount(splits.train));
  const network = { description: model.description, tensors: await model.tensors() };
  const spec = readText(run.paths.spec);
  const events = readMetricsLog(run.paths.metrics);
  const data = reportData({ spec, events, model: network, preprocessing, profile, landscape, ...known });
  run.write("report", await renderReport(data));
}

function processesOf({ size, hosts, traffic }: Peers): NonNullable<Summary["processes"]> {
  return {
    count: size,
    hosts: [...new Set(hosts)],
    bytes_sent: traffic.bytesSent,
    seconds_waiting: traffic.secondsWaiting,
  };
}

/** Calibrates the best model on the validation rows as the spec asks, and stores the result in it. */
async function calibrate(
  { network, preprocessing, validation }: Assembly,
  run: Run,
): Promise<Preprocessing["calibration"]> {
  const wanted = network.spec.calibration;
  if (!wanted || !validation) return undefined;
  const calibrator = new Calibrator(preprocessing);
  await validation.run([], { watch: [calibrator] });
  const calibration = calibrator.fit(wanted);
  const stored = readCheckpoint(run.paths.best);
  writeCheckpoint(run.paths.best, { ...stored, preprocessing: { ...preprocessing, calibration } });
  return calibration;
}

interface Measured {
  readonly metrics: Record<string, Figures>;
  readonly intervals: Record<string, Intervals["metrics"]>;
  readonly diagnosis: Diagnosis | null;
  /** null without a report, too. */
  readonly importance: Importance | null;
}

const unmeasured: Measured = { metrics: {}, intervals: {}, diagnosis: null, importance: null };

/**
 * The figures of the best model on the rows it was not trained on, or on those it was if there are no others;
 * and how it does on the last of these splits, row by row.
 */
async function measureBest(
  work: Assembly,
  run: Run,
  options: TrainOptions,
  combined: CrossValidation | null,
): Promise<Measured> {
  const { trainer, model, network, data } = work;
  if (trainer.isMidEpoch || trainer.state.monitor.bestEpoch !== trainer.state.epoch) {
    const { parameters, buffers } = readCheckpoint(run.paths.best, "model");
    model.load([...parameters, ...buffers], run.paths.best);
  }
  const names = taskOf(network.task).metrics;
  const calibration = await calibrate(work, run);
  const preprocessing = { ...work.preprocessing, ...(calibration && { calibration }) };
  const { validation, test } = data.splits;
  const splits = [...(validation ? (["validation"] as const) : []), ...(test ? (["test"] as const) : [])];
  const metrics: Record<string, Figures> = {};
  const intervals: Measured["intervals"] = {};
  if (combined) {
    const { loss, evaluation } = combined.outOfFold;
    metrics.out_of_fold = { loss, ...evaluation.result() };
    intervals.out_of_fold = evaluation.intervals(quickWork).metrics;
  }
  let diagnosis: Diagnosis | null = null;
  let importance: Importance | null = null;
  const others = combined ? [] : (["train"] as const);
  for (const split of splits.length > 0 ? splits : others) {
    const rows = data.splits[split]!;
    const isWatched = split === splits.at(-1) || split === "train";
    const watching = isWatched ? observer(preprocessing, { split, rows }) : null;
    const isOwn = split === "test" || network.spec.data.split.fold?.validates;
    const heldOut = isOwn && !isStreamed(rows) ? options.observe?.(preprocessing, rows) : null;
    const watch = [watching, heldOut].filter((watcher) => watcher != null);
    const { loss, evaluation } = await work
      .measure(split, calibration)!
      .run(names, { watch, hasIntervals: true });
    metrics[split] = { loss, ...evaluation.result() };
    intervals[split] = evaluation.intervals(quickWork).metrics;
    diagnosis = watching?.diagnosis(evaluation) ?? diagnosis;
    if (isWatched && options.renderReport) {
      const measured = { k: new Kernels(work.backend), model, preprocessing, loss: network.spec.loss };
      importance = await quickImportance(measured, rows);
    }
  }
  return { metrics, intervals, diagnosis, importance };
}
