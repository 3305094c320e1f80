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
  const rows = Int32Array.from({ length: Math.floor(train.length / step) }, (_, at) => at * step);
  const ofTarget = Float32Array.from(rows, (at) => targets[train[at]!]!);
  if (isOneClass({ target })) {
    const usual = rightByLevel(new RawValues(rows.length), ofTarget) / rows.length;
    return (kind, values) => {
      const chosen = RawValues.from(rows, (at) => values[at]!);
      const right = kind === "text" ? rightByLevel(chosen, ofTarget) : rightByRange(chosen, ofTarget);
      const share = right / rows.length;
      return share >= suspicious && usual < suspicious ? share : null;
    };
  }
  if (answersOf(target).scalings?.length !== 1) return () => null;
  return (kind, values) => {
    if (kind === "text" || rows.length < rowsPerRule) return null;
    const share = correlation(
      RawValues.from(rows, (at) => values[at]!),
      ofTarget,
    );
    return share >= suspicious ? share : null;
  };
}

/** Rows whose class is their level's most frequent one; none for too many levels. */
function rightByLevel(levels: RawValues, classes: Float32Array): number {
  const counts = new Map<number, Map<number, number>>();
  for (const [row, level] of levels.entries()) {
    let ofLevel = counts.get(level);
    if (!ofLevel) {
      ofLevel = new Map();
      counts.set(level, ofLevel);
      if (counts.size * rowsPerRule > levels.length) return 0;
    }
    const ofRow = classes[row]!;
    ofLevel.set(ofRow, (ofLevel.get(ofRow) ?? 0) + 1);
  }
  let right = 0;
  for (const ofLevel of counts.values()) right += Math.max(...ofLevel.values());
  return right;
}

/** Likewise, by ranges of numbers in which one class is the most frequent, each of enough rows. */
function rightByRange(values: RawValues, classes: Float32Array): number {
  const order = Uint32Array.from(values, (_, row) => row)
    .filter((row) => !Number.isNaN(values[row]!))
    .sort((a, b) => values[a]! - values[b]!);
  let right = 0;
  let run = { of: -1, rows: 0, right: 0 };
  const endRun = () => {
    if (run.rows >= rowsPerRule) right += run.right;
  };
  for (let at = 0; at < order.length; ) {
    const start = at;
    while (at < order.length && values[order[at]!] === values[order[start]!]) at++;
    // Most values are one row's.
    const [most, count] =
      at === start + 1 ? [classes[order[start]!]!, 1] : mostOf(order.subarray(start, at), classes);
    if (most !== run.of) {
      endRun();
      run = { of: most, rows: 0, right: 0 };
    }
    run.rows += at - start;
    run.right += count;
  }
  endRun();
  return right;
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
