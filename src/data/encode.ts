/** Writes rows as inputs of the network, the same way in training and prediction. */
import { columnWidth, type InputColumn } from "./preprocessing.ts";

/**
 * Encodes raw rows, one 32-bit float per input column: a number itself, a boolean as 0 or 1, a category as
 * the number of its level, −1 for an unseen one; NaN where the value is missing.
 */
export class RowEncoder {
  readonly width: number;
  private readonly offsets: Int32Array;
  /** 1 for columns of numbers without indicator: x becomes (x − center) / scale, and that is all. */
  private readonly arePlain: Uint8Array;
  private readonly centers: Float64Array;
  private readonly scales: Float64Array;
  private readonly filled: Float64Array;
  private readonly unseen: Float64Array;

  constructor(readonly columns: readonly InputColumn[]) {
    let width = 0;
    this.offsets = Int32Array.from(columns, (column) => {
      const offset = width;
      width += columnWidth(column);
      return offset;
    });
    this.width = width;
    this.arePlain = Uint8Array.from(columns, (column) =>
      column.type === "number" && !column.indicator ? 1 : 0,
    );
    this.centers = Float64Array.from(columns, (column) =>
      column.type === "number" ? column.scaling.center : 0,
    );
    this.scales = Float64Array.from(columns, (column) =>
      column.type === "number" ? column.scaling.scale : 1,
    );
    this.filled = new Float64Array(columns.length);
    this.unseen = new Float64Array(columns.length);
  }

  /**
   * out[to …] = the inputs of raw[from …]. Returns the number of a column whose missing value the
   * preprocessing refuses, −1 if there is none.
   */
  encode(raw: Float32Array, from: number, out: Float32Array, to: number): number {
    const { offsets, arePlain, centers, scales } = this;
    for (let j = 0; j < offsets.length; j++) {
      const value = raw[from + j]!;
      const at = to + offsets[j]!;
      if (value - value !== 0) {
        if (!this.encodeMissing(j, out, at)) return j;
      } else if (arePlain[j] === 1) out[at] = (value - centers[j]!) / scales[j]!;
      else this.encodeOther(j, value, out, at);
    }
    return -1;
  }

  /** Sentences for the values filled in and the levels unseen so far, counted per column. */
  warnings(): string[] {
    return this.columns.flatMap((column, j) => {
      const told: string[] = [];
      const filled = this.filled[j]!;
      const unseen = this.unseen[j]!;
      if (filled > 0) {
        told.push(
          `column "${column.name}": ${filled} missing ${filled === 1 ? "value" : "values"} ${fillOf(column)}`,
        );
      }
      if (unseen > 0) {
        told.push(
          `column "${column.name}": ${unseen} ${unseen === 1 ? "value" : "values"} unseen in training, taken as none of its levels`,
        );
      }
      return told;
    });
  }

  private encodeOther(j: number, value: number, out: Float32Array, at: number): void {
    const column = this.columns[j]!;
    if (column.type === "category") {
      out.fill(0, at, at + columnWidth(column));
      if (value < 0) this.unseen[j]!++;
      else out[at + value] = 1;
      return;
    }
    out[at] = (value - this.centers[j]!) / this.scales[j]!;
    if (column.indicator) out[at + 1] = 0;
  }

  private encodeMissing(j: number, out: Float32Array, at: number): boolean {
    const column = this.columns[j]!;
    const { fill } = column;
    if (fill === null) return false;
    this.filled[j]!++;
    if (column.type === "category") {
      out.fill(0, at, at + columnWidth(column));
      if (fill >= 0) out[at + fill] = 1;
      return true;
    }
    out[at] = (fill - this.centers[j]!) / this.scales[j]!;
    if (column.indicator) out[at + 1] = 1;
    return true;
  }
}

function fillOf(column: InputColumn): string {
  const { fill } = column;
  if (column.type !== "category") return `filled with ${Number(fill?.toPrecision(6))}`;
  const level = column.levels[fill ?? -1];
  if (level !== undefined) return `filled with ${JSON.stringify(level)}`;
  return fill === -1 ? "taken as none of its levels" : "taken as a level of their own";
}
