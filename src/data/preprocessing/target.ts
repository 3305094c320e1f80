/** What is to be predicted: the task, the classes, and the target columns as numbers. */
import type { CsvDataSpec } from "../../config/schema.ts";
import { assert, exitCodes, UserError } from "../../support/errors.ts";
import { type LossName, losses } from "../../tasks/losses.ts";
import type { TaskName } from "../../tasks/tasks.ts";
import { dataError, ProblemList } from "../formats/problems.ts";
import { booleanOf, canonicalLabel, sortLabels } from "../table/labels.ts";
import { columnOf, columnsOf, quoted, type Table, type TableColumn } from "../table/readTable.ts";
import type { ColumnTotals } from "./fit.ts";
import type { ClassesTarget, ClassTarget, NumbersTarget, Target } from "./preprocessing.ts";
import { targetWidth } from "./preprocessing.ts";
import { fitScaling, isLinearName } from "./scaling.ts";

/** More distinct whole numbers than these are a quantity, not classes (CONTRACT). */
export const mostNumberClasses = 20;

/** Whole numbers that a 32-bit float holds exactly lie below. */
const exactIntegers = 2 ** 24;

/** How target columns are read: as texts for labels, as numbers, or as they come. */
export function targetKind(
  spec: Pick<CsvDataSpec, "task" | "classes">,
  loss: LossName | null,
): "number" | "text" | null {
  if (spec.task === "regression") return "number";
  if (spec.task !== null || spec.classes !== null) return "text";
  return loss && losses[loss].learns === "classes" ? "text" : null;
}

/** Whether labels are whole numbers too large for the table, so that they must be read as texts. */
export function needsTexts(spec: CsvDataSpec, table: Table, loss: LossName | null): boolean {
  if (spec.task || (loss && losses[loss].learns === "numbers")) return false;
  const columns = spec.target.map((name) => targetValues(table, name));
  const numbers = columns.filter(({ column }) => column.kind === "number");
  if (columns.length > 1 && numbers.length === columns.length) return false;
  return numbers.some(
    ({ values }) => isClasses(values) && values.some((value) => Math.abs(value) >= exactIntegers),
  );
}

/** The coding of the target columns, regression yet unscaled. `pool`: the rows that classes are taken from. */
export function inferTarget(
  spec: Pick<CsvDataSpec, "task" | "classes" | "target">,
  table: Table,
  pool: number,
  loss: LossName | null,
): Target {
  const names = spec.target;
  const columns = names.map((name) => targetValues(table, name));
  const task = spec.task ?? inferTask(columns, loss, spec.classes !== null);
  if (task === "multioutput" || (task === "classification" && names.length > 1)) {
    if (spec.classes !== null)
      throw misfit("data.classes lists the classes of one target, and there are several", "no data.classes");
    return classesTarget(
      names,
      columns.map((column) => classesOf(column, pool)),
      loss,
    );
  }
  if (task === "classification") {
    const classes = spec.classes?.map(canonicalLabel) ?? classesOf(columns[0]!, pool);
    return classTarget(names[0]!, classes, loss);
  }
  if (task === "multilabel")
    return {
      task,
      names,
      link: losses[loss ?? "bce_with_logits"].link === "sigmoid" ? "sigmoid" : "identity",
    };
  const text = columns.find(({ column }) => column.kind === "text")?.column;
  if (text) {
    throw dataError({
      ...text.places[text.isMissing.indexOf(false)],
      message: `the target "${text.name}" holds texts, which loss ${loss ?? ""} cannot learn`,
      expected: "numbers",
    });
  }
  return numbersTarget(names, loss);
}

