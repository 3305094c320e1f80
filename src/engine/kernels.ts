/** What layers and training are given: the verbs, checked, over one backend and its memory. */
import type { Backend } from "./backend.ts";
import { Matrix } from "./matrix.ts";
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

  /** Resolves when all enqueued verbs are done. */
  sync(): Promise<void> {
    return this.backend.sync();
  }
}
