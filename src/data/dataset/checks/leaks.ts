/** Columns that tell the target by themselves: mostly copies of it, or what is known only afterwards. */
import { answersOf } from "../../../tasks/tasks.ts";
import { isOneClass, type Target } from "../../preprocessing/preprocessing.ts";
import { RawValues } from "../../table/cells.ts";
import type { TableColumn } from "../../table/readTable.ts";
import { meanAndDeviation } from "../../table/statistics.ts";

/** Rows looked at: enough for a share of 99.9 %. */
const mostRows = 20_000;
/** A share of rows told right, or of variance explained, from which on a column is too good. */
const suspicious = 0.999;
/** Values that share a rule have at least this many rows on average; else any column would tell everything. */
const rowsPerRule = 20;

/**
 * Tells, of a column's values in the training rows, which share of the target they give away; null where it is
 * no more than may be.
 */
export function telling(
  target: Target,
  train: Int32Array,
  targets: Float32Array,
): (kind: TableColumn["kind"], values: RawValues) => number | null {
  const step = Math.max(1, Math.ceil(train.length / mostRows));
  const rows = Math.floor(train.length / step);
  const ofTarget = new Float32Array(rows).map((_, at) => targets[train[at * step]!]!);
  const chosen = new RawValues(rows);
  const choose = (values: RawValues) => {
    for (let at = 0; at < rows; at++) chosen[at] = values[at * step]!;
    return chosen;
  };
  if (isOneClass({ target })) {
    const most = mostWrong(rows);
    if (wrongByLevel(chosen, ofTarget, most) <= most) return () => null;
    return (kind, values) => {
      const wrong = (kind === "text" ? wrongByLevel : wrongByRange)(choose(values), ofTarget, most);
      return wrong <= most ? (rows - wrong) / rows : null;
    };
  }
  if (answersOf(target).scalings?.length !== 1) return () => null;
  return (kind, values) => {
    if (kind === "text" || rows < rowsPerRule) return null;
    const share = correlation(choose(values), ofTarget);
    return share >= suspicious ? share : null;
  };
}

/** The most rows that may be told wrong where the others' share is suspicious. */
function mostWrong(rows: number): number {
  let most = Math.ceil((1 - suspicious) * rows);
  while (most > 0 && (rows - most) / rows < suspicious) most--;
  return most;
}

/**
 * Rows whose class is not their level's most frequent one; all, for too many levels. Counts no further than beyond
 * `most`: a row more never makes another one right.
 */
function wrongByLevel(levels: RawValues, classes: Float32Array, most: number): number {
  const known = new Map<number, { readonly rows: Map<number, number>; most: number }>();
  let wrong = 0;
  for (let row = 0; row < levels.length && wrong <= most; row++) {
    let level = known.get(levels[row]!);
    if (!level) {
      level = { rows: new Map(), most: 0 };
      known.set(levels[row]!, level);
      if (known.size * rowsPerRule > levels.length) return levels.length;
    }
    const count = (level.rows.get(classes[row]!) ?? 0) + 1;
    level.rows.set(classes[row]!, count);
    if (count > level.most) level.most = count;
    else wrong++;
  }
  return wrong;
}

/** Likewise, by ranges of numbers in which one class is the most frequent, each of enough rows. */
function wrongByRange(values: RawValues, classes: Float32Array, most: number): number {
  const rows = new Uint32Array(values.length);
  const within = (least: number, largest: number) => {
    let count = 0;
    for (let row = 0; row < rows.length; row++)
      if (values[row]! >= least && values[row]! <= largest) rows[count++] = row;
    const chosen = rows.subarray(0, count);
    return least === largest ? chosen : chosen.sort((a, b) => values[a]! - values[b]!);
  };
  // What is wrong in a part of the numbers is so among all, and mostly enough to tell.
  const inPart = wrongInRuns(within(...someOf(values)), values, classes, true);
  if (inPart > most) return inPart;
  const all = within(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  return wrongInRuns(all, values, classes, false) + values.length - all.length;
}

const sampledValues = 64;

/** The ends of a few numbers in the middle; one number where it is frequent. */
function someOf(values: RawValues): [number, number] {
  const sample = new RawValues(sampledValues).map(
    (_, k) => values[Math.floor((k * values.length) / sampledValues)]!,
  );
  const present = sample.filter((value) => !Number.isNaN(value)).sort();
  const at = present.length >> 1;
  const middle = present[at] ?? 0;
  if (middle === present[at - 1] || middle === present[at + 1]) return [middle, middle];
  return [present[at - 2] ?? middle, present[at + 2] ?? middle];
}

/** `isPart`: whether the first and the last run may go on in other rows. */
function wrongInRuns(order: Uint32Array, values: RawValues, classes: Float32Array, isPart: boolean): number {
  let wrong = 0;
  let runs = 0;
  let run = { of: -1, rows: 0, right: 0 };
  const endRun = (mayGoOn: boolean) => {
    wrong += mayGoOn || run.rows >= rowsPerRule ? run.rows - run.right : run.rows;
  };
  for (let at = 0; at < order.length; ) {
    const start = at;
    while (at < order.length && values[order[at]!] === values[order[start]!]) at++;
    // Most values are one row's.
    const [most, count] =
      at === start + 1 ? [classes[order[start]!]!, 1] : mostOf(order.subarray(start, at), classes);
    if (most !== run.of) {
      endRun(isPart && runs === 1);
      runs++;
      run = { of: most, rows: 0, right: 0 };
    }
    run.rows += at - start;
    run.right += count;
  }
  endRun(isPart);
  return wrong;
}

/** The most frequent class of some rows, the first of several such, and how many have it. */
function mostOf(rows: Uint32Array, classes: Float32Array): [number, number] {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(classes[row]!, (counts.get(classes[row]!) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best));
}

/** r² of the rows where there are both. */
function correlation(x: RawValues, y: Float32Array): number {
  const a = meanAndDeviation(x);
  const b = meanAndDeviation(y);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]!)) continue;
    sum += (x[i]! - a.mean) * (y[i]! - b.mean);
    count++;
  }
  const r = sum / count / (a.deviation * b.deviation);
  return count > x.length / 2 ? r * r : 0;
}
