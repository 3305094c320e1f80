/** Parts of the rows for cross-validation: equally large, classes in proportion, groups whole. Deterministic. */
import { streamKey } from "../../support/random.ts";
import { dealt } from "./dealing.ts";

export interface FoldRequest {
  /** How many parts. */
  readonly folds: number;
  /** Which deal, from 1, where rows are dealt to folds several times. */
  readonly repeat?: number;
  readonly seed: number;
  /** Of each row, a hash of what it holds. */
  readonly hashes: ArrayLike<number>;
  /** Class of each row, and a hash of its group. */
  readonly classes?: ArrayLike<number> | null;
  readonly groups?: ArrayLike<number> | null;
}

/** The part, from 0, of each row. */
export function foldNumbers({ folds, repeat = 1, seed, hashes, classes, groups }: FoldRequest): Int32Array {
  const key = streamKey(seed, "folds", repeat - 1);
  if (!groups) return rowFolds(dealt(hashes, key), folds, classes ?? null);
  const units = unitsOf(groups);
  const order = dealt(
    units.map(([first]) => groups[first!]!),
    key,
  );
  order.sort((a, b) => units[b]!.length - units[a]!.length); // stable: equals stay as they are dealt
  return groupFolds(
    Array.from(order, (unit) => units[unit]!),
    folds,
    classes ?? null,
  );
}

/**
 * Each class's rows, in the order in which they are dealt, cut into as many pieces: a row more or less moves their ends.
 * The rows that remain of a class go where the class before has left off.
 */
function rowFolds(order: Int32Array, folds: number, classes: ArrayLike<number> | null): Int32Array {
  const numbers = new Int32Array(order.length);
  let first = 0;
  for (const rows of byClass(order, classes)) {
    const whole = Math.floor(rows.length / folds);
    const remaining = rows.length % folds;
    let at = 0;
    for (let part = 0; part < folds; part++) {
      const extra = (part - first + folds) % folds < remaining ? 1 : 0;
      for (const end = at + whole + extra; at < end; at++) numbers[rows[at]!] = part;
    }
    first = (first + remaining) % folds;
  }
  return numbers;
}

/** Rows by their class, in the classes' order. */
export function byClass(rows: Int32Array, classes: ArrayLike<number> | null): readonly Int32Array[] {
  if (!classes) return [rows];
  const numbers = new Map<number, number>();
  const sizes: number[] = [];
  const numberOf = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const label = classes[rows[at]!]!;
    let number = numbers.get(label);
    if (number === undefined) {
      number = sizes.push(0) - 1;
      numbers.set(label, number);
    }
    sizes[number]!++;
    numberOf[at] = number;
  }
  const lists = sizes.map((size) => new Int32Array(size));
  sizes.fill(0);
  for (let at = 0; at < rows.length; at++) lists[numberOf[at]!]![sizes[numberOf[at]!]!++] = rows[at]!;
  return [...numbers].sort(([a], [b]) => a - b).map(([, number]) => lists[number]!);
}

/** The largest groups go first; each goes where its classes are rarest so far, then where the fewest rows are. */
function groupFolds(
  units: readonly (readonly number[])[],
  folds: number,
  classes: ArrayLike<number> | null,
): Int32Array {
  const parts = Array.from({ length: folds }, () => ({ rows: 0, ofClass: new Map<number, number>() }));
  const totals = new Map<number, number>();
  const numbers = new Int32Array(units.reduce((sum, { length }) => sum + length, 0));
  for (const row of numbers.keys()) add(totals, classes?.[row] ?? 0, 1);
  for (const members of units) {
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

/** Rows that stay together. */
export function unitsOf(groups: ArrayLike<number>): number[][] {
  const units = new Map<number, number[]>();
  for (let row = 0; row < groups.length; row++) {
    const members = units.get(groups[row]!);
    if (members) members.push(row);
    else units.set(groups[row]!, [row]);
  }
  return [...units.values()];
}

function add(counts: Map<number, number>, label: number, count: number): void {
  counts.set(label, (counts.get(label) ?? 0) + count);
}
