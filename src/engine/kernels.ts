/** What layers and training are given: the verbs, checked, over one backend and its memory. */
import type { Backend } from "./backend.ts";
import { type Block, Matrix } from "./matrix.ts";
import { CheckedVerbs } from "./verbs.ts";

/** `k` in the layers. */
export class Kernels extends CheckedVerbs {
  constructor(readonly backend: Backend) {
    super(backend.verbs);
  }

  /** A new matrix of zeros. Planned when a model is built: a training step allocates nothing. */
  matrix(rows: number, cols: number): Matrix {
    return new Matrix(this.backend.floats(rows * cols), 0, rows, cols);
  }

  /** The same where other processes on this machine can reach it, if the backend was opened with such memory. */
  sharedMatrix(rows: number, cols: number): Matrix {
    return new Matrix(this.backend.floats(rows * cols, true), 0, rows, cols);
  }

  /**
   * The numbers of a matrix, row by row, or of another block, once all enqueued verbs are done. Valid until the next
   * verb: where a backend computes on the host they are the live memory, and nothing is copied. Do not change them.
   */
  read<Values>(from: Block<Values>): Promise<Values> {
    return this.backend.read(from);
  }

  /**
   * Sets all numbers of a matrix or another block, after the verbs enqueued before: `fill` is given memory to put them
   * into, which need not hold what is there now.
   */
  write<Values>(to: Block<Values>, fill: (values: Values) => void): void {
    this.backend.write(to, fill);
  }

  /** Resolves when all enqueued verbs are done. */
  sync(): Promise<void> {
    return this.backend.sync();
  }
}
