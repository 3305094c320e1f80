/** Loads IDX images and labels: bytes stay bytes until a batch is gathered. */
import type { IdxDataSpec, IdxFiles } from "../config/schema.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import type { Dataset, InputTable, LoadOptions, Split } from "./dataset.ts";
import { type IdxArray, readIdx, recordShape } from "./idx.ts";
import { canonicalLabel, sortLabels } from "./labels.ts";
import { placeFile } from "./place.ts";
import {
  type ArrayInputs,
  inputWidth,
  type Preprocessing,
  type Scaling,
  type Target,
  targetWidth,
} from "./preprocessing.ts";
import { dataError, ProblemList } from "./problems.ts";
import { fitScaling } from "./scaling.ts";
import { splitPool } from "./split.ts";

import { classTarget, mostNumberClasses, numbersTarget } from "./target.ts";

interface Labelled {
  readonly files: IdxFiles;
  readonly images: IdxArray;
  readonly labels: IdxArray;
}

export async function loadIdx(spec: IdxDataSpec, options: LoadOptions): Promise<Dataset> {
  const read = (files: IdxFiles | null) => (files ? readLabelled(files, options.baseDirectory) : null);
  // All at once: each is inflated on a thread of its own.
  const [train, validation, test] = await Promise.all([
    read(spec.train),
    read(spec.validation),
    read(spec.test),
  ]);
  const known = options.preprocessing ?? null;
  const pool = train!;
  for (const other of [validation, test]) if (other) checkSameShape(pool.images.shape.slice(1), other);

  const inferred = known?.target ?? inferTarget(spec, pool.labels, options);
  const isClasses = inferred.task === "classification";
  const classes =
    isClasses && spec.split.stratify !== false
      ? encodeLabels({ ...inferred, encoding: "index", link: "softmax" }, pool)
      : null;
  const { fold } = spec.split;
  const request = {
    validation: validation ? 0 : spec.split.validation,
    test: test ? 0 : spec.split.test,
    seed: options.seed,
    classes,
  };
  const split = splitPool(pool.images.shape[0]!, request, fold);
  const preprocessing = known ?? fitArray(spec, pool, inferred, split.train);

  const table = tableOf(pool.images, preprocessing);
  const targets = encodeLabels(preprocessing.target, pool);
  const rest = (indices: Int32Array): Split | null =>
    indices.length > 0 ? { table, targets, weights: null, indices } : null;
  return {
    preprocessing,
    splits: {
      train: rest(split.train)!,
      validation: validation ? wholeSplit(validation, preprocessing) : rest(split.validation),
      test: test && !fold ? wholeSplit(test, preprocessing) : rest(split.test),
    },
    warnings: [],
  };
}

/** All rows of a pair of files as one split for a trained model: `eval --images --labels`. Throws UserError. */
export async function loadLabelledImages(files: IdxFiles, preprocessing: Preprocessing): Promise<Split> {
  return wholeSplit(await readLabelled(files, ""), preprocessing);
}

/** Images without labels, as inputs of a trained model. Throws UserError. */
export async function loadImages(file: string, preprocessing: Preprocessing): Promise<InputTable> {
  const images = await readIdx(file);
  checkFits(images, file, preprocessing);
  return tableOf(images, preprocessing);
}

async function readLabelled(files: IdxFiles, baseDirectory: string): Promise<Labelled> {
  const placed = {
    images: placeFile(files.images, baseDirectory),
    labels: placeFile(files.labels, baseDirectory),
  };
  const [images, labels] = await Promise.all([readIdx(placed.images), readIdx(placed.labels)]);
  const { rows, cols } = recordShape(labels);
  if (cols !== 1) {
    const message = `labels of shape ${labels.shape.join(" × ")}`;
    throw dataError({ file: placed.labels, message, expected: "one label per record" });
  }
  if (rows !== images.shape[0]) {
    const message = `${rows} labels for the ${images.shape[0]} images of ${placed.images}`;
    throw dataError({ file: placed.labels, message, expected: "as many labels as images" });
  }
  return { files: placed, images, labels };
}

function wholeSplit(labelled: Labelled, preprocessing: Preprocessing): Split {
  checkFits(labelled.images, labelled.files.images, preprocessing);
  return {
    table: tableOf(labelled.images, preprocessing),
    indices: new Int32Array(labelled.images.shape[0]!).map((_, row) => row),
    targets: encodeLabels(preprocessing.target, labelled),
    weights: null,
  };
}

/** Whole numbers are classes, at most twenty of them unless they are bytes; others are a quantity. */
function inferTarget(spec: IdxDataSpec, labels: IdxArray, options: LoadOptions): Target {
  const loss = options.loss ?? null;
  const found = new Set<number>(labels.values);
  const isFew = labels.type === "uint8" || found.size <= mostNumberClasses;
  const isWhole = [...found].every(Number.isInteger);
  const classLosses: readonly (string | null)[] = [null, "cross_entropy", "focal", "bce_with_logits"];
  const isQuantityLoss = !classLosses.includes(loss);
  const inferred = spec.classes || (isFew && isWhole && !isQuantityLoss) ? "classification" : "regression";
  if ((spec.task ?? inferred) === "regression") return numbersTarget(["label"], loss);
  const classes = spec.classes?.map(canonicalLabel) ?? sortLabels([...found].map(String));
  return classTarget("label", classes, loss);
}

