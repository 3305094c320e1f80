/** Writes rows as inputs of the network, the same way in training and prediction. */

import type { RawValues } from "../table/cells.ts";
import { encodeDate } from "./dates.ts";
import { expand } from "./expansion.ts";
import { oddities, outliers } from "./oddities.ts";
import {
  type CategoryColumn,
  type ColumnScaling,
  columnWidth,
  type InputColumn,
  isLinear,
} from "./preprocessing.ts";
import type { NumbersSeen, TrainingProfile } from "./profile.ts";
import { scaler } from "./scaling.ts";
import { TextEncoder } from "./texts.ts";

/**
 * Encodes raw rows, one double per input column: a number itself, a boolean as 0 or 1, a date in milliseconds, a category
 * as the number of its level, −1 for an unseen one; NaN where the value is missing.
 */
export class RowEncoder {
  readonly width: number;
  private readonly offsets: Int32Array;
  /** 1 for columns of numbers without indicator: x becomes (x − center) / scale, and that is all. */
  private readonly arePlain: Uint8Array;
  private readonly centers: Float64Array;
  private readonly scales: Float64Array;
  /** Of a column that becomes one number: what it is scaled by. */
  private readonly scalers: readonly ((x: number) => number)[];
  /** Per column, where its indicator stands behind its first input; −1 for none. */
  private readonly indicators: Int32Array;
  private readonly filled: Float64Array;
  private readonly unseen: Float64Array;
  /** Values outside what training rows had, and rows in all. */
  private readonly outside: Float64Array;
  private readonly rows = new Float64Array(1);
  private readonly lows: Float64Array;
  private readonly highs: Float64Array;

  /** Of columns of texts. */
  private readonly texts: readonly (TextEncoder | null)[];

  /**
   * @param textOf what a raw value of a column of texts stands for
   * @param profile of the training rows, where values outside their ranges are to be counted
   */
  constructor(
    readonly columns: readonly InputColumn[],
    private readonly textOf: (j: number, value: number) => string,
    private readonly profile: TrainingProfile | null = null,
  ) {
    this.texts = columns.map((column) => (column.type === "text" ? new TextEncoder(column.texts) : null));
    const widths = Int32Array.from(columns, columnWidth);
    let width = 0;
    this.offsets = widths.map((own) => {
      width += own;
      return width - own;
    });
    this.width = width;
    const scalings = columns.map(scalingOf);
    const expansions = columns.map((column) => (column.type === "number" ? column.expansion : undefined));
    this.arePlain = Uint8Array.from(columns, ({ type, indicator }, j) =>
      type === "number" && !indicator && !expansions[j] && isLinear(scalings[j]!) ? 1 : 0,
    );
    this.centers = Float64Array.from(scalings, (scaling) => ("center" in scaling ? scaling.center : 0));
    this.scales = Float64Array.from(scalings, (scaling) => ("scale" in scaling ? scaling.scale : 1));
    this.scalers = scalings.map(scaler);
    this.indicators = Int32Array.from(columns, ({ indicator }, j) => (indicator ? widths[j]! - 1 : -1));
    this.filled = new Float64Array(columns.length);
    this.unseen = new Float64Array(columns.length);
    this.outside = new Float64Array(columns.length);
    const ranges = columns.map(({ name }) => rangeIn(profile, name));
    this.lows = Float64Array.from(ranges, (range) => range?.min ?? Number.NEGATIVE_INFINITY);
    this.highs = Float64Array.from(ranges, (range) => range?.max ?? Number.POSITIVE_INFINITY);
  }

  /**
   * out[to …], which is 0, = the inputs of raw[from …]. Returns the number of a column whose missing value the
   * preprocessing refuses, −1 if there is none.
   */
  encode(raw: RawValues, from: number, out: Float32Array, to: number): number {
    const { offsets, arePlain, centers, scales, lows, highs } = this;
    this.rows[0]!++;
    for (let j = 0; j < offsets.length; j++) {
      const value = raw[from + j]!;
      const at = to + offsets[j]!;
      if (value < lows[j]! || value > highs[j]!) this.outside[j]!++;
      if (value - value !== 0) {
        const { fill } = this.columns[j]!;
        if (fill === null) return j;
        this.filled[j]!++;
        this.encodeOther(j, fill, out, at, 1);
      } else if (arePlain[j] === 1) out[at] = (value - centers[j]!) / scales[j]!;
      else {
        if (value < 0 && this.columns[j]!.type === "category") this.unseen[j]!++;
        this.encodeOther(j, value, out, at, 0);
      }
    }
    return -1;
  }

  /** Values filled in, levels unseen, values outside the training rows' ranges, by column, so far; then rows. */
  get counts(): readonly Float64Array[] {
    return [this.filled, this.unseen, this.outside, this.rows];
  }

  /** Counts what others have filled in and not known as well. */
  add(others: readonly (readonly Float64Array[])[]): void {
    for (const counts of others)
      for (const [which, own] of this.counts.entries())
        for (let j = 0; j < own.length; j++) own[j]! += counts[which]![j]!;
  }

  /** Sentences for the values filled in and the levels unseen so far, counted per column. */
  warnings(): string[] {
    const odd = oddities(this.columns, this.filled, this.unseen);
    return this.profile
      ? [...odd, ...outliers(this.profile, this.columns, this.outside, this.rows[0]!)]
      : odd;
  }

  private encodeOther(j: number, value: number, out: Float32Array, at: number, isMissing: 0 | 1): void {
    const column = this.columns[j]!;
    if (column.type === "category") this.encodeLevel(column, j, value, out, at);
    else if (column.type === "text") {
      this.texts[j]!.encode(value < 0 ? "" : this.textOf(j, value), out, at);
    } else if (column.type === "date") encodeDate(column.dates, value, out, at);
    else if (column.type === "number" && column.expansion)
      expand(column.expansion, this.scalers[j]!(value), out, at);
    else out[at] = this.scalers[j]!(value);
    const indicator = this.indicators[j]!;
    if (indicator >= 0) out[at + indicator] = isMissing;
  }

  private encodeLevel(column: CategoryColumn, j: number, level: number, out: Float32Array, at: number): void {
    const known = level < 0 && column.rare.length > 0 ? column.levels.length : level;
    if (column.ordinal) out[at] = known < 0 ? 0 : this.scalers[j]!(known);
    else if (known >= 0) out[at + known] = 1;
  }
}

/** What a number or a date may be for the training rows to have had one as low and one as high. */
function rangeIn(profile: TrainingProfile | null, name: string): NumbersSeen | null {
  const seen = profile && Object.hasOwn(profile.columns, name) ? profile.columns[name]! : null;
  return seen?.kind === "numbers" ? seen : null;
}

const unscaled = { name: "none", center: 0, scale: 1 } as const;

function scalingOf(column: InputColumn): ColumnScaling {
  if (column.type === "number") return column.scaling;
  return (column.type === "category" && column.ordinal) || unscaled;
}
