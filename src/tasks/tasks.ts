/** What can be learnt, one row each: everything that anyone asks of a task. */
import type { Learns, LossName } from "./losses.ts";
import { lossNames, lossOf } from "./losses.ts";

/** What a task is. */
export interface Task {
  /** What a loss may compare outputs with. */
  readonly learns: readonly Learns[];
  /** The loss where the spec names none. */
  readonly loss: LossName;
  /** Whether a loss says by itself that so many target columns are this task. */
  readonly isOf: (columns: number) => boolean;
  /** Several targets have classes each: what knows those of one target alone is refused. */
  readonly hasSeveral?: true;
}

const one = (columns: number) => columns === 1;
const several = (columns: number) => columns > 1;

export const tasks = {
  classification: { learns: ["classes", "labels"], loss: "cross_entropy", isOf: one },
  regression: { learns: ["numbers"], loss: "mse", isOf: () => true },
  multilabel: { learns: ["labels"], loss: "bce_with_logits", isOf: several },
  multioutput: { learns: ["classes"], loss: "cross_entropy", isOf: several, hasSeveral: true },
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
