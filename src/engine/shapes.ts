/** What verbs check of the shapes that they are given. */
import { assert } from "../support/errors.ts";
import type { Bytes, Matrix } from "./matrix.ts";

/** Messages are made only for what fails. */
export function check(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) assert(false, typeof message === "string" ? message : message());
}

export const shape = (M: Matrix | Bytes) => `[${M.rows},${M.cols}]`;
export const isPlain = (...matrices: readonly Matrix[]) => matrices.every(({ transposed }) => !transposed);
export const same = (A: Matrix, B: Matrix) =>
  A.rows === B.rows && A.cols === B.cols && !A.transposed && !B.transposed;
export const isRow = (M: Matrix, n: number) => M.rows === 1 && M.cols === n;
