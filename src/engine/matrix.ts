/** Matrices and the other blocks of a backend's memory. Knows where numbers lie, not what is done with them. */

/** A typed stretch of a backend's memory, to be read and written by `Kernels.read` and `Kernels.write`. */
export interface Block<Values> {
  /** Byte address of element 0 in the backend's memory. */
  readonly address: number;
  readonly length: number;
  /**
   * The live numbers, where a backend's memory is the host's own: for backends, and for tests of these. Ask anew after
   * an allocation.
   */
  readonly host: Values;
}

/** The floats of a backend: 32 bit in the fast ones, 32 or 64 in the reference. */
export type Floats = Float32Array | Float64Array;

/** Row numbers of a data set, in the order in which batches take them. */
export type Indices = Block<Int32Array>;

/** Running sums in 64 bit; their meaning per cell: {@link totalCells}. */
export type Totals = Block<Float64Array>;

/** The cells of a {@link Totals} block. */
export const totalCells = {
  /** Σ weight · loss over rows. */
  loss: 0,
  /** Σ weight over rows. */
  weight: 1,
  /** Rows whose largest output is the target class (cross-entropy), or right targets (in blocks) or labels (logistic). */
  correct: 2,
  /** Rows seen. */
  rows: 3,
  /** ‖gradient‖₂ of the latest step, before clipping. */
  gradientNorm: 4,
  count: 8,
} as const;

/** A dense row-major matrix; `.T` is the same memory read as its transpose. Vectors are [1, n]. */
export class Matrix implements Block<Floats> {
  readonly T: Matrix;
  /** Byte address of element (0, 0); meaningful to fast backends only. */
  readonly address: number;
  /** The block's numbers when `own` was cut from them, so that a view is created once, not at every access. */
  private seen: Floats | null = null;
  private own: Floats | null = null;

  constructor(
    readonly block: Block<Floats>,
    /** Elements before (0, 0) in the block. */
    readonly offset: number,
    readonly rows: number,
    readonly cols: number,
    readonly transposed = false,
    T?: Matrix,
  ) {
    this.address = block.address + 4 * offset;
    this.T = T ?? new Matrix(block, offset, cols, rows, !transposed, this);
  }

  get size(): number {
    return this.rows * this.cols;
  }
  /** As of any block: a matrix can be read and written as one. */
  get length(): number {
    return this.size;
  }

  /** As {@link Block.host}, row by row (of `.T`: those of the matrix itself). */
  get host(): Floats {
    const all = this.block.host;
    if (this.seen !== all || this.own === null) {
      this.seen = all;
      this.own = all.subarray(this.offset, this.offset + this.size);
    }
    return this.own;
  }

  /** The same memory as [rows, cols], from element `first` on. */
  view(rows: number, cols: number, first = 0): Matrix {
    return new Matrix(this.block, this.offset + first, rows, cols);
  }
}

/**
 * Which of a table's m rows the entries of a batch name; entry r · slots + k is slot k of row r. Entries that name none have
 * −1 in both vectors.
 */
export interface NamedRows {
  /** [1, entries]: the row that an entry names, if no entry before it does; else −1. */
  readonly first: Matrix;
  /** [1, entries]: the next entry that names the same row; −1: there is none. */
  readonly next: Matrix;
  /** [1, m], 0 between verbs. */
  readonly marks: Matrix;
}

/** A table of bytes that stay bytes: element (r, c) means `values[r·cols + c] · scale + shift`. */
export interface Bytes {
  readonly block: Block<Uint8Array>;
  readonly rows: number;
  readonly cols: number;
  readonly scale: number;
  readonly shift: number;
}

/** What batches are gathered from. */
export type Table = Matrix | Bytes;
