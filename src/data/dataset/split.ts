/** Which rows train, which validate, which test: by seed, stratified, by group or by time. Deterministic. */
import type { FoldSpec } from "../../config/schema.ts";
import { type RandomKey, shuffle, streamKey } from "../../support/random.ts";
import { dataError } from "../formats/problems.ts";
import { foldNumbers } from "./folds.ts";

export type SplitName = "train" | "validation" | "test";
const splitNames = ["train", "validation", "test"] as const;

export interface SplitRequest {
  /** Shares of the rows, 0 for no such split. */
  readonly validation: number;
  readonly test: number;
  readonly seed: number;
  /** Class or group number of each row that is to be split, by its position in `rows`. */
  readonly classes?: ArrayLike<number> | null;
  readonly groups?: ArrayLike<number> | null;
  /** When each row was, likewise: the earliest train, the latest test. */
  readonly times?: ArrayLike<number> | null;
}

export type RowSplit = Record<SplitName, Int32Array>;

/**
 * Splits the rows: ⌈share · n⌉ to the test, as scikit-learn rounds, likewise to validation, the others train.
 * With classes, each split has a class's rows in proportion, within one; with groups, a group stays together
 * and shares are met as nearly as whole groups allow; with times, no row is later than one of the next split. Rows keep their order within a split. Throws RangeError
 * if a split that is asked for, or the training rows, would be empty.
 */
export function splitRows(rows: Int32Array, request: SplitRequest): RowSplit {
  const { validation, test, seed, classes, groups, times } = request;
  const key = streamKey(seed, "split");
  const wanted = {
    validation: validation > 0 ? countOf(validation, rows.length) : 0,
    test: test > 0 ? countOf(test, rows.length) : 0,
  };
  const parts = groups
    ? splitGroups(groups, rows.length, wanted, key)
    : times
      ? splitInOrder(times, rows.length, wanted)
      : classes
        ? splitClasses(classes, rows.length, wanted, key)
        : splitPlainly(rows.length, wanted, key);
  const split = (positions: ArrayLike<number>) => {
    const chosen = Int32Array.from(positions).sort();
    for (let at = 0; at < chosen.length; at++) chosen[at] = rows[chosen[at]!]!;
    return chosen;
  };
  const result = { train: split(parts.train), validation: split(parts.validation), test: split(parts.test) };
  for (const name of splitNames) {
    const asked = name === "train" || request[name] > 0;
    if (asked && result[name].length === 0) throw new RangeError(name);
  }
  return result;
}

/** 0 … n − 1. */
export function allRows(n: number): Int32Array {
  return new Int32Array(n).map((_, row) => row);
}

/**
 * Rows of a table, split as asked; for one part of a cross-validation as {@link splitFold}. Classes, groups and
 * times are those of the table's rows, by their number. Throws UserError(data).
 */
export function splitPool(rows: Int32Array, request: SplitRequest, fold: FoldSpec | null): RowSplit {
  const { classes = null, groups = null, times = null } = request;
  const own = {
    ...request,
    classes: chosen(classes, rows),
    groups: chosen(groups, rows),
    times: chosen(times, rows),
  };
  const positions = allRows(rows.length);
  const split = fold ? splitFold(positions, own, fold) : splitOrRefuse(positions, own);
  const rowsAt = (chosen: Int32Array) => chosen.map((position) => rows[position]!);
  return { train: rowsAt(split.train), validation: rowsAt(split.validation), test: rowsAt(split.test) };
}

/**
 * The fold's rows to the test, the others to training and, by their share, to validation; or the fold's rows to
 * validation and the others to training. The test rows that the
 * request itself asks for are left out of all folds.
 */
function splitFold(
  all: Int32Array,
  request: SplitRequest,
  { number, of: folds, validates }: FoldSpec,
): RowSplit {
  const rows = request.test > 0 ? splitOrRefuse(all, { ...request, validation: 0 }).train : all;
  const { classes = null, groups = null, seed } = request;
  const numbers = foldNumbers(rows.length, {
    folds,
    seed,
    classes: chosen(classes, rows),
    groups: chosen(groups, rows),
  });
  const test = rows.filter((_, at) => numbers[at] === number - 1);
  const others = rows.filter((_, at) => numbers[at] !== number - 1);
  if (test.length === 0) {
    const units = groups ? `${new Set(chosen(groups, rows)).size} groups` : `${rows.length} rows`;
    throw dataError({
      message: `${units} leave none for part ${number} of ${folds}`,
      expected: "at least one for each",
      hint: "set train.folds, or give more rows",
    });
  }
  if (validates) return { train: others, validation: test, test: new Int32Array(0) };
  const rest = { ...request, test: 0, classes: chosen(classes, others), groups: chosen(groups, others) };
  return { ...splitOrRefuse(others, rest), test };
}

