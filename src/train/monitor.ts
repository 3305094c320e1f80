/** Which figure decides what: the best epoch, when patience ends, whether the target is reached. */
import { isMetric, isUp, type MetricName, metricsOf } from "../metrics/metrics.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import type { Monitor } from "./earlyStopping.ts";
import type { Network } from "./network.ts";

/** What every epoch tells besides the loss. */
const headlines = {
  classification: ["accuracy"],
  multilabel: ["f1_macro"],
  multioutput: ["accuracy"],
  regression: ["rmse"],
} satisfies Record<string, MetricName[]>;

/**
 * The figure that decides which epoch is best: that of early stopping, else of the target, else the loss.
 * @throws UserError (exit code 2) if the data or the task have no such figure
 */
export function monitorOf({ spec, task }: Network, hasValidation: boolean): Monitor {
  const { early_stopping: stopping, target } = spec.train;
  if (target) requireFigure("train.target", target.metric, task, hasValidation);
  if (stopping) requireFigure("train.early_stopping", stopping.metric, task, hasValidation);
  const metric = stopping?.metric ?? target?.metric ?? (hasValidation ? "validation.loss" : "train.loss");
  return {
    metric,
    mode: stopping?.mode ?? modeOf(metric),
    patience: stopping?.patience ?? null,
    minDelta: stopping?.min_delta ?? 0,
    target: target && { ...target, mode: modeOf(target.metric) },
  };
}

/** The metrics that an epoch's validation has to work out. */
export function epochMetrics({ task }: Network, { metric, target }: Monitor): MetricName[] {
  const names = [metric, target?.metric ?? ""].map((path) => path.split(".")[1] ?? "");
  return [...new Set([...headlines[task], ...names.filter(isMetric)])];
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
  const known = split === "train" ? trainFigures(task) : ["loss", ...metricsOf(task)];
  if (known.includes(name)) return;
  const close = nearest(name, known);
  if (close) fail(`no such figure of a ${task}; did you mean ${split}.${close}?`);
  fail(`no such figure of a ${task}`, known.join(", "));
}

/** What training itself sums up without a pass of its own. */
function trainFigures(task: string): string[] {
  return task === "classification" ? ["loss", "accuracy"] : ["loss"];
}
