/**
 * What was fitted on the training rows: everything that turns a row into inputs and outputs into answers.
 * Plain JSON, kept in the model file; a stranger's is checked by parsePreprocessing.ts.
 */

import type { Answers, Scaling } from "../../tasks/task.ts";
import { answersOf, type Target, taskOf } from "../../tasks/tasks.ts";
import { canonicalLabel, isDecimal } from "../table/labels.ts";
import type { Calibration } from "./calibration.ts";
import { type DateInputs, dateInputNames, dateWidth } from "./dateParts.ts";
import type { TrainingProfile } from "./profile.ts";
import { type TextInputs, textInputNames, textWidth } from "./textParts.ts";

export type { Scaling, Target };

/** ± log(1 + |x|) becomes (… − center) / scale. */
interface LogScaling {
  readonly name: "log";
  readonly center: number;
  readonly scale: number;
}

/** z = (x − center) / scale becomes z/√(1 + (z/3)²), which stays within ±3. */
interface ClippedScaling {
  readonly name: "robust_clip";
  readonly center: number;
  readonly scale: number;
}

/** x becomes Φ⁻¹ of its rank among evenly spaced quantiles of the training rows, ascending. */
export interface QuantileScaling {
  readonly name: "quantile_normal";
  readonly quantiles: readonly number[];
}

export type ColumnScaling = Scaling | LogScaling | ClippedScaling | QuantileScaling;

/** Whether x becomes (x − center) / scale and no more. */
export function isLinear(scaling: ColumnScaling): scaling is Scaling {
  return scaling.name !== "log" && scaling.name !== "robust_clip" && scaling.name !== "quantile_normal";
}

/** x becomes one input per piece: how far through the piece it is, from 0 to 1; the outer pieces go on beyond the ends. */
export interface PiecewiseLinear {
  readonly name: "piecewise_linear";
  /** Ends of the pieces, ascending, at least two. */
  readonly edges: readonly number[];
}

/** x, scaled, becomes sin 2πcx for every frequency c, then cos 2πcx for every c. */
export interface Periodic {
  readonly name: "periodic";
  readonly frequencies: readonly number[];
}

/** How a number becomes several inputs: Gorishniy, Rubachev and Babenko 2022. */
export type Expansion = PiecewiseLinear | Periodic;

interface Column {
  readonly name: string;
  /** Texts that mean a value is missing. */
  readonly missingValues: readonly string[];
}

/** One input, x scaled, or several of it, and one more that says where x was missing, if `indicator`. */
export interface NumberColumn extends Column {
  readonly type: "number";
  readonly scaling: ColumnScaling;
  readonly expansion?: Expansion;
  /** Stands in for a missing value, in the column's own unit; null: a missing value is a problem. */
  readonly fill: number | null;
  readonly indicator: boolean;
}

/**
 * The number n of a row's level becomes one input per level (the n-th 1, the others 0) if there is no `ordinal`,
 * else the one input (n − center) / scale. A level not listed gives zeros.
 */
export interface CategoryColumn extends Column {
  readonly type: "category";
  readonly levels: readonly string[];
  /** Levels too rare for a number of their own: all have the number after the levels'. Unseen ones do then, too. */
  readonly rare: readonly string[];
  /** Number for a missing value, one more than all others for one of its own; −1: zeros; null: it is a problem. */
  readonly fill: number | null;
  readonly ordinal: Scaling | null;
  /** The network's first layer makes so many numbers of the column's inputs, indicator aside. */
  readonly embedding?: number;
  /** Whether a level that is neither listed nor rare is a problem. */
  readonly refusesUnseen: boolean;
  readonly indicator: boolean;
}

/** One input, 0 or 1. */
export interface BooleanColumn extends Column {
  readonly type: "boolean";
  readonly fill: number | null;
  readonly indicator: boolean;
}

/** Several inputs: the parts of a date. Its values are times in milliseconds since 1970. */
export interface DateColumn extends Column {
  readonly type: "date";
  /** How its texts are written, in strptime's directives; null: ISO 8601. */
  readonly format: string | null;
  readonly dates: DateInputs;
  readonly fill: number | null;
  readonly indicator: boolean;
}

/** Sparse inputs: the parts of a text. Texts go behind all other columns. */
export interface TextColumn extends Column {
  readonly type: "text";
  readonly texts: TextInputs;
  /** A missing text is an empty one; null: it is a problem. */
  readonly fill: -1 | null;
  readonly indicator: false;
}

