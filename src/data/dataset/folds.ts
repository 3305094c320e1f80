/** Parts of the rows for cross-validation: equally large, classes in proportion, groups whole. Deterministic. */
import { shuffle, streamKey } from "../../support/random.ts";

export interface FoldRequest {
  /** How many parts. */
  readonly folds: number;
  readonly seed: number;
  /** Class and group of each row. */
  readonly classes?: ArrayLike<number> | null;
  readonly groups?: ArrayLike<number> | null;
}

/**
 * The part, from 0, of each of n rows. The largest groups go first, rows of no group are one each, equals in an
 * order drawn by the seed; each goes where its classes are rarest so far, then where the fewest rows are.
 */
export function foldNumbers(n: number, { folds, seed, classes, groups }: FoldRequest): Int32Array {
  const units = unitsOf(n, groups ?? null);
  const order = new Int32Array(units.length).map((_, unit) => unit);
  shuffle(order, streamKey(seed, "folds"));
  order.sort((a, b) => units[b]!.length - units[a]!.length); // stable: equals stay shuffled
  const parts = Array.from({ length: folds }, () => ({ rows: 0, ofClass: new Map<number, number>() }));
  const totals = new Map<number, number>();
  for (let row = 0; row < n; row++) add(totals, classes?.[row] ?? 0, 1);
  const numbers = new Int32Array(n);
  for (const unit of order) {
    const members = units[unit]!;
    const counts = new Map<number, number>();
    for (const row of members) add(counts, classes?.[row] ?? 0, 1);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [part, { rows, ofClass }] of parts.entries()) {
      let crowd = 0;
      for (const [label, count] of counts)
        crowd += (count * (2 * (ofClass.get(label) ?? 0) + count)) / totals.get(label)!;
      if (crowd > least || (crowd === least && rows >= parts[best]!.rows)) continue;
      best = part;
      least = crowd;
    }
    const { ofClass } = parts[best]!;
    parts[best]!.rows += members.length;
    for (const [label, count] of counts) add(ofClass, label, count);
    for (const row of members) numbers[row] = best;
  }
  return numbers;
}

/** Rows that stay together, in the order of their first ones. */
function unitsOf(n: number, groups: ArrayLike<number> | null): number[][] {
  const units = new Map<number, number[]>();
  for (let row = 0; row < n; row++) {
    const group = groups ? groups[row]! : row;
    const members = units.get(group);
    if (members) members.push(row);
    else units.set(group, [row]);
  }
  return [...units.values()];
}

function add(counts: Map<number, number>, label: number, count: number): void {
  counts.set(label, (counts.get(label) ?? 0) + count);
}
