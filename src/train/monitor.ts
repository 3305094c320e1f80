/** Which metric decides which epoch is best, when to stop waiting for a better one, and whether a target is reached. */
import { isMetric, isUp, type MetricName, metricsOf } from "../metrics/metrics.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import { taskOf } from "../tasks/tasks.ts";
import type { Figures } from "./events.ts";
import type { Network } from "./resolveNetwork.ts";

/**
 * What decides which epoch is best: the metric of early stopping, else that of the target, else the loss.
 * @throws UserError (exit code 2) if there are no such rows, or the task has no such metric
 */
export function monitorOf({ spec, task }: Network, hasValidation: boolean): Monitor {
  const { early_stopping: stopping, target, monitor, keep_epoch } = spec.train;
  if (monitor)
    requireFigure("train.monitor", monitor, task, hasValidation || spec.train.combine !== undefined);
  if (target) requireFigure("train.target", target.metric, task, hasValidation);
  if (stopping) requireFigure("train.early_stopping", stopping.metric, task, hasValidation);
  const metric =
    monitor ?? stopping?.metric ?? target?.metric ?? (hasValidation ? "validation.loss" : "train.loss");
  return {
    metric,
    mode: monitor ? modeOf(metric) : (stopping?.mode ?? modeOf(metric)),
    patience: stopping?.patience ?? null,
    minDelta: stopping?.min_delta ?? 0,
    target: target && { ...target, mode: modeOf(target.metric) },
    keepEpoch: keep_epoch ?? null,
  };
}

/** The metrics to compute on the validation rows after each epoch. */
export function epochMetrics({ task }: Network, { metric, target }: Monitor): MetricName[] {
  const names = [metric, target?.metric ?? ""].map((path) => path.split(".")[1] ?? "");
  return [...new Set([taskOf(task).headline, ...names.filter(isMetric)])];
}

function modeOf(metric: string): "min" | "max" {
  return isUp(metric) ? "max" : "min";
}

function requireFigure(section: string, metric: string, task: Network["task"], hasValidation: boolean): void {
  const [split, name = ""] = metric.split(".");
  const fail = (why: string, expected?: string) => {
    throw new UserError(exitCodes.usage, { message: `${section}.metric is "${metric}": ${why}`, expected });
  };
  if (split === "validation" && !hasValidation)
    fail("the data has no validation rows", "data.split.validation above 0, or train.loss");
  const known: string[] = [
    "loss",
    ...(split === "train" ? taskOf(task).ofTraining : metricsOf(taskOf(task).kind)),
  ];
  if (known.includes(name)) return;
  const close = nearest(name, known);
  if (close) fail(`no ${split} metric for ${task}; did you mean ${split}.${close}?`);
  fail(`no ${split} metric for ${task}`, known.join(", "));
}

export interface Monitor {
  /** `validation.loss`, `train.accuracy`, … */
  readonly metric: string;
  readonly mode: "min" | "max";
  /** Epochs without improvement to wait for; null: never stop early. */
  readonly patience: number | null;
  /** The least change that counts as an improvement, in units of the metric. */
  readonly minDelta: number;
  /** The value of a metric that ends training once it is reached; null: none does. */
  readonly target: { readonly metric: string; readonly mode: "min" | "max"; readonly value: number } | null;
  /** The epoch that is taken for the best, and the last; null: figures decide. */
  readonly keepEpoch: number | null;
}

/** Goes into the checkpoint, so that a resumed run keeps waiting. */
export interface MonitorState {
  bestEpoch: number;
  /** null before the first epoch: JSON has no infinities. */
  best: number | null;
  waited: number;
}

export const initialMonitorState = (): MonitorState => ({ bestEpoch: 0, best: null, waited: 0 });

/** Records an epoch's value; true when the epoch is the best so far. A value that is not finite never is. */
export function observe(monitor: Monitor, state: MonitorState, epoch: number, value: number): boolean {
  const gain = monitor.mode === "min" ? (state.best ?? 0) - value : value - (state.best ?? 0);
  const isBetter = state.best === null || gain > monitor.minDelta;
  const improved = Number.isFinite(value) && (monitor.keepEpoch ? epoch === monitor.keepEpoch : isBetter);
  if (improved) Object.assign(state, { bestEpoch: epoch, best: value, waited: 0 });
  else state.waited++;
  return improved;
}

export function patienceIsOver(monitor: Monitor, state: MonitorState): boolean {
  return monitor.patience !== null && state.waited >= monitor.patience;
}

/** Whether an epoch's value is at least as good as the target. */
export function targetIsReached({ target }: Monitor, value: number | null): boolean {
  if (target === null || value === null) return false;
  return target.mode === "min" ? value <= target.value : value >= target.value;
}

/** The value of a metric such as `validation.loss`; NaN where there is none. */
export function figureAt(metric: string, figures: Readonly<Record<string, Figures | undefined>>): number {
  const [split = "", name = ""] = metric.split(".");
  return figures[split]?.[name] ?? Number.NaN;
}
