/**
 * Edges of the pieces of piecewise-linear embeddings: where a small decision tree on the column alone would cut it, so
 * that pieces are narrow where the target changes; Gorishniy, Rubachev and Babenko 2022, arXiv 2203.05556, 3.2.2.
 */
import type { AnySplit } from "../data/dataset/dataset.ts";
import { isStreamed } from "../data/dataset/dataset.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Model } from "../model/model.ts";

/** Rows that trees are grown on: more tell little more. */
const mostRows = 50_000;
/** Rows on either side of an edge, as a share of all, and at least. */
const leastShare = 0.004;
const leastRows = 8;
/** An edge must take this share of the target's variance away. */
const leastGain = 1e-4;

/**
 * Fills in the edges of all such embeddings of a model, from its training rows.
 * @param classes of one target of classes; 0: targets are numbers
 */
export function fitPieces(k: Kernels, model: Model, split: AnySplit, classes: number): void {
  for (const { spec, index } of model.description.layers) {
    if (spec.type !== "embed_numbers" || spec.kind !== "piecewise_linear") continue;
    const { columns, pieces } = spec;
    const buffer = (name: string) =>
      model.buffers.find((one) => one.name === `layers.${index}.${name}`)!.value;
    const edges = columns.map((column) => treeEdges(sample(split, column, classes), pieces));
    // g of f x + p is (x − a)/(b − a) between edges a and b, where hard_sigmoid(z) is z/6 + 1/2; 0 where there is no piece.
    const of =
      (write: (a: number, b: number) => number, none: number) => (values: Float32Array | Float64Array) =>
        edges.forEach((own, j) => {
          for (let i = 0; i < pieces; i++)
            values[j * pieces + i] = i + 1 < own.length ? write(own[i]!, own[i + 1]!) : none;
        });
    k.write(
      buffer("frequency"),
      of((a, b) => 6 / (b - a), 0),
    );
    k.write(
      buffer("phase"),
      of((a, b) => -3 - (6 * a) / (b - a), -3),
    );
  }
}

/** A column and what goes with it, sorted: x [rows], y [rows × outputs], classes as numbers 0 and 1. */
export interface Sample {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly outputs: number;
}

function sample(split: AnySplit, column: number, classes: number): Sample {
  const { count, at } = reader(split);
  const every = Math.ceil(count / mostRows);
  const rows = Array.from({ length: Math.ceil(count / every) }, (_, i) => at(i * every, column));
  rows.sort((a, b) => a.x - b.x);
  const outputs = classes > 0 ? classes : rows[0]!.targets.length;
  const y = new Float64Array(rows.length * outputs);
  for (const [i, { targets }] of rows.entries()) {
    if (classes > 0) y[i * outputs + targets[0]!] = 1;
    else y.set(targets, i * outputs);
  }
  return { x: Float64Array.from(rows, ({ x }) => x), y, outputs };
}

/** Rows on disk are looked at one by one, in the files' order. */
function reader(split: AnySplit) {
  if (isStreamed(split)) {
    const count = Math.min(split.count, mostRows);
    const { inputs, targets } = split.read(0, count);
    const { width, targetWidth } = split;
    return { count, at: rowOf(inputs, width, 1, 0, targets, targetWidth, (i) => i) };
  }
  const { table, indices, targets } = split;
  const [scale, shift] = "scale" in table ? [table.scale, table.shift] : [1, 0];
  const width = targets.length / table.rows;
  return {
    count: indices.length,
    at: rowOf(table.values, table.cols, scale, shift, targets, width, (i) => indices[i]!),
  };
}

function rowOf(
  values: ArrayLike<number>,
  cols: number,
  scale: number,
  shift: number,
  targets: Float32Array,
  width: number,
  rowAt: (position: number) => number,
) {
  return (position: number, column: number) => {
    const row = rowAt(position);
    const own = targets.subarray(row * width, (row + 1) * width);
    return { x: values[row * cols + column]! * scale + shift, targets: own };
  };
}

/**
 * At most `pieces` + 1 edges, rising: the smallest and the largest x, and between them the cuts of a tree that grows
 * where the squared error of its leaves' means falls most. One edge, of a column with one value.
 */
export function treeEdges({ x, y, outputs }: Sample, pieces: number): number[] {
  const n = x.length;
  const sums = new Float64Array((n + 1) * outputs);
  for (let i = 0; i < n * outputs; i++) sums[i + outputs] = sums[i]! + y[i]!;
  const fitted = (from: number, to: number) => {
    let total = 0;
    for (let c = 0; c < outputs; c++) total += (sums[to * outputs + c]! - sums[from * outputs + c]!) ** 2;
    return total / (to - from);
  };
  const squares = y.reduce((sum, value) => sum + value ** 2, 0);
  const least = Math.max(leastRows, Math.floor(leastShare * n));
  const enough = leastGain * (squares - fitted(0, n));
  const cutOf = (from: number, to: number) => {
    let best = { gain: enough, at: -1, from, to };
    const whole = fitted(from, to);
    for (let at = from + least; at <= to - least; at++) {
      if (x[at] === x[at - 1]) continue;
      const gain = fitted(from, at) + fitted(at, to) - whole;
      if (gain > best.gain) best = { gain, at, from, to };
    }
    return best;
  };
  const edges = [x[0]!, ...(x[n - 1]! > x[0]! ? [x[n - 1]!] : [])];
  const open = [cutOf(0, n)];
  while (edges.length <= pieces) {
    open.sort((a, b) => b.gain - a.gain);
    const { at, from, to } = open.find((cut) => cut.at > 0) ?? { at: -1, from: 0, to: 0 };
    if (at < 0) break;
    open.splice(
      open.findIndex((cut) => cut.at === at),
      1,
      cutOf(from, at),
      cutOf(at, to),
    );
    edges.push((x[at - 1]! + x[at]!) / 2);
  }
  return edges.sort((a, b) => a - b);
}
