/** What can be learnt, one row each: everything that anyone asks of a task. */
import type { AnswerKind, MetricName } from "../metrics/metrics.ts";
import { type Learns, type LossName, lossNames, lossOf } from "./losses.ts";

/** What a task is. */
export interface Task {
  /** What a loss may compare outputs with. */
  readonly learns: readonly Learns[];
  /** The loss where the spec names none. */
  readonly loss: LossName;
  /** Whether a loss says by itself that so many target columns are this task. */
  readonly isOf: (columns: number) => boolean;
  /** What a row is answered with. */
  readonly kind: AnswerKind;
  /** What is told of a model unless something else is asked for. */
  readonly metrics: readonly MetricName[];
  /** What every epoch tells besides the loss. */
  readonly headline: MetricName;
  /** What training sums up on the way, besides the loss: the kernel of the loss counts right rows. */
  readonly ofTraining: readonly "accuracy"[];
  /** By which a column's importance is measured: scikit-learn's score. */
  readonly score: MetricName;
  /** Several targets have classes each: what knows those of one target alone is refused. */
  readonly hasSeveral?: true;
}

const one = (columns: number) => columns === 1;
const several = (columns: number) => columns > 1;

export const tasks = {
  classification: {
    learns: ["classes", "labels"],
    loss: "cross_entropy",
    isOf: one,
    kind: "class",
    metrics: ["accuracy", "balanced_accuracy", "f1_macro", "log_loss", "roc_auc"],
    headline: "accuracy",
    ofTraining: ["accuracy"],
    score: "accuracy",
  },
  regression: {
    learns: ["numbers"],
    loss: "mse",
    isOf: () => true,
    kind: "numbers",
    metrics: ["mse", "rmse", "mae", "r2"],
    headline: "rmse",
    ofTraining: [],
    score: "r2",
  },
  multilabel: {
    learns: ["labels"],
    loss: "bce_with_logits",
    isOf: several,
    kind: "labels",
    metrics: ["accuracy", "hamming_loss", "f1_macro", "log_loss", "roc_auc"],
    headline: "f1_macro",
    ofTraining: [],
    score: "accuracy",
  },
  multioutput: {
    learns: ["classes"],
    loss: "cross_entropy",
    isOf: several,
    kind: "classes",
    metrics: ["accuracy", "hamming_loss", "f1_macro", "log_loss", "roc_auc"],
    headline: "accuracy",
    ofTraining: [],
    score: "accuracy",
    hasSeveral: true,
  },
} satisfies Record<string, Task>;

export type TaskName = keyof typeof tasks;

export const taskNames = Object.keys(tasks) as [TaskName, ...TaskName[]];

/** A row as all of them can be read. */
export function taskOf(name: TaskName): Task {
  return tasks[name];
}

/** The tasks that a loss can learn. */
export function tasksOf(loss: LossName): TaskName[] {
  return taskNames.filter((name) => taskOf(name).learns.includes(lossOf(loss).learns));
}

/** The losses that can learn a task. */
export function lossesOf(task: TaskName): LossName[] {
  return lossNames.filter((name) => taskOf(task).learns.includes(lossOf(name).learns));
}

/** The task that a loss is for, of so many target columns. */
export function taskOfLoss(loss: LossName, columns: number): TaskName | null {
  return tasksOf(loss).find((name) => taskOf(name).isOf(columns)) ?? null;
}