/** A classification of these labels under that loss. Throws UserError(data) for fewer than two. */
export function classTarget(name: string, classes: readonly string[], loss: LossName | null): ClassTarget {
  if (new Set(classes).size < classes.length)
    throw misfit("two classes have the same label", "different labels");
  if (classes.length < 2) {
    const found = classes.length === 0 ? "no class" : `one class only, ${quoted(classes[0]!)}`;
    throw dataError({
      message: `the target "${name}" has ${found}`,
      expected: "at least two classes",
    });
  }
  const link = losses[loss ?? "cross_entropy"].link;
  const isIndex = link === "softmax" || (link === "sigmoid" && classes.length === 2);
  return { task: "classification", name, classes, encoding: isIndex ? "index" : "one_hot", link };
}

/** Several classifications by one network, under a loss of classes. Throws UserError as {@link classTarget}. */
function classesTarget(
  names: readonly string[],
  classes: readonly (readonly string[])[],
  loss: LossName | null,
): ClassesTarget {
  if (names.length < 2) throw misfit("data.task is multioutput, and there is one target", "classification");
  const name = loss ?? "cross_entropy";
  if (losses[name].link !== "softmax")
    throw misfit(`loss ${name} does not learn several targets of classes`, "cross_entropy or focal");
  const columns = names.map((column, j) => classTarget(column, classes[j]!, name));
  return {
    task: "multioutput",
    columns: columns.map(({ name, classes }) => ({ name, classes })),
    link: "softmax",
  };
}

/** Numbers to predict, not scaled yet. Throws UserError(usage) for a loss of classes. */
export function numbersTarget(names: readonly string[], loss: LossName | null): NumbersTarget {
  const link = losses[loss ?? "mse"].link;
  if (link !== "identity" && link !== "exp" && link !== "gaussian") {
    throw misfit(`loss ${loss} learns classes, and the target is a quantity`, "mse, mae, huber, …");
  }
  const scaling = { name: "none", center: 0, scale: 1 } as const;
  return { task: "regression", columns: names.map((name) => ({ name, scaling })), link };
}

/** The target with its numbers scaled as the training rows' are; counts under poisson stay as they are. */
export function fitTarget(
  target: Target,
  spec: CsvDataSpec,
  table: Table,
  train: Int32Array,
  totalsOf: (j: number) => ColumnTotals | null = () => null,
): Target {
  if (target.task !== "regression" || target.link === "exp") return target;
  const columns = target.columns.map(({ name }) => {
    const own = new Map(Object.entries(spec.columns)).get(name)?.scale;
    const scale = own ?? (spec.scale === "none" ? "none" : "standard");
    assert(isLinearName(scale), "a target is scaled linearly");
    const j = columnNumber(table, name);
    const values = columnsOf(table, j, 1, train)[0]!;
    return { name, scaling: fitScaling(scale, values, totalsOf(j)?.moments ?? null) };
  });
  return { ...target, columns };
}

/** Targets [rows of the table × targetWidth]. Throws UserError(data) for labels that are no class. */
export function encodeTargets(target: Target, table: Table): Float32Array {
  const width = targetWidth({ target });
  const out = new Float32Array(table.rows * width);
  if (target.task === "classification") {
    const numbers = classNumbers(target.classes, targetValues(table, target.name));
    if (target.encoding === "index") return numbers;
    for (const [row, number] of numbers.entries()) out[row * width + number] = 1;
    return out;
  }
  for (const [j, values] of columnValues(target, table).entries()) {
    for (let row = 0; row < table.rows; row++) out[row * width + j] = values[row]!;
  }
  return out;
}

/** The values of each target column of several. */
function columnValues(target: Exclude<Target, ClassTarget>, table: Table): readonly Float32Array[] {
  switch (target.task) {
    case "multilabel":
      return target.names.map((name) => binaryValues(targetValues(table, name)));
    case "multioutput":
      return target.columns.map(({ name, classes }) => classNumbers(classes, targetValues(table, name)));
    case "regression":
      return target.columns.map(({ name, scaling }) => {
        const { values } = targetValues(table, name);
        return values.map((value) => (value - scaling.center) / scaling.scale);
      });
  }
}

interface TargetValues {
  readonly column: TableColumn;
  readonly values: Float32Array;
}

function targetValues(table: Table, name: string): TargetValues {
  const j = columnNumber(table, name);
  return { column: table.columns[j]!, values: columnOf(table, j) };
}

