/** What training is given: matrices of all rows, and which of them belong to which split. */
import type { LossName } from "../engine/kernels.ts";
import type { Preprocessing } from "./preprocessing.ts";
import type { ColumnProfile } from "./profile.ts";

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

export interface Dataset {
  /** Goes into the model file. */
  readonly preprocessing: Preprocessing;
  readonly splits: {
    readonly train: Split;
    readonly validation: Split | null;
    readonly test: Split | null;
  };
  readonly warnings: readonly string[];
  /** What the columns hold, if that was asked for and there are columns. */
  readonly profile?: readonly ColumnProfile[] | null;
}

export interface LoadOptions {
  readonly seed: number;
  /** What relative paths are relative to. */
  readonly baseDirectory: string;
  /** Decides on the task where the spec does not, and how targets are encoded. null: the task's own. */
  readonly loss?: LossName | null;
  /** Use that of a trained model instead of fitting anew. */
  readonly preprocessing?: Preprocessing | null;
  /** Throw UserError(data) instead of warning. */
  readonly strict?: boolean;
  /** Give a profile of the columns, too. */
  readonly profile?: boolean;
}
