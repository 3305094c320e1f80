/**
 * Numbers, one a row, with a mark on some: what ranks and medians are made of. A million are kept as they are;
 * beyond, they are counted in bins a two-thousandth of their size wide, so that memory does not grow with the rows.
 */
import { groupOf, type Sample } from "./bootstrap.ts";

const mostKept = 2 ** 20;

/** The distinct numbers of a sample, ascending: how many rows have each, and how many of these are marked. */
interface Levels {
  readonly values: Float64Array;
  readonly rows: Float64Array;
  readonly marked: Float64Array;
  readonly count: number;
}

export class Scores {
  private values = new Float64Array(1024);
  private marks = new Uint8Array(1024);
  private count = 0;
  private bins: Map<number, Bin> | null = null;
  private kept: { order: Uint32Array; groups: Uint16Array } | null = null;
  private scratch: Omit<Levels, "count"> | null = null;

  /** @param isShare numbers from 0 to 1: bins near 1 are as narrow as near 0 */
  constructor(private readonly isShare: boolean) {}

  add(value: number, isMarked: boolean): void {
    if (this.count === mostKept) this.bins ??= this.fold();
    if (this.bins) {
      countIn(this.bins, this.isShare, value, isMarked ? 1 : 0);
      return;
    }
    if (this.count === this.values.length) this.grow();
    this.values[this.count] = value;
    this.marks[this.count++] = isMarked ? 1 : 0;
    this.kept = null;
  }

  /** Valid until the next call. */
  levels(sample: Sample): Levels {
    return this.bins ? this.levelsOfBins(this.bins, sample) : this.levelsOfRows(sample);
  }

  private levelsOfRows({ weights }: Sample): Levels {
    const { values, marks } = this;
    this.kept ??= this.sort();
    const { order, groups } = this.kept;
    const out = this.scratchFor(this.count);
    let count = 0;
    for (let first = 0, end = 0; first < order.length; first = end) {
      const value = values[order[first]!]!;
      let [rows, marked] = [0, 0];
      do {
        const weight = weights ? weights[groups[end]!]! : 1;
        rows += weight;
        if (marks[order[end]!] === 1) marked += weight;
        end++;
      } while (end < order.length && values[order[end]!] === value);
      if (rows === 0) continue;
      out.values[count] = value;
      out.rows[count] = rows;
      out.marked[count++] = marked;
    }
    return { ...out, count };
  }

  private levelsOfBins(bins: ReadonlyMap<number, Bin>, sample: Sample): Levels {
    const sorted = [...bins].sort(([a], [b]) => a - b);
    const out = this.scratchFor(sorted.length);
    let count = 0;
    for (const [, bin] of sorted) {
      const [marked, others] = [sample.count(bin.marked), sample.count(bin.rows - bin.marked)];
      if (marked + others === 0) continue;
      out.values[count] = bin.sum / bin.rows;
      out.rows[count] = marked + others;
      out.marked[count++] = marked;
    }
    return { ...out, count };
  }

  private sort() {
    const { values, count } = this;
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    order.sort((a, b) => values[a]! - values[b]!);
    return { order, groups: Uint16Array.from(order, groupOf) };
  }

  private scratchFor(size: number): Omit<Levels, "count"> {
    if (!this.scratch || this.scratch.rows.length < size) {
      const [values, rows, marked] = [0, 0, 0].map(() => new Float64Array(size)) as Three;
      this.scratch = { values, rows, marked };
    }
    return this.scratch;
  }

  private fold(): Map<number, Bin> {
    const { values, marks, count, isShare } = this;
    const bins = new Map<number, Bin>();
    for (let i = 0; i < count; i++) countIn(bins, isShare, values[i]!, marks[i]!);
    this.values = new Float64Array(0);
    this.marks = new Uint8Array(0);
    this.kept = null;
    return bins;
  }

  private grow(): void {
    const [values, marks] = [this.values, this.marks];
    this.values = new Float64Array(2 * values.length);
    this.marks = new Uint8Array(2 * marks.length);
    this.values.set(values);
    this.marks.set(marks);
  }
}

type Three = [Float64Array, Float64Array, Float64Array];

interface Bin {
  sum: number;
  rows: number;
  marked: number;
}

function countIn(bins: Map<number, Bin>, isShare: boolean, value: number, mark: number): void {
  const number = isShare && value >= 0.5 ? 2 * topBin - binOf(1 - value) : binOf(value);
  const bin = bins.get(number);
  if (!bin) bins.set(number, { sum: value, rows: 1, marked: mark });
  else {
    bin.sum += value;
    bin.rows++;
    bin.marked += mark;
  }
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const topBin = 2 ** 20;

/** The exponent and 11 bits of mantissa of a number from 0 on. */
function binOf(value: number): number {
  float[0] = value;
  return bits[0]! >>> 12;
}
