/**
 * What the training rows held, column by column, as a model keeps it: a few numbers, by which later rows can be told from
 * them. Knows nothing of what columns become.
 */
import type { RawValues } from "../table/cells.ts";
import type { TableColumn } from "../table/readTable.ts";
import { atRanks, presentIn, range } from "../table/statistics.ts";

/** By column; of more than {@link mostProfiled}, the first. */
export interface TrainingProfile {
  readonly rows: number;
  readonly columns: Readonly<Record<string, ColumnSeen>>;
}

export type ColumnSeen = NumbersSeen | TextsSeen;

interface Seen {
  /** Rows without a value. */
  readonly missing: number;
}

/** Of numbers and dates. */
export interface NumbersSeen extends Seen {
  readonly kind: "numbers";
  readonly min: number;
  readonly max: number;
  /** Between bins, ascending: a number is in the bin after all edges that are less. */
  readonly edges: readonly number[];
  /** Rows in each bin. */
  readonly counts: readonly number[];
}

/** Of categories and booleans. */
export interface TextsSeen extends Seen {
  readonly kind: "texts";
  readonly levels: readonly string[];
  /** Rows of each level, and of all others. */
  readonly counts: readonly number[];
  readonly others: number;
}

/** A profile takes some 300 bytes a column. */
export const mostProfiled = 256;
/** Deciles, as the stability index is usually taken over. */
const bins = 10;
/** Levels of fewer rows are counted together, as are those beyond so many: their shares would be chance. */
const fewestRows = 5;
export const mostLevels = 50;

/** `values`: the column's in the training rows, as the table holds them; null where no row has a value. */
export function columnSeen(column: TableColumn, values: RawValues): ColumnSeen | null {
  return column.kind === "text" ? textsSeen(column, values) : numbersSeen(values);
}

function numbersSeen(values: RawValues): NumbersSeen | null {
  const numbers = presentIn(values);
  const n = numbers.length;
  if (n === 0) return null;
  const { min, max } = range(numbers);
  const ranks = Array.from({ length: bins - 1 }, (_, i) => Math.floor(((i + 1) * n) / bins));
  const upTo = new Map(atRanks(numbers, { min, max }, ranks).map(({ value, upTo }) => [value, upTo]));
  upTo.delete(max);
  const ends = [...upTo.values(), n];
  const counts = ends.map((end, bin) => end - (ends[bin - 1] ?? 0));
  return { kind: "numbers", missing: values.length - n, min, max, edges: [...upTo.keys()], counts };
}

function textsSeen({ levels }: TableColumn, values: RawValues): TextsSeen | null {
  const rows = new Float64Array(levels.length);
  let missing = 0;
  for (const level of values) {
    if (Number.isNaN(level)) missing++;
    else rows[level]!++;
  }
  if (missing === values.length) return null;
  const told = [...rows.keys()]
    .filter((level) => rows[level]! >= fewestRows)
    .sort((a, b) => rows[b]! - rows[a]! || a - b)
    .slice(0, mostLevels);
  const counts = told.map((level) => rows[level]!);
  const others = counts.reduce((left, count) => left - count, values.length - missing);
  return { kind: "texts", missing, levels: told.map((level) => levels[level]!), counts, others };
}

/** How many of the edges are less. */
export function binOf(edges: readonly number[], value: number): number {
  let bin = 0;
  while (bin < edges.length && edges[bin]! < value) bin++;
  return bin;
}
