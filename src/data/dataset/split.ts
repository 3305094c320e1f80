/**
 * Which rows train, which validate, which test: by what they hold and the seed, stratified, by group or by time; never
 * by where they stand. Deterministic.
 */
import type { FoldSpec } from "../../config/schema.ts";
import { type RandomKey, streamKey } from "../../support/random.ts";
import { dataError } from "../formats/problems.ts";
import { dealt } from "./dealing.ts";
import { byClass, foldNumbers, unitsOf } from "./folds.ts";

export type SplitName = "train" | "validation" | "test";
const splitNames = ["train", "validation", "test"] as const;

export interface SplitRequest {
  /** Shares of the rows, 0 for no such split. */
  readonly validation: number;
  readonly test: number;
  readonly seed: number;
  /** Of each row that is to be split, by its position in `rows`, a hash of what it holds. */
  readonly hashes: ArrayLike<number>;
  /** Likewise its class, and a hash of its group. */
  readonly classes?: ArrayLike<number> | null;
  readonly groups?: ArrayLike<number> | null;
  /** When each row was, likewise: the earliest train, the latest test. */
  readonly times?: ArrayLike<number> | null;
}

export type RowSplit = Record<SplitName, Int32Array>;

/**
 * Splits the rows: ⌈share · n⌉ to the test, as scikit-learn rounds, likewise to validation, the others train.
 * With classes, each split has a class's rows in proportion, within one; with groups, a group stays together
 * and shares are met as nearly as whole groups allow; with times, no row is later than one of the next split. The
 * test has the first of the rows as they are dealt, the validation the next: where few rows come or go, hardly one moves
 * on to the next split, and none from the training to the test. Rows keep their order within a split. Throws RangeError
 * if a split that is asked for, or the training rows, would be empty.
 */
export function splitRows(rows: Int32Array, request: SplitRequest): RowSplit {
  const { validation, test, seed, hashes, classes, groups, times } = request;
  const key = streamKey(seed, "split");
  const wanted = {
    validation: validation > 0 ? countOf(validation, rows.length) : 0,
    test: test > 0 ? countOf(test, rows.length) : 0,
  };
  const partOf = groups
    ? splitGroups(groups, wanted, key)
    : times
      ? splitInOrder(dealt(hashes, key), times, wanted)
      : classes
        ? splitClasses(dealt(hashes, key), classes, wanted)
        : splitPlainly(dealt(hashes, key), wanted);
  const result = rowsByPart(rows, partOf);
  for (const name of splitNames) {
    const asked = name === "train" || request[name] > 0;
    if (asked && result[name].length === 0) throw new RangeError(name);
  }
  return result;
}

/** Rows of each part, in their order. */
function rowsByPart(rows: Int32Array, partOf: Uint8Array): RowSplit {
  const sizes = splitNames.map(() => 0);
  for (let at = 0; at < rows.length; at++) sizes[partOf[at]!]!++;
  const parts = sizes.map((size) => new Int32Array(size));
  sizes.fill(0);
  for (let at = 0; at < rows.length; at++) parts[partOf[at]!]![sizes[partOf[at]!]!++] = rows[at]!;
  const [train, validation, test] = parts as [Int32Array, Int32Array, Int32Array];
  return { train, validation, test };
}

/** 0 … n − 1. */
export function allRows(n: number): Int32Array {
  return new Int32Array(n).map((_, row) => row);
}

/**
 * Rows of a table, split as asked; for one part of a cross-validation as {@link splitFold}. Hashes, classes, groups
 * and times are those of the table's rows, by their number. Throws UserError(data).
 */
