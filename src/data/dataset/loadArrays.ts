/** Loads arrays whose elements are all scaled alike, as images are: bytes stay bytes until a batch is gathered. */
import type { IdxDataSpec } from "../../config/schema.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { taskOf } from "../../tasks/tasks.ts";
import type { Elements } from "../formats/arrays/arrayBytes.ts";
import { finiteValues, type NumberArray, readArray, recordShape } from "../formats/arrays/readArray.ts";
import { placeFile } from "../formats/files.ts";
import { dataError } from "../formats/problems.ts";
import { deskew } from "../preprocessing/deskew.ts";
import { kept } from "../preprocessing/keep.ts";
import {
  type ArrayInputs,
  inputWidth,
  isGreyImage,
  type Preprocessing,
  type Scaling,
  type Target,
} from "../preprocessing/preprocessing.ts";
import { fitScaling } from "../preprocessing/scaling.ts";
import { inferTarget, strataOf } from "../preprocessing/target.ts";
import { encodeLabels, labelColumn } from "./arrayTargets.ts";
import type { Dataset, InputTable, LoadOptions, Split } from "./dataset.ts";
import { recordHashes } from "./rowHashes.ts";
import { allRows, type RowSplit, type SplitName, type SplitRequest, splitPool } from "./split.ts";
import { byEarlier, leaveOutTrained, rememberRows, strictError, unseenOf } from "./trainedRows.ts";

/** Records and their targets, from a file each. */
export interface ArrayPair {
  readonly inputs: NumberArray;
  readonly targets: NumberArray;
}

export interface ArrayPairs {
  readonly train: ArrayPair;
  readonly validation: ArrayPair | null;
  readonly test: ArrayPair | null;
}

type ArraySpec = Pick<IdxDataSpec, "task" | "classes" | "scale" | "split"> & { readonly deskew?: boolean };

export async function loadIdx(spec: IdxDataSpec, options: LoadOptions): Promise<Dataset> {
  const read = async (files: { images: string; labels: string }) =>
    readPair([files.images, files.labels], options.baseDirectory);
  // All at once: each is inflated on a thread of its own.
  const [train, validation, test] = await Promise.all([
    read(spec.train),
    spec.validation && read(spec.validation),
    spec.test && read(spec.test),
  ]);
  return arrayDataset(spec, { train, validation, test }, options);
}

/** The data set of arrays with one target per record. Throws UserError. */
export function arrayDataset(spec: ArraySpec, pairs: ArrayPairs, options: LoadOptions): Dataset {
  const { train: pool, validation, test } = pairs;
  const known = options.preprocessing ?? null;
  for (const other of [validation, test]) if (other) checkSameShape(pool.inputs, other.inputs);

  const labels = labelColumn(pool.targets);
  const inferred = known?.target ?? inferTarget(spec, [labels], options.loss ?? null, options.quantiles);
  const classes = spec.split.stratify === false ? null : strataOf(inferred, [labels]);
  const hashes = hashesOf(pairs);
  const split = splitRecords(spec, pairs, { seed: options.seed, hashes, classes });
  const earlier = options.earlier ?? null;
  const all = allRows(hashes.length);
  const warnings = known
    ? leaveOutTrained(known, { hashes, all, split })
    : earlier
      ? leaveOutTrained(earlier, { hashes, all, split }, byEarlier)
      : [];
  if (options.strict && warnings.length > 0) throw strictError(warnings);
  const deskew = known ? arrayInputs(known).deskew : deskewFor(spec, pool.inputs);
  const values = straight(pool.inputs, deskew);
  const preprocessing = known ?? {
    ...kept(fitArray(spec, pool, { values, deskew }, inferred, split.train), earlier),
    trained: rememberRows(hashes, all, split.train, earlier),
  };

  const table = tableOf(values, preprocessing);
  const targets = encodeLabels(preprocessing.target, pool.targets);
  const part = (name: SplitName): Split | null => {
    if (split[name].length === 0) return null;
    const { pair, first } = ownFile(spec, pairs, name);
    if (!pair) return { table, targets, weights: null, indices: split[name] };
    return { ...wholeSplit(pair, preprocessing), indices: split[name].map((row) => row - first) };
  };
  return {
    preprocessing,
    splits: { train: part("train")!, validation: part("validation"), test: part("test") },
    warnings,
  };
}

/** Of the records of all pairs, one pair after the other. */
function hashesOf({ train, validation, test }: ArrayPairs): Float64Array {
  const pairs = [train, validation, test].filter((pair) => pair !== null);
  const hashes = new Float64Array(pairs.reduce((sum, pair) => sum + countOf(pair), 0));
  let first = 0;
  for (const pair of pairs) {
    hashes.set(recordHashes([pair.inputs, pair.targets]), first);
    first += countOf(pair);
  }
  return hashes;
}

/** The pair that is a split of its own, and the number of its first record among those of all pairs. */
function ownFile(
  { split: { fold } }: ArraySpec,
  { train, validation, test }: ArrayPairs,
  name: SplitName,
): { pair: ArrayPair | null; first: number } {
  if (name === "train") return { pair: null, first: 0 };
  const pool = countOf(train);
  if (name === "validation") return { pair: validation, first: pool };
  return { pair: fold ? null : test, first: pool + (validation ? countOf(validation) : 0) };
}

/** The records of each split, counted over all pairs. Throws UserError(data). */
function splitRecords(
  spec: ArraySpec,
  pairs: ArrayPairs,
  request: Pick<SplitRequest, "seed" | "hashes" | "classes">,
): RowSplit {
  const { fold, validation, test } = spec.split;
  const shares = { validation: pairs.validation ? 0 : validation, test: pairs.test ? 0 : test };
  const split = splitPool(allRows(countOf(pairs.train)), { ...request, ...shares }, fold);
  for (const name of ["validation", "test"] as const) {
    const { pair, first } = ownFile(spec, pairs, name);
    if (pair) split[name] = allRows(countOf(pair)).map((row) => first + row);
  }
  return split;
}

