/** Which rows of a large table's gradient may be other than 0: those that the latest batch named. Knows no optimizer. */
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix, NamedRows } from "../engine/matrix.ts";

export class TouchedRows {
  /** Whether nobody but the layer's backward pass writes to the gradient. */
  isSole = true;
  private known: NamedRows | null = null;
  private readonly marks: Matrix;
  private vectors: readonly [Matrix, Matrix];

  /** @param rows of the table */
  constructor(
    private readonly k: Kernels,
    rows: number,
  ) {
    this.marks = k.matrix(1, rows);
    this.vectors = [k.matrix(1, 0), k.matrix(1, 0)];
  }

  /** Those of the latest batch; null: any may be. */
  get latest(): NamedRows | null {
    return this.isSole ? this.known : null;
  }
  set latest(named: NamedRows | null) {
    this.known = named;
  }

  /** Memory for a batch that has so many entries, shared with batches that have fewer. */
  plan(entries: number): NamedRows {
    const { k } = this;
    if (this.vectors[0].size < entries) this.vectors = [k.matrix(1, entries), k.matrix(1, entries)];
    const [first, next] = this.vectors.map((vector) => vector.view(1, entries)) as [Matrix, Matrix];
    return { first, next, marks: this.marks };
  }
}