export function splitPool(rows: Int32Array, request: SplitRequest, fold: FoldSpec | null): RowSplit {
  const own = requestFor(rows, request);
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
function splitFold(all: Int32Array, request: SplitRequest, fold: FoldSpec): RowSplit {
  const rows = request.test > 0 ? splitOrRefuse(all, { ...request, validation: 0 }).train : all;
  const { groups } = request;
  const { number, of: folds, validates } = fold;
  const { test, others } = foldOf(rows, requestFor(rows, request), fold);
  if (test.length === 0 || others.length === 0) {
    const units = groups ? `${new Set(rows.map((row) => groups[row]!)).size} groups` : `${rows.length} rows`;
    throw dataError({
      message: `${units} leave none for part ${number} of ${folds}`,
      expected: "at least one for each",
      hint: "set train.folds, or give more rows",
    });
  }
  if (validates) return { train: others, validation: test, test: new Int32Array(0) };
  return { ...splitOrRefuse(others, { ...requestFor(others, request), test: 0 }), test };
}

/** A fold's rows, and those that its model may learn from. */
function foldOf(rows: Int32Array, request: SplitRequest, { number, of, repeat = 1 }: FoldSpec) {
  if (request.times) return forwardFold(rows, request.times, dealingOf(request), number, of);
  const numbers = foldNumbers({ ...request, folds: of, repeat });
  return {
    test: rows.filter((_, at) => numbers[at] === number - 1),
    others: rows.filter((_, at) => numbers[at] !== number - 1),
  };
}

const dealingOf = ({ hashes, seed }: SplitRequest) => dealt(hashes, streamKey(seed, "folds"));

/**
 * Forward in time: of rows in their order, the last `of` of `of + 1` equal pieces are the folds (the first has what
 * remains, as scikit-learn's TimeSeriesSplit), and a fold's model learns from all rows that are earlier than any of it.
 */
function forwardFold(
  rows: Int32Array,
  times: ArrayLike<number>,
  order: Int32Array,
  number: number,
  of: number,
) {
  order.sort((a, b) => times[a]! - times[b]!);
  const size = Math.floor(rows.length / (of + 1));
  const first = rows.length - (of - number + 1) * size;
  const from = times[order[first]!]!;
  const isIn = new Uint8Array(rows.length);
  for (const at of order.subarray(first, first + size)) isIn[at] = 1;
  return {
    test: rows.filter((_, at) => isIn[at] === 1),
    others: rows.filter((_, at) => times[at]! < from),
  };
}

/** The request for some of the rows. */
function requestFor(rows: Int32Array, request: SplitRequest): SplitRequest {
  const { hashes, classes = null, groups = null, times = null } = request;
  if (rows.length === hashes.length && rows.every((row, at) => row === at)) return request;
  const of = (values: ArrayLike<number>) => {
    const own = new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at++) own[at] = values[rows[at]!]!;
    return own;
  };
  return {
    ...request,
    hashes: of(hashes),
    classes: classes && of(classes),
    groups: groups && of(groups),
    times: times && of(times),
  };
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
/** Of each position, the number of its split in {@link splitNames}. */
type PartOf = Uint8Array;
const [validating, testing] = [1, 2] as const;

/** ⌈share · n⌉, forgiving the last bits of the product. */
function countOf(share: number, n: number): number {
  return Math.ceil(share * n - 1e-9 * n);
}

function splitPlainly(order: Int32Array, { test, validation }: Wanted): PartOf {
  const partOf = new Uint8Array(order.length);
  for (let i = 0; i < test + validation; i++) partOf[order[i]!] = i < test ? testing : validating;
  return partOf;
}

/** Rows of one time stay as they are dealt. */
function splitInOrder(order: Int32Array, times: ArrayLike<number>, { test, validation }: Wanted): PartOf {
  order.sort((a, b) => times[a]! - times[b]!);
  const n = order.length;
  const partOf = new Uint8Array(n);
  for (let i = Math.max(0, n - test - validation); i < n; i++)
    partOf[order[i]!] = i < n - test ? validating : testing;
  return partOf;
}

function splitClasses(order: Int32Array, classes: ArrayLike<number>, wanted: Wanted): PartOf {
  let n = order.length;
  let lists = byClass(order, classes);
  const partOf = new Uint8Array(n);
  for (const [name, part] of [
    ["test", testing],
    ["validation", validating],
  ] as const) {
    const counts = apportion(
      wanted[name],
      lists.map((list) => list.length),
      n,
    );
    for (const [index, list] of lists.entries())
      for (const row of list.subarray(0, counts[index])) partOf[row] = part;
    lists = lists.map((list, index) => list.subarray(counts[index]));
    n -= counts.reduce((sum, count) => sum + count, 0);
  }
  return partOf;
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

function splitGroups(groups: ArrayLike<number>, wanted: Wanted, key: RandomKey): PartOf {
  const lists = unitsOf(groups);
  const order = dealt(
    lists.map(([first]) => groups[first!]!),
    key,
  );
  const partOf = new Uint8Array(groups.length);
  let next = 0;
  for (const [name, part] of [
    ["test", testing],
    ["validation", validating],
  ] as const) {
    // The last group taken is the one that brings the count nearest to what is wanted.
    for (let rows = 0; next < order.length && rows < wanted[name]; next++) {
      const group = lists[order[next]!]!;
      if (rows > 0 && rows + group.length - wanted[name] > wanted[name] - rows) break;
      for (const row of group) partOf[row] = part;
      rows += group.length;
    }
  }
  return partOf;
}