function countOf({ inputs }: ArrayPair): number {
  return inputs.shape[0]!;
}

/** All records of a pair of files. Throws UserError for files that do not fit each other. */
export async function readPair(files: readonly [string, string], baseDirectory: string): Promise<ArrayPair> {
  const [inputs, targets] = await Promise.all(
    files.map((file) => readArray(placeFile(file, baseDirectory))) as [
      Promise<NumberArray>,
      Promise<NumberArray>,
    ],
  );
  if (targets.shape[0] === inputs.shape[0]) return { inputs, targets };
  const message = `${targets.shape[0]} labels for the ${inputs.shape[0]} records of ${inputs.file}`;
  throw dataError({ file: targets.file, message, expected: "as many labels as records" });
}

/** All records of a pair as one split for a trained model. Throws UserError. */
function wholeSplit({ inputs, targets }: ArrayPair, preprocessing: Preprocessing): Split {
  return {
    table: inputsOf(inputs, preprocessing),
    indices: allRows(inputs.shape[0]!),
    targets: encodeLabels(preprocessing.target, targets),
    weights: null,
  };
}

/** All records of a pair that a trained model has not seen, as one split for it. Throws UserError. */
export function unseenRecords(
  pair: ArrayPair,
  preprocessing: Preprocessing,
  strict: boolean,
): { split: Split; warnings: readonly string[] } {
  const split = wholeSplit(pair, preprocessing);
  const { indices, warnings } = unseenOf(preprocessing, split.indices, () =>
    recordHashes([pair.inputs, pair.targets]),
  );
  if (strict && warnings.length > 0) throw strictError(warnings);
  return { split: { ...split, indices }, warnings };
}

/** Records as inputs of a trained model. Throws UserError. */
export function inputsOf(inputs: NumberArray, preprocessing: Preprocessing): InputTable {
  checkFits(inputs, preprocessing);
  return tableOf(straight(inputs, arrayInputs(preprocessing).deskew), preprocessing);
}

/** What deskewing this array's records would be; undefined if it is not asked for. Throws UserError(usage). */
function deskewFor({ deskew }: ArraySpec, { shape, values }: NumberArray): ArrayInputs["deskew"] {
  if (!deskew) return undefined;
  if (isGreyImage(shape.slice(1))) return { rounded: values instanceof Uint8Array };
  const message = `data.deskew is true, and records of shape ${shape.slice(1).join(" × ")} are no grey images`;
  throw new UserError(exitCodes.usage, { message, expected: "deskew: false" });
}

/** The elements, of straightened images if the model wants them so. */
function straight(array: NumberArray, how: ArrayInputs["deskew"]): Elements {
  const values = finiteValues(array);
  if (!how) return values;
  const own = how.rounded ? values.slice() : Float64Array.from(values);
  deskew(own, { shape: array.shape.slice(1), deskew: how });
  return own;
}

function arrayInputs({ inputs }: Preprocessing): ArrayInputs {
  if (inputs.kind === "array") return inputs;
  throw modelMisfit("columns of a table, not on images");
}

function fitArray(
  spec: ArraySpec,
  pair: ArrayPair,
  { values, deskew }: { values: Elements; deskew: ArrayInputs["deskew"] },
  target: Target,
  train: Int32Array,
): Preprocessing {
  const { cols } = recordShape(pair.inputs);
  const inputs: ArrayInputs = {
    kind: "array",
    shape: pair.inputs.shape.slice(1),
    ...(deskew && { deskew }),
    scaling: fitElements(spec.scale, values, cols, train),
  };
  const scalingOf = () => {
    const name = spec.scale === "none" ? "none" : "standard";
    return fitScaling(name, chosenNumbers(labelColumn(pair.targets).numbers(), train));
  };
  return { inputs, target: taskOf(target.task).fit?.(target, scalingOf) ?? target };
}

/** One scaling for all elements of the training records; exact for bytes, which are counted. */
function fitElements(name: Scaling["name"], values: Elements, cols: number, train: Int32Array): Scaling {
  if (!(values instanceof Uint8Array)) {
    const chosen = new Float64Array(train.length * cols);
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

function chosenNumbers(values: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row]!);
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
function tableOf(values: Elements, preprocessing: Preprocessing): InputTable {
  const cols = inputWidth(preprocessing);
  const rows = values.length / cols;
  const { center, scale } = arrayInputs(preprocessing).scaling;
  if (values instanceof Uint8Array) return { rows, cols, values, scale: 1 / scale, shift: -center / scale };
  return { rows, cols, values: Float32Array.from(values, (value) => (value - center) / scale) };
}

function checkSameShape(first: NumberArray, { shape, file }: NumberArray): void {
  const [wanted, found] = [first, { shape }].map((array) => array.shape.slice(1).join(" × ") || "1");
  if (found === wanted) return;
  throw dataError({
    file,
    message: `records of shape ${found}`,
    expected: `${wanted}, as the training file's`,
  });
}

function checkFits(array: NumberArray, preprocessing: Preprocessing): void {
  const { shape } = arrayInputs(preprocessing);
  const { cols } = recordShape(array);
  const wanted = inputWidth(preprocessing);
  if (cols === wanted) return;
  const message = `records of ${cols} elements`;
  throw dataError({
    file: array.file,
    message,
    expected: `${shape.join(" × ")}, as the model was trained on`,
  });
}

function modelMisfit(on: string): UserError {
  return new UserError(exitCodes.data, {
    message: `the model was trained on ${on}`,
    expected: "data as in training",
  });
}