function chosen(values: ArrayLike<number> | null, rows: Int32Array): Float64Array | null {
  return values && Float64Array.from(rows, (row) => values[row]!);
}

/** As {@link splitRows}; an empty split is the data's fault: UserError(data). */
export function splitOrRefuse(rows: Int32Array, request: SplitRequest): RowSplit {
  try {
    return splitRows(rows, request);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `${rows.length} rows leave none for the ${error.message} split`;
    const { validation, test } = request;
    throw dataError({
      message,
      expected: `rows enough for split: { validation: ${validation}, test: ${test} }`,
      hint: "set data.split, or give more rows",
    });
  }
}

type Wanted = { validation: number; test: number };
type Parts = Record<SplitName, ArrayLike<number>>;
type GrowingParts = Record<SplitName, number[]>;

/** ⌈share · n⌉, forgiving the last bits of the product. */
function countOf(share: number, n: number): number {
  return Math.ceil(share * n - 1e-9 * n);
}

function splitPlainly(n: number, wanted: Wanted, key: RandomKey): Parts {
  const order = shuffled(n, key);
  const { test, validation } = wanted;
  return {
    test: order.slice(0, test),
    validation: order.slice(test, test + validation),
    train: order.slice(test + validation),
  };
}

/** Rows of one time stay in the file's order. */
function splitInOrder(times: ArrayLike<number>, n: number, { test, validation }: Wanted): Parts {
  const order = allRows(n);
  order.sort((a, b) => times[a]! - times[b]! || a - b);
  return {
    train: order.slice(0, Math.max(0, n - test - validation)),
    validation: order.slice(Math.max(0, n - test - validation), n - test),
    test: order.slice(n - test),
  };
}

function splitClasses(classes: ArrayLike<number>, n: number, wanted: Wanted, key: RandomKey): Parts {
  const members = new Map<number, number[]>();
  for (const row of shuffled(n, key)) {
    const list = members.get(classes[row]!);
    if (list) list.push(row);
    else members.set(classes[row]!, [row]);
  }
  const byClass = [...members].sort(([a], [b]) => a - b).map(([, list]) => list);
  const parts: GrowingParts = { train: [], validation: [], test: [] };
  for (const name of ["test", "validation"] as const) {
    const counts = apportion(
      wanted[name],
      byClass.map((list) => list.length),
      n,
    );
    for (const [index, list] of byClass.entries()) {
      for (const row of list.splice(0, counts[index])) parts[name].push(row);
    }
    n -= parts[name].length;
  }
  for (const list of byClass) for (const row of list) parts.train.push(row);
  return parts;
}

/** Shares a total in proportion to sizes by largest remainder, leaving each class at least one row. */
function apportion(total: number, sizes: readonly number[], n: number): number[] {
  const exact = sizes.map((size) => (n === 0 ? 0 : (total * size) / n));
  const counts = exact.map((share, index) => Math.min(Math.floor(share), Math.max(0, sizes[index]! - 1)));
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - counts[index]! }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  while (left > 0) {
    const before = left;
    for (const { index } of byRemainder) {
      if (left > 0 && counts[index]! < sizes[index]! - 1) {
        counts[index]!++;
        left--;
      }
    }
    if (left === before) break;
  }
  return counts;
}

function splitGroups(groups: ArrayLike<number>, n: number, wanted: Wanted, key: RandomKey): Parts {
  const members = new Map<number, number[]>();
  for (let row = 0; row < n; row++) {
    const list = members.get(groups[row]!);
    if (list) list.push(row);
    else members.set(groups[row]!, [row]);
  }
  const lists = [...members.values()];
  const order = shuffled(lists.length, key);
  const parts: GrowingParts = { train: [], validation: [], test: [] };
  let next = 0;
  for (const name of ["test", "validation"] as const) {
    // The last group taken is the one that brings the count nearest to what is wanted.
    while (next < order.length && parts[name].length < wanted[name]) {
      const group = lists[order[next]!]!;
      const over = parts[name].length + group.length - wanted[name];
      if (parts[name].length > 0 && over > wanted[name] - parts[name].length) break;
      for (const row of group) parts[name].push(row);
      next++;
    }
  }
  for (; next < order.length; next++) for (const row of lists[order[next]!]!) parts.train.push(row);
  return parts;
}

function shuffled(n: number, key: RandomKey): Int32Array {
  const order = new Int32Array(n).map((_, index) => index);
  shuffle(order, key);
  return order;
}
