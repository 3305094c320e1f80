/** What is to be predicted: the target that a spec and its columns make, fitted, and its numbers. */
import type { CsvDataSpec } from "../../config/schema.ts";
import { assert } from "../../support/errors.ts";
import { type LossName, losses } from "../../tasks/losses.ts";
import type { TargetColumn } from "../../tasks/task.ts";
import { inferTask, type Target, taskFor, taskOf } from "../../tasks/tasks.ts";
import { canonicalLabel } from "../table/labels.ts";
import { columnOf, columnsOf, type Table } from "../table/readTable.ts";
import type { ColumnTotals } from "./fit.ts";
import { fitScaling, isLinearName } from "./scaling.ts";
import { areClasses, targetColumns } from "./targetColumns.ts";

/** How target columns are read: as texts for labels, as numbers, or as they come. */
export function targetKind(
  spec: Pick<CsvDataSpec, "task" | "classes">,
  loss: LossName | null,
): "number" | "text" | null {
  if (spec.task) return taskOf(spec.task).reads;
  if (spec.classes !== null) return "text";
  return loss && losses[loss].learns === "classes" ? "text" : null;
}

/** Whether labels are whole numbers too large for doubles, so that they must be read as texts. */
export function needsTexts(spec: CsvDataSpec, table: Table, loss: LossName | null): boolean {
  if (spec.task || (loss && losses[loss].learns === "numbers")) return false;
  const columns = spec.target.map((name) => columnNumber(table, name));
  const numbers = columns.filter((j) => table.columns[j]!.kind === "number");
  if (columns.length > 1 && numbers.length === columns.length) return false;
  return numbers.some((j) => {
    const values = columnOf(table, j);
    return areClasses(values) && values.some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER);
  });
}

/** What these columns are to be learnt as, not scaled yet. Throws UserError: data, usage. */
export function inferTarget(
  spec: Pick<CsvDataSpec, "task" | "classes">,
  columns: readonly TargetColumn[],
  loss: LossName | null,
  quantiles: readonly number[] | null = null,
): Target {
  const name = spec.task ?? inferTask(columns, loss, spec.classes !== null);
  const classes = spec.classes?.map(canonicalLabel) ?? null;
  return taskOf(taskFor(name, columns.length)).target(columns, { classes, loss, quantiles });
}

/** The target with its numbers scaled as the training rows' are. */
export function fitTarget(
  target: Target,
  spec: CsvDataSpec,
  table: Table,
  train: Int32Array,
  totalsOf: (j: number) => ColumnTotals | null = () => null,
): Target {
  const settings = new Map(Object.entries(spec.columns));
  const scalingOf = (name: string) => {
    const scale = settings.get(name)?.scale ?? (spec.scale === "none" ? "none" : "standard");
    assert(isLinearName(scale), "a target is scaled linearly");
    const j = columnNumber(table, name);
    const values = columnsOf(table, j, 1, train)[0]!;
    return fitScaling(scale, values, totalsOf(j)?.moments ?? null);
  };
  return taskOf(target.task).fit?.(target, scalingOf) ?? target;
}

/** Targets [rows of the table × targetWidth]. Throws UserError(data) for labels that are no class. */
export function encodeTargets(target: Target, table: Table): Float32Array {
  const task = taskOf(target.task);
  return task.encode(target, targetColumns(task.columns(target), table));
}

/** The class of every row, whose shares all splits are to keep; null where rows have none. */
export function strataOf(target: Target, columns: readonly TargetColumn[]): Float32Array | null {
  return taskOf(target.task).strata?.(target, columns) ?? null;
}

function columnNumber(table: Table, name: string): number {
  return table.columns.findIndex((column) => column.name === name);
}
