/** The metrics that training may watch: names as scikit-learn's functions, and the tasks they are for. */
import type { TaskName } from "../../tasks/tasks.ts";

const ofOne: readonly TaskName[] = ["classification"];
const classification: readonly TaskName[] = [...ofOne, "multioutput"];
const labels: readonly TaskName[] = [...classification, "multilabel"];
const regression: readonly TaskName[] = ["regression"];

/** The tasks in which each metric exists; a test holds the names equal to those of src/metrics. */
export const metricTasks: ReadonlyMap<string, readonly TaskName[]> = new Map([
  ["loss", [...labels, ...regression]],
  ["accuracy", labels],
  ["balanced_accuracy", classification],
  ["top_2_accuracy", ofOne],
  ["top_3_accuracy", ofOne],
  ["top_5_accuracy", ofOne],
  ["precision_macro", labels],
  ["recall_macro", labels],
  ["f1_macro", labels],
  ["precision_weighted", labels],
  ["recall_weighted", labels],
  ["f1_weighted", labels],
  ["precision_micro", labels],
  ["recall_micro", labels],
  ["f1_micro", labels],
  ["matthews_corrcoef", classification],
  ["cohen_kappa", classification],
  ["log_loss", labels],
  ["brier", labels],
  ["roc_auc", labels],
  ["average_precision", labels],
  ["expected_calibration_error", labels],
  ["hamming_loss", labels],
  ["mse", regression],
  ["rmse", regression],
  ["mae", regression],
  ["median_ae", regression],
  ["r2", regression],
  ["explained_variance", regression],
  ["max_error", regression],
]);

/** Of the training rows: sums that the loss's kernel makes anyway. */
const trainMetrics = ["loss", "accuracy"];

/** The metrics that early stopping may watch, for a task or for any. */
export function watchableFor(task: TaskName | null): string[] {
  const names = Array.from(metricTasks.keys()).filter(
    (name) => !task || metricTasks.get(name)!.includes(task),
  );
  const ofTrain = trainMetrics.filter((name) => names.includes(name));
  return [...names.map((name) => `validation.${name}`), ...ofTrain.map((name) => `train.${name}`)];
}

export const watchable = watchableFor(null) as [string, ...string[]];