function columnNumber(table: Table, name: string): number {
  return table.columns.findIndex((column) => column.name === name);
}

function inferTask(columns: readonly TargetValues[], loss: LossName | null, hasClasses: boolean): TaskName {
  const several = columns.length > 1;
  if (hasClasses && !several) return "classification";
  const learns = loss && losses[loss].learns;
  if (learns === "classes") return "classification";
  if (learns === "numbers") return "regression";
  const texts = columns.filter(({ column }) => column.kind === "text");
  if (!several) {
    if (learns === "labels") return "classification";
    return texts.length > 0 || isClasses(columns[0]!.values) ? "classification" : "regression";
  }
  if (columns.every(isBinary)) return "multilabel";
  if (texts.length === 0) return "regression";
  const quantity = columns.find(({ column, values }) => column.kind === "number" && !isClasses(values));
  if (!quantity) return "multioutput";
  throw misfit(
    `the target "${texts[0]!.column.name}" holds texts, and "${quantity.column.name}" a quantity`,
    "several targets that are all classes, or all numbers",
  );
}

/** Whole numbers, few of them, where there are any. */
function isClasses(values: Float32Array): boolean {
  const distinct = new Set<number>();
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) return false;
    if (distinct.add(value).size > mostNumberClasses) return false;
  }
  return true;
}

function isBinary({ column, values }: TargetValues): boolean {
  const { kind, levels, isMissing } = column;
  if (kind === "text")
    return levels.every((level, number) => isMissing[number] || booleanOf(level) !== undefined);
  return values.every((value) => value === 0 || value === 1 || Number.isNaN(value));
}

/** The labels found in the first rows of a column, sorted. */
function classesOf({ column, values }: TargetValues, pool: number): string[] {
  const found = new Set(values.subarray(0, pool));
  found.delete(Number.NaN);
  const labels = [...found].map((value) => labelOf(column, value));
  const written = [...new Set(labels.map(canonicalLabel))];
  return sortLabels(written.every((label) => label === canonicalLabel(label)) ? written : labels);
}

function labelOf(column: TableColumn, value: number): string {
  return column.kind === "text" ? column.levels[value]! : String(value);
}

/** The class number of every row. */
function classNumbers(classes: readonly string[], { column, values }: TargetValues): Float32Array {
  const numbers = new Map(classes.map((label, number) => [label, number]));
  const problems = new ProblemList();
  const known = new Map([[Number.NaN, 0]]); // no class at all: rows without one are in no split
  const refuse = (value: number) => {
    const message = `column "${column.name}" holds ${quoted(labelOf(column, value))}, not one of the classes`;
    const listed = classes.length > 12 ? `${classes.length} classes` : classes.join(", ");
    const hint = "classes are those of the training rows, unless data.classes lists them";
    problems.add({ ...column.places[value], message, expected: `one of ${listed}`, hint });
    return 0;
  };
  const result = values.map((value) => {
    let number = known.get(value);
    if (number === undefined) {
      const label = labelOf(column, value);
      number = numbers.get(label) ?? numbers.get(canonicalLabel(label)) ?? refuse(value);
      known.set(value, number);
    }
    return number;
  });
  problems.throwIfAny();
  return result;
}

function binaryValues({ column, values }: TargetValues): Float32Array {
  const problems = new ProblemList();
  const levels = column.levels.map((level, number) => {
    const value = booleanOf(level);
    if (value === undefined && !column.isMissing[number]) {
      const message = `column "${column.name}" holds ${quoted(level)}, not a label that is there or not`;
      problems.add({
        ...column.places[number],
        message,
        expected: "1 or 0, true or false, yes or no",
      });
    }
    return value ?? 0;
  });
  problems.throwIfAny();
  return column.kind === "text" ? values.map((value) => levels[value]!) : values;
}

function misfit(message: string, expected: string): UserError {
  return new UserError(exitCodes.usage, { message, expected });
}
