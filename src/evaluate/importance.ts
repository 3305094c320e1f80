/**
 * Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019): how much worse a model gets when the values
 * of a feature are shuffled among the rows, all of its inputs together.
 */
import { type AnySplit, isStreamed, type Split } from "../data/dataset/dataset.ts";
import { columnFeatures, type Feature } from "../data/preprocessing/features.ts";
import { blocksOf, outputWidth } from "../data/preprocessing/preprocessing.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import { betterOf, type MetricName } from "../metrics/metrics.ts";
import { lossRule } from "../model/losses.ts";
import type { Model } from "../model/model.ts";
import { type RandomKey, shuffle, streamKey } from "../support/random.ts";
import { taskOf } from "../tasks/tasks.ts";
import type { Spread } from "../train/events.ts";
import { rowsIn } from "../train/residentRows.ts";
import { Measure } from "./measure.ts";
import type { SavedModel } from "./savedModel.ts";
import { spreadOf } from "./spread.ts";

export interface ImportanceOptions {
  readonly metric: MetricName | "loss";
  /** How often each feature is shuffled. */
  readonly repeats: number;
  readonly seed: number;
  /** Of more rows than this, a random sample is used. */
  readonly mostRows: number;
}

export interface Importance {
  readonly metric: MetricName | "loss";
  /** The metric on the unshuffled rows. */
  readonly value: number;
  readonly rows: number;
  readonly repeats: number;
  /** By how much the metric is worse without the feature, in the order of the features. */
  readonly features: readonly (Pick<Spread, "mean" | "sd"> & { readonly name: string })[];
}

/** What is measured. */
export interface Measured extends Pick<SavedModel, "preprocessing" | "loss"> {
  readonly k: Kernels;
  readonly model: Model;
}

/** Multiply-adds that importance may take in a report, where nobody asked for it: a tenth of a second or so. */
const quickWork = 3e8;
const quickRows = 1000;
const fewestRows = 50;
const mostFeatures = 200;
const quickRepeats = 3;

/** Cancellation leaves differences of about 1e-16, relative to the values subtracted. */
const rounding = 1e-13;

/** The importance of a table's columns on few rows, for a report; null where even that takes long, for arrays and for rows on disk. */
export async function quickImportance(measured: Measured, split: AnySplit): Promise<Importance | null> {
  const { inputs, target } = measured.preprocessing;
  if (isStreamed(split) || inputs.kind !== "columns" || inputs.columns.length > mostFeatures) return null;
  const features = columnFeatures(inputs);
  const passes = features.length * quickRepeats + 1;
  const affordable = quickWork / (passes * measured.model.description.parameterCount);
  if (affordable < Math.min(fewestRows, split.indices.length)) return null;
  const mostRows = Math.min(quickRows, Math.floor(affordable));
  const metric = taskOf(target.task).score;
  return permutationImportance(measured, split, features, {
    metric,
    repeats: quickRepeats,
    seed: 0,
    mostRows,
  });
}

export async function permutationImportance(
  { k, model, preprocessing, loss }: Measured,
  split: Split,
  features: readonly Feature[],
  { metric, repeats, seed, mostRows }: ImportanceOptions,
): Promise<Importance> {
  const chosen = chosenRows(split, mostRows, streamKey(seed, "importance"));
  const rows = rowsIn(k)(chosen);
  const { target, calibration } = preprocessing;
  const rule = lossRule(k, loss, outputWidth(preprocessing), blocksOf(preprocessing));
  const measure = new Measure(k, model, rows, rule, target, calibration);
  const names = metric === "loss" ? [] : [metric];
  const measured = async () => (await measure.figures(names))[metric]!;

  const value = await measured();
  const sign = betterOf(metric) === "higher" ? -1 : 1;
  const found: { name: string; mean: number; sd: number }[] = [];
  const order = new Int32Array(chosen.indices.length);
  for (const [number, { name, inputs }] of features.entries()) {
    const worse: { worse: number }[] = [];
    for (let repeat = 1; repeat <= repeats; repeat++) {
      shuffle(resetOrder(order), streamKey(seed, "importance", number + 1, repeat));
      permute(inputs, order);
      worse.push({ worse: sign * ((await measured()) - value) });
    }
    permute(inputs, resetOrder(order));
    const { mean, sd } = spreadOf(worse).worse!;
    const isNothing = Math.abs(mean) < rounding * Math.max(Math.abs(value), sd);
    found.push({ name, mean: isNothing ? 0 : mean, sd: repeats > 1 ? sd : 0 });
  }
  return { metric, value, rows: chosen.indices.length, repeats, features: found };

  /** Gives row r the inputs of the chosen row order[r]. */
  function permute(inputs: readonly number[], order: Int32Array): void {
    const { values: given, cols } = chosen.table;
    k.write(rows.table as Matrix, (values) => {
      values.set(given);
      for (let r = 0; r < order.length; r++)
        for (const input of inputs) values[r * cols + input] = given[order[r]! * cols + input]!;
    });
  }
}

/** A sample of at most `most` rows of a split, in their order, as a split of its own; bytes become floats. */
function chosenRows({ table, indices, targets, weights }: Split, most: number, key: RandomKey) {
  const drawn = indices.slice();
  if (drawn.length > most) shuffle(drawn, key);
  const rows = drawn.subarray(0, most).sort();
  const { cols } = table;
  const values = new Float32Array(rows.length * cols);
  for (const [r, row] of rows.entries()) copyRow(table, row, values.subarray(r * cols, (r + 1) * cols));
  const width = targets.length / table.rows;
  const chosenTargets = new Float32Array(rows.length * width);
  for (const [r, row] of rows.entries())
    chosenTargets.set(targets.subarray(row * width, (row + 1) * width), r * width);
  return {
    table: { rows: rows.length, cols, values },
    targets: chosenTargets,
    weights: weights && Float32Array.from(rows, (row) => weights[row]!),
    indices: resetOrder(new Int32Array(rows.length)),
  };
}

/** A row's inputs. */
export function copyRow(table: Split["table"], row: number, into: Float32Array): void {
  const values = table.values.subarray(row * table.cols, (row + 1) * table.cols);
  if (!("scale" in table)) into.set(values);
  else for (let j = 0; j < values.length; j++) into[j] = values[j]! * table.scale + table.shift;
}

function resetOrder(order: Int32Array): Int32Array {
  for (let r = 0; r < order.length; r++) order[r] = r;
  return order;
}