function fitArray(
  spec: IdxDataSpec,
  { images, labels }: Labelled,
  target: Target,
  train: Int32Array,
): Preprocessing {
  const { cols } = recordShape(images);
  const inputs: ArrayInputs = {
    kind: "array",
    shape: images.shape.slice(1),
    scaling: fitElements(spec.scale, images.values, cols, train),
  };
  if (target.task !== "regression" || target.link === "exp") return { inputs, target };
  const name = spec.scale === "none" ? "none" : "standard";
  const scaling = fitScaling(name, chosenRows(labels.values, 1, train));
  return { inputs, target: { ...target, columns: [{ name: "label", scaling }] } };
}

/** One scaling for all elements of the training records; exact for bytes, which are counted. */
function fitElements(
  name: Scaling["name"],
  values: Uint8Array | Float32Array,
  cols: number,
  train: Int32Array,
): Scaling {
  if (values instanceof Float32Array) {
    const chosen = new Float32Array(train.length * cols);
    for (const [at, row] of train.entries())
      chosen.set(values.subarray(row * cols, (row + 1) * cols), at * cols);
    return fitScaling(name, chosen);
  }
  const counts = new Float64Array(256);
  for (const row of train) {
    for (let at = row * cols; at < (row + 1) * cols; at++) {
      // Most pixels are 0: those are what is left.
      const value = values[at]!;
      if (value !== 0) counts[value]!++;
    }
  }
  counts[0] = train.length * cols - counts.reduce((sum, count) => sum + count);
  return scalingOfCounts(name, counts);
}

function chosenRows(values: Uint8Array | Float32Array, cols: number, rows: Int32Array): Float32Array {
  const chosen = new Float32Array(rows.length * cols);
  for (let at = 0; at < rows.length; at++) {
    const from = rows[at]! * cols;
    chosen.set(values.subarray(from, from + cols), at * cols);
  }
  return chosen;
}

function scalingOfCounts(name: Scaling["name"], counts: Float64Array): Scaling {
  const present = [...counts.keys()].filter((value) => counts[value]! > 0);
  if (name !== "standard") return fitScaling(name, present);
  let n = 0;
  let sum = 0;
  for (const value of present) {
    n += counts[value]!;
    sum += value * counts[value]!;
  }
  const mean = sum / n;
  let squares = 0;
  for (const value of present) squares += counts[value]! * (value - mean) ** 2;
  return { name, center: mean, scale: Math.sqrt(squares / n) || 1 };
}

/** Bytes as they are, with their scaling; floats scaled. */
function tableOf(images: IdxArray, { inputs }: Preprocessing): InputTable {
  const { rows, cols } = recordShape(images);
  const { center, scale } = (inputs as ArrayInputs).scaling;
  const { values } = images;
  if (values instanceof Uint8Array) return { rows, cols, values, scale: 1 / scale, shift: -center / scale };
  return { rows, cols, values: values.map((value) => (value - center) / scale) };
}

/** Targets [rows × targetWidth]. */
function encodeLabels(target: Target, { labels, files }: Labelled): Float32Array {
  if (target.task === "regression") {
    const { center, scale } = target.columns[0]!.scaling;
    return Float32Array.from(labels.values).map((value) => (value - center) / scale);
  }
  if (target.task === "multilabel") throw modelMisfit("several labels per record");
  const numbers = new Map(target.classes.map((label, number) => [Number(label), number]));
  const width = targetWidth({ target });
  const out = new Float32Array(labels.values.length * width);
  const problems = new ProblemList();
  for (const [row, value] of labels.values.entries()) {
    const number = numbers.get(value);
    if (number === undefined) {
      const message = `label ${value} of record ${row} is none of the classes`;
      problems.add({ file: files.labels, message, expected: `one of ${target.classes.join(", ")}` });
    } else if (target.encoding === "index") out[row] = number;
    else out[row * width + number] = 1;
  }
  problems.throwIfAny();
  return out;
}

function checkSameShape(shape: readonly number[], { images, files }: Labelled): void {
  const found = images.shape.slice(1);
  if (found.join() === shape.join()) return;
  const message = `records of shape ${found.join(" × ")}`;
  throw dataError({ file: files.images, message, expected: `${shape.join(" × ")}, as the training file's` });
}

function checkFits(images: IdxArray, file: string, preprocessing: Preprocessing): void {
  if (preprocessing.inputs.kind !== "array") throw modelMisfit("columns of a table, not on images");
  const { cols } = recordShape(images);
  const wanted = inputWidth(preprocessing);
  if (cols === wanted) return;
  const message = `records of ${cols} elements`;
  throw dataError({
    file,
    message,
    expected: `${preprocessing.inputs.shape.join(" × ")}, as the model was trained on`,
  });
}

function modelMisfit(on: string): UserError {
  return new UserError(exitCodes.data, {
    message: `the model was trained on ${on}`,
    expected: "data as in training",
  });
}
