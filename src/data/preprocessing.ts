/**
 * What was fitted on the training rows: everything that turns a row into inputs and outputs into answers.
 * Plain JSON, kept in the model file; a stranger's is checked by parsePreprocessing.ts.
 */

/** How x becomes an input: (x − center) / scale. */
export interface Scaling {
  readonly name: "standard" | "minmax" | "none";
  readonly center: number;
  readonly scale: number;
}

interface Column {
  readonly name: string;
  /** Texts that mean a value is missing. */
  readonly missingValues: readonly string[];
}

/** One input (x − center) / scale, and one more that says where x was missing, if `indicator`. */
export interface NumberColumn extends Column {
  readonly type: "number";
  readonly scaling: Scaling;
  /** Stands in for a missing value, in the column's own unit; null: a missing value is a problem. */
  readonly fill: number | null;
  readonly indicator: boolean;
}

/** One input per level, 1 for the row's, else 0. A level not listed gives zeros. */
export interface CategoryColumn extends Column {
  readonly type: "category";
  readonly levels: readonly string[];
  /** Level of a missing value, `levels.length` for one of its own; −1: zeros; null: it is a problem. */
  readonly fill: number | null;
}

/** One input, 0 or 1. */
export interface BooleanColumn extends Column {
  readonly type: "boolean";
  readonly fill: number | null;
  readonly indicator: boolean;
}

export type InputColumn = NumberColumn | CategoryColumn | BooleanColumn;

/** Inputs from the columns of a table, in this order. */
interface ColumnInputs {
  readonly kind: "columns";
  readonly columns: readonly InputColumn[];
}

/** Inputs from an IDX array: all elements of a record, scaled alike. */
export interface ArrayInputs {
  readonly kind: "array";
  /** Of one record, `[28, 28]` for MNIST. */
  readonly shape: readonly number[];
  readonly scaling: Scaling;
}

export type Inputs = ColumnInputs | ArrayInputs;

/** What an output means: softmax and sigmoid give probabilities, exp a rate. */
export type Link = "softmax" | "sigmoid" | "identity" | "exp";

export interface ClassTarget {
  readonly task: "classification";
  readonly name: string;
  readonly classes: readonly string[];
  /** index: one column with the class number; one_hot: one column per class. */
  readonly encoding: "index" | "one_hot";
  readonly link: Link;
}

interface LabelsTarget {
  readonly task: "multilabel";
  readonly names: readonly string[];
  readonly link: "sigmoid" | "identity";
}

export interface NumbersTarget {
  readonly task: "regression";
  readonly columns: readonly { readonly name: string; readonly scaling: Scaling }[];
  readonly link: "identity" | "exp";
}

export type Target = ClassTarget | LabelsTarget | NumbersTarget;

export interface Preprocessing {
  readonly inputs: Inputs;
  readonly target: Target;
}

/** Inputs that a column takes. */
export function columnWidth(column: InputColumn): number {
  if (column.type === "category")
    return column.levels.length + (column.fill === column.levels.length ? 1 : 0);
  return column.indicator ? 2 : 1;
}

/** Width of the network's input. */
export function inputWidth({ inputs }: Pick<Preprocessing, "inputs">): number {
  if (inputs.kind === "array") return inputs.shape.reduce((product, size) => product * size, 1);
  return inputs.columns.reduce((sum, column) => sum + columnWidth(column), 0);
}

/** Names of the inputs: the column's, with a category's level behind it. */
export function inputNames({ inputs }: Pick<Preprocessing, "inputs">): string[] {
  if (inputs.kind === "array") return elementNames(inputs.shape);
  return inputs.columns.flatMap((column) => {
    const missing = `${column.name}=missing`;
    if (column.type !== "category") return column.indicator ? [column.name, missing] : [column.name];
    const levels = column.levels.map((level) => `${column.name}=${level}`);
    return column.fill === column.levels.length ? [...levels, missing] : levels;
  });
}

/** Column names for the elements of an array, as a table that holds them names its columns. */
export function elementNames(shape: readonly number[]): string[] {
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, index) => `pixel_${index}`);
}

/** Width of the network's output. */
export function outputWidth({ target }: Pick<Preprocessing, "target">): number {
  if (target.task === "classification") {
    return target.encoding === "index" && target.link === "sigmoid" ? 1 : target.classes.length;
  }
  return target.task === "multilabel" ? target.names.length : target.columns.length;
}

/** Columns of the target matrix: 1 for class numbers, else the output's width. */
export function targetWidth(preprocessing: Pick<Preprocessing, "target">): number {
  const { target } = preprocessing;
  return target.task === "classification" && target.encoding === "index" ? 1 : outputWidth(preprocessing);
}

/** Names of the outputs that predictions are made of: the target columns. */
export function targetNames({ target }: Pick<Preprocessing, "target">): readonly string[] {
  if (target.task === "classification") return [target.name];
  return target.task === "multilabel" ? target.names : target.columns.map(({ name }) => name);
}