export type InputColumn = NumberColumn | CategoryColumn | BooleanColumn | DateColumn | TextColumn;

/** Inputs from the columns of a table, in this order. */
export interface ColumnInputs {
  readonly kind: "columns";
  readonly columns: readonly InputColumn[];
}

/** Inputs from an IDX array: all elements of a record, scaled alike. */
export interface ArrayInputs {
  readonly kind: "array";
  /** Of one record, `[28, 28]` for MNIST. */
  readonly shape: readonly number[];
  /** Images are straightened before they are scaled, to whole numbers if `rounded`, as those trained on were. */
  readonly deskew?: { readonly rounded: boolean };
  readonly scaling: Scaling;
}

export type Inputs = ColumnInputs | ArrayInputs;

export interface Preprocessing {
  readonly inputs: Inputs;
  readonly target: Target;
  /** Fitted on the validation rows; absent where none was asked for. */
  readonly calibration?: Calibration;
  /** Absent from models of several runs, and of older versions. */
  readonly trained?: TrainedRows;
  /** What the training rows of a table held; absent likewise. */
  readonly profile?: TrainingProfile;
}

/** The rows that a model was trained on, as `dataset/trainedRows.ts` knows them again. */
export interface TrainedRows {
  readonly rows: number;
  /** Their hashes, of 48 bits each, in ascending order, the least ones of very many: base64. */
  readonly hashes: string;
  /** A digest of all rows in their order. */
  readonly data: string;
}

/** Inputs that a column takes. */
export function columnWidth(column: InputColumn): number {
  return valueWidth(column) + (column.indicator ? 1 : 0);
}

/** Inputs that say what the value is. */
export function valueWidth(column: InputColumn): number {
  if (column.type === "category" && !column.ordinal) return slotCount(column);
  if (column.type === "date") return dateWidth(column.dates);
  if (column.type === "text") return textWidth(column.texts);
  return column.type === "number" && column.expansion ? expandedWidth(column.expansion) : 1;
}

/** Inputs that one number becomes. */
function expandedWidth(expansion: Expansion): number {
  return expansion.name === "periodic" ? 2 * expansion.frequencies.length : expansion.edges.length - 1;
}

/** Inputs next to each other that an embedding stands for: `count` of them from `first` on become `width` numbers. */
export interface EmbeddedInputs {
  readonly first: number;
  readonly count: number;
  readonly width: number;
}

/** In the inputs' order. */
export function embeddedInputs({ inputs }: Pick<Preprocessing, "inputs">): EmbeddedInputs[] {
  if (inputs.kind === "array") return [];
  let next = 0;
  return inputs.columns.flatMap((column) => {
    const first = next;
    next += columnWidth(column);
    const width = column.type === "category" ? column.embedding : undefined;
    return width === undefined ? [] : [{ first, count: valueWidth(column), width }];
  });
}

/** The texts' sparse inputs, last column first, as the network's first layers take them off. */
export function textInputs({ inputs }: Pick<Preprocessing, "inputs">): TextInputs[] {
  if (inputs.kind === "array") return [];
  return inputs.columns.flatMap((column) => (column.type === "text" ? [column.texts] : [])).reverse();
}

/** Where embedded inputs and numbers are once the texts' numbers stand before all other inputs. */
export function behindTexts(inputs: {
  readonly texts: readonly TextInputs[];
  readonly embedded: readonly EmbeddedInputs[];
  readonly numbers: readonly number[];
}): { embedded: EmbeddedInputs[]; numbers: number[] } {
  const before = inputs.texts.reduce((sum, { width }) => sum + width, 0);
  return {
    embedded: inputs.embedded.map((block) => ({ ...block, first: block.first + before })),
    numbers: inputs.numbers.map((input) => input + before),
  };
}

/** The inputs that are a column's number, one input each. */
export function numberInputs({ inputs }: Pick<Preprocessing, "inputs">): number[] {
  if (inputs.kind === "array") return [];
  let next = 0;
  return inputs.columns.flatMap((column) => {
    const first = next;
    next += columnWidth(column);
    return column.type === "number" && !column.expansion ? [first] : [];
  });
}

/** Where inputs are once embeddings of categories stand for theirs. */
export function embeddedNumbers(inputs: readonly number[], embedded: readonly EmbeddedInputs[]): number[] {
  return inputs.map((input) =>
    embedded.reduce((at, { first, count, width }) => (first < input ? at + width - count : at), input),
  );
}

