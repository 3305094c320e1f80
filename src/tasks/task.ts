/**
 * What a task is, and the few words in which it speaks to all rooms above: what target columns hold, what outputs
 * are read as, what a model file says. Knows no task by name; tasks.ts has them.
 */
import type { AnswerKind, MetricName } from "../metrics/metrics.ts";
import type { Learns, Link, LossName } from "./losses.ts";

/** How x becomes an input or a target: (x − center) / scale. */
export interface Scaling {
  readonly name: "standard" | "minmax" | "robust" | "none";
  readonly center: number;
  readonly scale: number;
}

/** A float is wrong by 2⁻²⁵ of itself at most: numbers beyond so many times their own scale would show it. */
const mostScales = 2 ** 10;

/** Whether 32-bit floats would blur numbers of that centre and scale, so that 64 bits have to say them. */
export function needsDoubles({ center, scale }: Pick<Scaling, "center" | "scale">): boolean {
  return Math.abs(center) > mostScales * Math.abs(scale);
}

/** A target column as the data has it, to be asked for what a task makes of it. */
export interface TargetColumn {
  readonly name: string;
  /** Whether it holds texts, so that it cannot be a quantity. */
  readonly isText: boolean;
  /** Whether it holds texts, or few different whole numbers. */
  readonly looksLikeClasses: boolean;
  /** Whether it holds nothing but 0 and 1, or words for no and yes. */
  readonly looksLikeFlags: boolean;
  /** The labels found in the rows that classes are taken from, sorted. */
  labels(): readonly string[];
  /** The number of every row's class. Throws UserError(data) for what is none of them. */
  classNumbers(classes: readonly string[]): Float32Array;
  /** 0 or 1 for every row. Throws UserError(data) for what is neither no nor yes. */
  flags(): Float32Array;
  /** Every row's number, as precise as the data has it. Throws UserError(data) for a column of texts. */
  numbers(): Float64Array;
}

/** What a spec says of the target besides its columns. */
export interface Asked {
  /** The classes in their order; null: as found. */
  readonly classes: readonly string[] | null;
  /** null: the task's own. */
  readonly loss: LossName | null;
  /** Of every number; null or absent: one number is told of each. */
  readonly quantiles?: readonly number[] | null;
}

/** A part of a model file; what is not as it is asked for is refused. */
export interface Stored {
  text(key: string): string;
  texts(key: string): readonly string[];
  /** null: there are none. */
  numbers(key: string): readonly number[] | null;
  parts(key: string): readonly Stored[];
  scaling(key: string): Scaling;
  oneOf<const Name extends string>(key: string, names: readonly Name[]): Name;
  /** Throws where it is not so. */
  require(isSo: boolean, what: string): void;
}

/**
 * What the network's outputs for a row are read as. Outputs of several targets lie one after the other; of
 * gaussian ones the means come first, then the log-variances; the quantiles of a number stand together, in any order: sorted,
 * they cost no more (Chernozhukov, Fernández-Val and Galichon 2010) and do not cross.
 */
export interface Answers {
  readonly kind: AnswerKind;
  /** One for each thing that a row is answered with. */
  readonly names: readonly string[];
  /** The classes of each; null where answers are labels or numbers. */
  readonly classes: readonly (readonly string[])[] | null;
  /** How each was scaled; null where answers are no numbers. */
  readonly scalings: readonly Scaling[] | null;
  readonly link: Link;
  /** Which quantiles of each number outputs are, ascending, ½ among them; absent: they are none. */
  readonly quantiles?: readonly number[];
  /** Width of the network's output. */
  readonly outputs: number;
}

/** What is kept of the target in a model file, whatever the task. */
export interface StoredTarget {
  readonly task: string;
}

export interface Task<Target extends StoredTarget = StoredTarget> {
  /** What a row is answered with. */
  readonly kind: AnswerKind;
  /** What a loss may compare outputs with. */
  readonly learns: readonly Learns[];
  /** The loss where the spec names none. */
  readonly loss: LossName;
  /** Whether so many target columns can be this task. */
  takes(columns: number): boolean;
  /** The task that is meant where there are several columns. */
  readonly ofSeveral?: string;
  /** Whether several targets have classes each: what knows those of one target alone is refused. */
  readonly hasSeveral?: true;
  /** How target columns are read. */
  readonly reads: "number" | "text";

  /** Throws UserError: data for columns, usage for wishes that do not fit. */
  target(columns: readonly TargetColumn[], asked: Asked): Target;
  /** The target as the training rows scale it; absent: nothing is scaled. */
  fit?(target: Target, scalingOf: (column: string) => Scaling): Target;
  /** The target with what an earlier one knew of its columns; absent: that is nothing. */
  keep?(target: Target, before: Target): Target;
  /** The target in a model file. */
  stored(fields: Stored): Target;
  /** Names of the target columns. */
  columns(target: Target): readonly string[];
  /** Columns of the target matrix. */
  width(target: Target): number;
  /** The target matrix, [rows × width]. Throws UserError(data) for values that are none of the target's. */
  encode(target: Target, columns: readonly TargetColumn[]): Float32Array;
  /** The class of every row, whose shares all splits keep; absent: rows have none. */
  strata?(target: Target, columns: readonly TargetColumn[]): Float32Array;
  answers(target: Target): Answers;

  /** What is told of a model unless something else is asked for. */
  readonly metrics: readonly MetricName[];
  /** What every epoch tells besides the loss. */
  readonly headline: MetricName;
  /** What training sums up on the way, besides the loss: the kernel of the loss counts right rows. */
  readonly ofTraining: readonly "accuracy"[];
  /** By which a column's importance is measured: scikit-learn's score. */
  readonly score: MetricName;
  /** What can be fitted on the validation rows; intervals need `conformal`. */
  readonly calibration: readonly ("temperature" | "threshold" | "conformal")[];
}

/** Columns of numbers as one matrix, [rows × columns]. */
export function sideBySide(columns: readonly ArrayLike<number>[]): Float32Array {
  const rows = columns[0]?.length ?? 0;
  const out = new Float32Array(rows * columns.length);
  for (const [j, values] of columns.entries())
    for (let row = 0; row < rows; row++) out[row * columns.length + j] = values[row]!;
  return out;
}
