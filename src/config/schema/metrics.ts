/** The figures that training may watch. */
import { metricNames, metricsOf } from "../../metrics/metrics.ts";
import { type TaskName, taskNames, taskOf } from "../../tasks/tasks.ts";

/** What follows `validation.` and `train.`. */
export const figureNames: readonly string[] = ["loss", ...metricNames];

/** The figures that early stopping may watch, for a task or for any. */
export function watchableFor(task: TaskName | null): string[] {
  const rows = (task ? [task] : taskNames).map(taskOf);
  const names = task ? ["loss", ...metricsOf(taskOf(task).kind)] : figureNames;
  const ofTraining = new Set(["loss", ...rows.flatMap((row) => row.ofTraining)]);
  return [...names.map((name) => `validation.${name}`), ...[...ofTraining].map((name) => `train.${name}`)];
}

/** The figures by which trials of a search may be compared: those, and means over their folds. */
export function comparableFor(task: TaskName | null): string[] {
  const rows = (task ? [task] : taskNames).map(taskOf);
  const ofFolds = new Set(["loss", ...rows.flatMap(({ metrics }) => metrics)]);
  return [...watchableFor(task), ...[...ofFolds].map((name) => `folds.${name}`)];
}

export const comparable = comparableFor(null) as [string, ...string[]];

export const watchable = watchableFor(null) as [string, ...string[]];
