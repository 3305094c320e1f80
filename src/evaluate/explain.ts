/** `nnt explain`: which columns a model relies on, and how much a row's values contribute to its answer. */
import type { Split } from "../data/dataset/dataset.ts";
import { columnFeatures, type Feature, sumsOf, tileFeatures } from "../data/preprocessing/features.ts";
import {
  answerNames,
  blocksOf,
  classLists,
  columnWidth,
  type Preprocessing,
} from "../data/preprocessing/preprocessing.ts";
import { type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import { openReference } from "../engine/reference/backend.ts";
import { isMetric, metricsOf } from "../metrics/metrics.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import { taskOf } from "../tasks/tasks.ts";
import { Attributor } from "./attribution.ts";
import { type Chosen, type RowsWanted, rowsHeld } from "./evaluate.ts";
import type { FirstLayer, Shape } from "./findings.ts";
import { firstLayer } from "./firstLayer.ts";
import { copyRow, type Importance, type ImportanceOptions, permutationImportance } from "./importance.ts";
import { readModel, restoreModel } from "./savedModel.ts";
import { imageShape } from "./watchers.ts";

interface Source extends RowsWanted {
  readonly model: string;
}

export interface ExplainOptions extends Source, KernelsChoice, Omit<ImportanceOptions, "metric"> {
  /** null: accuracy, or r2 for a regression. */
  readonly metric: string | null;
}

export interface ExplainedModel extends Importance {
  readonly model: string;
  readonly split: string;
  /** Tiles in a row of an image; null for columns of a table. */
  readonly across: number | null;
  readonly warnings: readonly string[];
}

/** @throws UserError: usage, data, model, io */
export async function explainModel(options: ExplainOptions): Promise<ExplainedModel> {
  const saved = readModel(options.model);
  const { preprocessing } = saved;
  const { features, across } = featuresOf(preprocessing);
  const metric = metricFor(options.metric, preprocessing);
  const { name, split, warnings } = await rowsHeld(saved, options, "nnt explain");
  const { backend } = await openKernels(options);
  try {
    const k = new Kernels(backend);
    const measured = { k, model: restoreModel(k, saved), preprocessing, loss: saved.loss };
    const importance = await permutationImportance(measured, split, features, { ...options, metric });
    return { model: options.model, split: name, across, ...importance, warnings };
  } finally {
    await backend.close();
  }
}

function metricFor(name: string | null, { target: { task } }: Preprocessing): ImportanceOptions["metric"] {
  const known = ["loss", ...metricsOf(taskOf(task).kind)];
  const metric = name ?? taskOf(task).score;
  if (metric === "loss" || (isMetric(metric) && known.includes(metric))) return metric;
  const guess = nearest(metric, known);
  throw new UserError(exitCodes.usage, {
    message: `--metric ${metric}: a ${task} has no such metric`,
    expected: `one of ${known.join(", ")}`,
    hint: guess && `did you mean ${guess}?`,
  });
}

function featuresOf({ inputs }: Preprocessing): { features: readonly Feature[]; across: number | null } {
  if (inputs.kind === "columns") return { features: columnFeatures(inputs), across: null };
  const shape = imageShape(inputs.shape);
  if (shape) return tileFeatures(shape);
  throw new UserError(exitCodes.usage, {
    message: `the model's inputs are arrays of ${inputs.shape.join(" × ")}, neither columns nor grey images, and a single element of an array means nothing`,
    expected: "--rows, which explains rows one by one",
  });
}

export interface ExplainRowsOptions extends Source {
  /** Row numbers in the file, from 0; several files are counted through. */
  readonly rows: readonly number[];
  /** Class, label or target; null: the predicted class, or every label or target. */
  readonly of: string | null;
  readonly baseline: "mean" | "zeros";
  readonly steps: number;
}

export interface ExplainedRow {
  readonly row: number;
  /** Class, label or target column. */
  readonly of: string;
  /** The answer, as predict gives it: a probability, or a number in the data's own unit. */
  readonly value: number;
  /** The answer for the baseline. */
  readonly baseline: number;
  /** The contribution of each column, or of each element of an array; their sum is value − baseline. */
  readonly attributions: Readonly<Record<string, number>> | readonly number[];
  /** The discretisation error of that sum, which more steps reduce. */
  readonly error: number;
}

export interface ExplainedRows {
  readonly rows: readonly ExplainedRow[];
  /** For image models: the rows as images, as the network sees them. */
  readonly images: { readonly shape: Shape; readonly of: ReadonlyMap<number, Float32Array> } | null;
  readonly warnings: readonly string[];
}

/** @throws UserError: usage, data, model, io */
export async function explainRows(options: ExplainRowsOptions): Promise<ExplainedRows> {
  const saved = readModel(options.model);
  const { preprocessing } = saved;
  const asked = askedFor(options.of, preprocessing);
  const chosen = await rowsHeld(saved, options, "nnt explain");
  const { table } = chosen.split;
  const beyond = options.rows.find((row) => row >= table.rows);
  if (beyond !== undefined) {
    const expected = `row numbers from 0 to ${table.rows - 1}`;
    throw new UserError(exitCodes.usage, { message: `--rows: there is no row ${beyond}`, expected });
  }
  const attributor = new Attributor(saved);
  const x0 = baselineOf(options.baseline, chosen);
  const columns = preprocessing.inputs.kind === "columns" ? columnFeatures(preprocessing.inputs) : null;
  const pictures = new Map<number, Float32Array>();
  const explained: ExplainedRow[] = [];
  for (const row of options.rows) {
    const x = new Float32Array(table.cols);
    copyRow(table, row, x);
    pictures.set(row, x);
    for (const { of, index } of await asked(attributor, x)) {
      const { value, baseline, inputs } = await attributor.attribute(
        x,
        withoutWords(preprocessing, x, x0),
        index,
        options.steps,
      );
      const sums = columns ? sumsOf(columns, inputs) : null;
      const total = inputs.reduce((sum, part) => sum + part, 0);
      const attributions = sums
        ? Object.fromEntries(columns!.map(({ name }, j) => [name, sums[j]!]))
        : [...inputs];
      explained.push({ row, of, value, baseline, attributions, error: value - baseline - total });
    }
  }
  const { inputs } = preprocessing;
  const shape = inputs.kind === "array" ? imageShape(inputs.shape) : null;
  return { rows: explained, images: shape && { shape, of: pictures }, warnings: chosen.warnings };
}

/** The baseline of a row: of texts its own words, each with no weight. */
function withoutWords({ inputs }: Preprocessing, x: Float32Array, x0: Float64Array): Float64Array {
  if (inputs.kind === "array" || inputs.columns.every(({ type }) => type !== "text")) return x0;
  const baseline = Float64Array.from(x0);
  let at = 0;
  for (const column of inputs.columns) {
    if (column.type === "text") {
      const { slots } = column.texts;
      baseline.set(x.subarray(at, at + slots), at);
      baseline.fill(0, at + slots, at + 2 * slots);
    }
    at += columnWidth(column);
  }
  return baseline;
}

type Asked = (attributor: Attributor, x: Float32Array) => Promise<readonly { of: string; index: number }[]>;

/** Which answers for a row are explained. */
function askedFor(name: string | null, preprocessing: Preprocessing): Asked {
  const names = answerNames(preprocessing);
  const all = names.map((of, index) => ({ of, index }));
  if (name !== null) {
    const found = all.find(({ of }) => of === name);
    if (found) return async () => [found];
    const guess = nearest(name, names);
    throw new UserError(exitCodes.usage, {
      message: `--of ${name}: the model has no such class, label or target`,
      expected: `one of ${names.join(", ")}`,
      hint: guess && `did you mean ${guess}?`,
    });
  }
  if (classLists(preprocessing) === null) return async () => all;
  const threshold = preprocessing.calibration?.thresholds?.[0] ?? null;
  const blocks = blocksOf(preprocessing) ?? [all.length];
  return async (attributor, x) => {
    const values: number[] = [];
    for (const { index } of all) values.push(await attributor.value(x, index));
    if (threshold !== null) return [all[values[1]! > threshold ? 1 : 0]!];
    let next = 0;
    return blocks.map((classes) => {
      const first = next;
      next += classes;
      return all[values.indexOf(Math.max(...values.slice(first, next)), first)]!;
    });
  };
}

/** The mean of the training rows, or of all rows where those are not available; or zeros. */
function baselineOf(name: ExplainRowsOptions["baseline"], { split, train }: Chosen<Split>): Float64Array {
  const { table, indices }: Pick<Split, "table" | "indices"> = train ?? split;
  const sums = new Float64Array(table.cols);
  if (name === "zeros") return sums;
  const x = new Float32Array(table.cols);
  for (const row of indices) {
    copyRow(table, row, x);
    for (let j = 0; j < x.length; j++) sums[j]! += x[j]!;
  }
  return sums.map((sum) => sum / indices.length);
}

/**
 * The first layer's weights as images; null where it is not linear.
 * @throws UserError: usage for a model that does not take images, model, io
 */
export async function firstLayerOf(path: string): Promise<Pictures | null> {
  const saved = readModel(path);
  const { inputs } = saved.preprocessing;
  if (inputs.kind === "columns" || !imageShape(inputs.shape)) {
    const message = "--pictures: the model was not trained on grey images";
    throw new UserError(exitCodes.usage, { file: path, message, expected: "a model of images" });
  }
  const model = restoreModel(new Kernels(openReference()), saved);
  const found = firstLayer(
    { description: model.description, tensors: await model.tensors() },
    saved.preprocessing,
  );
  return found?.kind === "images" ? found : null;
}

export type Pictures = Extract<FirstLayer, { kind: "images" }>;
