/** Memory of a model's passes: the n-th matrix of every pass lies in the same place, whatever its rows. */
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";

export class Storage {
  private readonly slots: Matrix[] = [];
  private next = 0;

  constructor(private readonly k: Kernels) {}

  /** Starts the plan of another pass, from the first slot. */
  rewind(): void {
    this.next = 0;
  }

  /** The next slot as [rows, cols]; a larger one replaces a slot too small, which earlier passes keep. */
  take(rows: number, cols: number): Matrix {
    const at = this.next++;
    let slot = this.slots[at];
    if (!slot || slot.size < rows * cols) {
      slot = this.k.matrix(rows, cols);
      this.slots[at] = slot;
    }
    return slot.view(rows, cols);
  }
}
