/** What training is given: matrices of all rows, and which of them belong to which split. */
import type { LossName } from "../../tasks/losses.ts";
import type { ColumnDrift } from "../preprocessing/drift.ts";
import type { Preprocessing } from "../preprocessing/preprocessing.ts";
import type { ColumnProfile } from "../table/profile.ts";

/** Inputs that batches are gathered from; a byte means `value · scale + shift`. */
export type InputTable =
  | { readonly rows: number; readonly cols: number; readonly values: Float32Array }
  | {
      readonly rows: number;
      readonly cols: number;
      readonly values: Uint8Array;
      readonly scale: number;
      readonly shift: number;
    };

/** The rows `indices` of a table; `targets` [rows × targetWidth] and `weights` [rows] are those of all its rows. */
export interface Split {
  readonly table: InputTable;
  readonly indices: Int32Array;
  readonly targets: Float32Array;
  readonly weights: Float32Array | null;
}

/** Rows of a split that stays on disk, in the files' order, made into inputs and targets when they are read. */
export interface StreamedSplit {
  readonly count: number;
  /** Inputs and targets per row. */
  readonly width: number;
  readonly targetWidth: number;
  readonly hasWeights: boolean;
  /** Bytes that a row takes on disk, and that rows to be shuffled may take in memory. */
  readonly rowBytes: number;
  readonly bufferBytes: number;
  /** Rows of each class. */
  readonly classCounts: readonly number[];
  /** Rows first … first + count − 1, valid until the next are read. Throws UserError(io). */
  read(first: number, count: number): EncodedRows;
  /** A row's number in all files, from 0. */
  rowAt(position: number): number;
}

export interface EncodedRows {
  /** [count × width] and [count × targetWidth]. */
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly weights: Float32Array | null;
}

/** Rows wherever they are. */
export type AnySplit = Split | StreamedSplit;

export function isStreamed(split: AnySplit): split is StreamedSplit {
  return "read" in split;
}

export function rowCount(split: AnySplit): number {
  return isStreamed(split) ? split.count : split.indices.length;
}

export interface Dataset<Rows extends AnySplit = Split> {
  /** Goes into the model file. */
  readonly preprocessing: Preprocessing;
  readonly splits: {
    readonly train: Rows;
    readonly validation: Rows | null;
    readonly test: Rows | null;
  };
  readonly warnings: readonly string[];
  /** What the columns hold, if that was asked for and there are columns. */
  readonly profile?: readonly ColumnProfile[] | null;
  /** Frees what streamed rows take on disk. */
  close?(): void;
}

export interface LoadOptions {
  readonly seed: number;
  /** What relative paths are relative to. */
  readonly baseDirectory: string;
  /** Decides on the task where the spec does not, and how targets are encoded. null: the task's own. */
  readonly loss?: LossName | null;
  /** Of numbers to be predicted; null: none. */
  readonly quantiles?: readonly number[] | null;
  /** Use that of a trained model instead of fitting anew. */
  readonly preprocessing?: Preprocessing | null;
  /** Keep what this model knows of columns and classes that the data has, too; all else is fitted anew. */
  readonly earlier?: Preprocessing | null;
  /** Throw UserError(data) instead of warning. */
  readonly strict?: boolean;
  /** Stops the reading of rows that are streamed. */
  readonly signal?: AbortSignal;
  /** Give a profile of the columns, too. */
  readonly profile?: boolean;
  /** That may read a large file; null or absent: one for each core. */
  readonly threads?: number | null;
}

/** Rows for a trained model. */
export interface GivenRows {
  readonly split: AnySplit;
  readonly warnings: readonly string[];
  /** How far each column has drifted from the training rows'; null: the model has no profile of these. */
  readonly drift: readonly ColumnDrift[] | null;
}
