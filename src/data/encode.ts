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
    this.filled = new Float64Array(columns.length);
    this.unseen = new Float64Array(columns.length);
  }

  /**
   * out[to …] = the inputs of raw[from …]. Returns the number of a column whose missing value the
   * preprocessing refuses, −1 if there is none.
   */
  encode(raw: Float32Array, from: number, out: Float32Array, to: number): number {
    const { columns, offsets } = this;
    for (let j = 0; j < columns.length; j++) {
      const column = columns[j]!;
      const value = raw[from + j]!;
      const at = to + offsets[j]!;
      if (value - value !== 0) {
        if (!this.encodeMissing(j, out, at)) return j;
      } else if (column.type === "number") {
        out[at] = (value - column.scaling.center) / column.scaling.scale;
        if (column.indicator) out[at + 1] = 0;
      } else if (column.type === "boolean") {
        out[at] = value;
        if (column.indicator) out[at + 1] = 0;
      } else {
        out.fill(0, at, at + columnWidth(column));
        if (value < 0) this.unseen[j]!++;
        else out[at + value] = 1;
      }
    }
    return -1;
  }

  /** Values filled in and levels unseen so far, for columns that have any. */
  counts(): EncodingCounts {
    return { filled: this.named(this.filled), unseen: this.named(this.unseen) };
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
    out[at] = column.type === "number" ? (fill - column.scaling.center) / column.scaling.scale : fill;
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