/** Numbers that levels have: those listed, and that of all rare ones. */
export function levelCount({ levels, rare }: Pick<CategoryColumn, "levels" | "rare">): number {
  return levels.length + (rare.length > 0 ? 1 : 0);
}

/** Inputs of a category without its indicator: its levels', and that of a missing value if it has its own. */
function slotCount(column: CategoryColumn): number {
  return levelCount(column) + (column.fill === levelCount(column) ? 1 : 0);
}

/** The number of every level known, in the order of their numbers. */
export function levelNumbers({ levels, rare }: CategoryColumn): Map<string, number> {
  return new Map([
    ...levels.map((level, number) => [level, number] as const),
    ...rare.map((level) => [level, levels.length] as const),
  ]);
}

/** The number of a text among levels, where 1.0 and " 1" are 1 unless they are levels of their own. */
export function levelReader(column: CategoryColumn): (text: string) => number | undefined {
  const known = levelNumbers(column);
  const numbers = new Map<string, number>();
  for (const [level, number] of known)
    if (isDecimal(level) && !numbers.has(canonicalLabel(level))) numbers.set(canonicalLabel(level), number);
  return (text) => known.get(text) ?? (isDecimal(text) ? numbers.get(canonicalLabel(text)) : undefined);
}

/** The number of a level that is not known: that of the rare ones, or −1 for none. */
export function unseenNumber({ levels, rare }: CategoryColumn): number {
  return rare.length > 0 ? levels.length : -1;
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
    const indicator = column.indicator ? [missing] : [];
    if (column.type === "number" && column.expansion)
      return [...expandedNames(column.name, column.expansion), ...indicator];
    if (column.type === "text") return textInputNames(column.name, column.texts);
    if (column.type === "date") return [...dateInputNames(column.name, column.dates), ...indicator];
    if (column.type !== "category" || column.ordinal) return [column.name, ...indicator];
    const { levels, rare, fill } = column;
    const names = [...levels, ...(rare.length > 0 ? ["rare"] : [])].map((level) => `${column.name}=${level}`);
    return [...names, ...(fill === levelCount(column) ? [missing] : []), ...indicator];
  });
}

function expandedNames(name: string, expansion: Expansion): string[] {
  if (expansion.name === "periodic")
    return ["sin", "cos"].flatMap((wave) => expansion.frequencies.map((c) => `${wave} 2π·${c}·${name}`));
  const { edges } = expansion;
  const short = (edge: number) => Number(edge.toPrecision(4));
  return edges.slice(1).map((end, piece) => `${name} ${short(edges[piece]!)}…${short(end)}`);
}

/** Whether records are [height, width], perhaps of one channel. */
export function isGreyImage([height, width, ...channels]: readonly number[]): boolean {
  return Boolean(height && width) && channels.every((size) => size === 1);
}

/** Column names for the elements of an array, as a table that holds them names its columns. */
export function elementNames(shape: readonly number[]): string[] {
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, index) => `pixel_${index}`);
}

/** Width of the network's output. */
export function outputWidth({ target }: Pick<Preprocessing, "target">): number {
  return answersOf(target).outputs;
}

/** Columns of the target matrix. */
export function targetWidth({ target }: Pick<Preprocessing, "target">): number {
  return taskOf(target.task).width(target);
}

/** Whether the target matrix is a column of class numbers. */
export function isOneClass({ target }: Pick<Preprocessing, "target">): boolean {
  return answersOf(target).classes?.length === 1 && targetWidth({ target }) === 1;
}

/** Names of what a row is answered with. */
export function targetNames({ target }: Pick<Preprocessing, "target">): readonly string[] {
  return answersOf(target).names;
}

/** The classes of each target that has any; null for labels and numbers. */
export function classLists({ target }: Pick<Preprocessing, "target">): Answers["classes"] {
  return answersOf(target).classes;
}

/** How many outputs belong to each target, where several have classes; else null. */
export function blocksOf({ target }: Pick<Preprocessing, "target">): readonly number[] | null {
  const { classes } = answersOf(target);
  return classes !== null && classes.length > 1 ? classes.map(({ length }) => length) : null;
}

/** Names of an answer's parts: classes, labels or target columns; classes of several targets as `species=Adelie`. */
export function answerNames({ target }: Pick<Preprocessing, "target">): readonly string[] {
  const { names, classes } = answersOf(target);
  if (classes === null) return names;
  if (classes.length === 1) return classes[0]!;
  return classes.flatMap((labels, t) => labels.map((label) => `${names[t]}=${label}`));
}
