/** Writes rows as inputs of the network, the same way in training and prediction. */
import { columnWidth, type InputColumn } from "./preprocessing.ts";

/** What happened to values that are not as in training, counted per column. */
export interface EncodingCounts {
  readonly filled: Map<string, number>;
  readonly unseen: Map<string, number>;
}

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

  /** Values filled in and levels unseen so far, for columns that have any. */
  counts(): EncodingCounts {
    return { filled: this.named(this.filled), unseen: this.named(this.unseen) };
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

  private named(counts: Float64Array): Map<string, number> {
    const pairs = this.columns.map((column, j): [string, number] => [column.name, counts[j]!]);
    return new Map(pairs.filter(([, count]) => count > 0));
  }
}

/** Sentences for what an encoder counted. */
export function encodingWarnings({ filled, unseen }: EncodingCounts): string[] {
  const warnings: string[] = [];
  for (const [name, count] of filled) {
    warnings.push(`column "${name}": ${count} missing ${count === 1 ? "value" : "values"} filled in`);
  }
  for (const [name, count] of unseen) {
    warnings.push(
      `column "${name}": ${count} ${count === 1 ? "value" : "values"} not seen in training, taken as none`,
    );
  }
  return warnings;
}
