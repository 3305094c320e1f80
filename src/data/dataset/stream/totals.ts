/** What all rows hold in each column, summed up as they come: exact, in memory that does not grow with the rows. */

import type { ColumnTotals } from "../../preprocessing/fit.ts";
import { RawValues } from "../../table/cells.ts";
import type { ColumnRead } from "../../table/readTable.ts";

/** Different numbers of a target that are counted: more are no classes. */
const mostNumbers = 1000;

/** Of one column. */
class Total {
  /** Training rows of each level or counted number, and those without a value. */
  readonly counts = new Map<number, number>();
  /** Rows of each level that do not train. */
  readonly others = new Map<number, number>();
  missing = 0;
  private rows = 0;
  private mean = 0;
  private squares = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;

  countLevel(level: number, trains: boolean): void {
    const { counts, others } = this;
    if (Number.isNaN(level)) {
      if (trains) this.missing++;
    } else if (trains) counts.set(level, (counts.get(level) ?? 0) + 1);
    else others.set(level, (others.get(level) ?? 0) + 1);
  }

  /** Stops counting where there are too many different ones. */
  countNumber(value: number): void {
    const { counts } = this;
    if (counts.size <= mostNumbers && !Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }

  /** Adds values of training rows: two passes over them, then merged as Chan, Golub and LeVeque 1979. */
  add(values: RawValues): void {
    let [sum, rows] = [0, 0];
    for (const x of values) {
      if (Number.isNaN(x)) continue;
      sum += x;
      rows++;
      if (x < this.min) this.min = x;
      if (x > this.max) this.max = x;
    }
    this.missing += values.length - rows;
    if (rows === 0) return;
    const mean = sum / rows;
    let squares = 0;
    for (const x of values) if (!Number.isNaN(x)) squares += (x - mean) ** 2;
    const all = this.rows + rows;
    const between = mean - this.mean;
    this.squares += squares + between ** 2 * ((this.rows * rows) / all);
    this.mean += (between * rows) / all;
    this.rows = all;
  }

  result(): ColumnTotals {
    const { rows, mean, squares, min, max, counts, missing } = this;
    return {
      moments: { mean, deviation: rows === 0 ? 1 : Math.sqrt(squares / rows), min, max },
      counts,
      missing,
    };
  }
}

export class Totals {
  private readonly columns: readonly Total[];
  private values = new RawValues(0);

  constructor(
    private readonly read: readonly ColumnRead[],
    private readonly targets: ReadonlySet<string>,
  ) {
    this.columns = read.map(() => new Total());
  }

  /** `count` rows; `parts`: 0 for those that train. */
  take(rows: RawValues, count: number, parts: Uint8Array): void {
    const stride = this.read.length;
    if (this.values.length < count) this.values = new RawValues(count);
    for (const [j, total] of this.columns.entries()) {
      const { name, isText } = this.read[j]!;
      if (isText) {
        for (let row = 0; row < count; row++) total.countLevel(rows[row * stride + j]!, parts[row] === 0);
        continue;
      }
      let trains = 0;
      for (let row = 0; row < count; row++)
        if (parts[row] === 0) this.values[trains++] = rows[row * stride + j]!;
      const values = this.values.subarray(0, trains);
      total.add(values);
      if (this.targets.has(name)) for (const value of values) total.countNumber(value);
    }
  }

  /** Of a column's training rows. */
  of(j: number): ColumnTotals {
    return this.columns[j]!.result();
  }

  /** How many of all rows have such a level in a column of texts. */
  rowsOf(j: number, isSuch: (level: number) => boolean): number {
    const { counts, others } = this.columns[j]!;
    return [...counts, ...others].reduce((sum, [level, rows]) => sum + (isSuch(level) ? rows : 0), 0);
  }
}
