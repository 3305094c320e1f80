/** What can be learnt, one row each, and which losses and data make which of it. */
import { exitCodes, UserError } from "../support/errors.ts";
import { classification } from "./classification.ts";
import { type LossName, lossNames, lossOf } from "./losses.ts";
import { multilabel } from "./multilabel.ts";
import { multioutput } from "./multioutput.ts";
import { regression } from "./regression.ts";
import type { Answers, StoredTarget, TargetColumn, Task } from "./task.ts";

export const tasks = { classification, regression, multilabel, multioutput };

export type TaskName = keyof typeof tasks;
/** What is learnt of the target columns, as a model file keeps it. */
export type Target = ReturnType<(typeof tasks)[TaskName]["target"]>;

export const taskNames = Object.keys(tasks) as [TaskName, ...TaskName[]];

export function isTask(name: unknown): name is TaskName {
  return typeof name === "string" && Object.hasOwn(tasks, name);
}

/** A row as all of them can be read. */
export function taskOf(name: TaskName): Task<Target> {
  return tasks[name] as Task<StoredTarget> as Task<Target>;
}

/** What outputs for such a target are read as. */
export function answersOf(target: Target): Answers {
  return taskOf(target.task).answers(target);
}

/** A target that has the classes and the scaling of an earlier one of its columns, besides its own. */
export function keptTarget(target: Target, before: Target): Target {
  return target.task === before.task ? (taskOf(target.task).keep?.(target, before) ?? target) : target;
}

/** The task that is meant by a name where there are so many target columns. */
export function taskFor(name: TaskName, columns: number): TaskName {
  const { ofSeveral } = taskOf(name);
  return columns > 1 && ofSeveral !== undefined ? (ofSeveral as TaskName) : name;
}

/** The tasks that a loss can learn. */
export function tasksOf(loss: LossName): TaskName[] {
  return taskNames.filter((name) => taskOf(name).learns.includes(lossOf(loss).learns));
}

/** The losses that can learn a task. */
export function lossesOf(task: TaskName): LossName[] {
  return lossNames.filter((name) => taskOf(task).learns.includes(lossOf(name).learns));
}

/** The task that a loss is for, of so many target columns: the first that fits. */
export function taskOfLoss(loss: LossName, columns: number): TaskName | null {
  return tasksOf(loss).find((name) => taskOf(name).takes(columns)) ?? null;
}

/**
 * The task where the spec names none, by the loss, then by what the columns hold.
 * @throws UserError (exit code 2) for texts beside quantities
 */
export function inferTask(
  columns: readonly TargetColumn[],
  loss: LossName | null,
  hasClasses: boolean,
): TaskName {
  const isSeveral = columns.length > 1;
  const learns = loss && lossOf(loss).learns;
  if (hasClasses && !isSeveral) return "classification";
  if (learns === "classes") return "classification";
  if (learns === "numbers") return "regression";
  if (!isSeveral)
    return learns === "labels" || columns[0]!.looksLikeClasses ? "classification" : "regression";
  if (columns.every(({ looksLikeFlags }) => looksLikeFlags)) return "multilabel";
  const text = columns.find(({ isText }) => isText);
  if (!text) return "regression";
  const quantity = columns.find(({ looksLikeClasses }) => !looksLikeClasses);
  if (!quantity) return "multioutput";
  throw new UserError(exitCodes.usage, {
    message: `the target "${text.name}" holds texts, and "${quantity.name}" a quantity`,
    expected: "several targets that are all classes, or all numbers",
  });
}
