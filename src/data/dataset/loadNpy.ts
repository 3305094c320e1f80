/**
 * Loads NPY files. Bytes and records of several dimensions are images, whose elements are all scaled alike;
 * any other array is a table with a column per element.
 */

import type { CsvDataSpec, NpyDataSpec } from "../../config/schema.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { taskOf } from "../../tasks/tasks.ts";
import { type NumberArray, readArray, recordShape } from "../formats/arrays/readArray.ts";
import { dataError } from "../formats/problems.ts";
import { encodeTable } from "../preprocessing/matrix.ts";
import type { InputColumn, Preprocessing } from "../preprocessing/preprocessing.ts";
import { needsTexts, targetKind } from "../preprocessing/target.ts";
import {
  arrayTable,
  type ColumnBlock,
  checkWidths,
  featureNames,
  targetNamesOf,
} from "../table/arrayTable.ts";
import type { Dataset, InputTable, LoadOptions, Split } from "./dataset.ts";
import { type ArrayPair, arrayDataset, inputsOf, readPair, unseenRecords } from "./loadArrays.ts";
import { tableDataset, wholeTable } from "./tableDataset.ts";

export async function loadNpy(spec: NpyDataSpec, options: LoadOptions): Promise<Dataset> {
  const read = ({ features, targets }: NpyDataSpec["train"]) =>
    readPair([features, targets], options.baseDirectory);
  const [train, validation, test] = await Promise.all([
    read(spec.train),
    spec.validation && read(spec.validation),
    spec.test && read(spec.test),
  ]);
  const known = options.preprocessing ?? null;
  if (known ? known.inputs.kind === "array" : isImages(train)) {
    return arrayDataset({ ...spec, ...imageSettings(spec) }, { train, validation, test }, options);
  }
  const pairs = [train, validation, test].filter((pair) => pair !== null);
  const tableSpec = tableSpecOf(spec, targetNamesOf(train.targets));
  const files = { pool: 1, validation: validation ? 1 : 0 };
  return tableDataset(tableSpec, pairTable(tableSpec, pairs, options), files, options);
}

/** All records of a pair of files as one split for a trained model: `eval --images --labels`. Throws UserError. */
export async function loadGivenPair(
  files: readonly [string, string],
  preprocessing: Preprocessing,
  spec: NpyDataSpec | null,
  strict = false,
): Promise<{ split: Split; warnings: readonly string[] }> {
  const pair = await readPair(files, "");
  if (spec === null || preprocessing.inputs.kind === "array") {
    return unseenRecords(pair, preprocessing, strict);
  }
  const tableSpec = tableSpecOf(spec, targetNamesOf(pair.targets));
  return wholeTable(tableSpec, pairTable(tableSpec, [pair], { preprocessing }), preprocessing, strict);
}

/** Records without targets, as inputs of a trained model. Throws UserError. */
export async function loadArray(
  file: string,
  preprocessing: Preprocessing,
): Promise<{ table: InputTable; warnings: readonly string[] }> {
  const array = await readArray(file);
  const { inputs } = preprocessing;
  if (inputs.kind === "array") return { table: inputsOf(array, preprocessing), warnings: [] };
  const { cols } = recordShape(array);
  if (cols !== inputs.columns.length || inputs.columns.some(({ type }) => type !== "number")) {
    const expected = `records of the ${inputs.columns.length} columns that the model was trained on, all numbers`;
    throw dataError({ file, message: `records of ${cols} elements`, expected });
  }
  const names = inputs.columns.map(({ name }) => name);
  const required = (j: number) => inputs.columns[j]!.fill === null;
  const table = arrayTable([{ names, arrays: [array], isText: false, required }]);
  const { matrix, warnings } = encodeTable(table, inputs.columns);
  return { table: matrix, warnings };
}

function isImages({ inputs, targets }: ArrayPair): boolean {
  return (inputs.type === "uint8" || inputs.shape.length > 2) && recordShape(targets).cols === 1;
}

/** The settings that images have. Throws UserError(usage) for a table's. */
function imageSettings({ scale, task, number_encoding }: NpyDataSpec) {
  if (number_encoding !== null) {
    throw misfit(`data.number_encoding is ${number_encoding}, and the features are images`, "none");
  }
  if (scale !== "standard" && scale !== "minmax" && scale !== "none") {
    throw misfit(`data.scale is ${scale}, and the features are images`, "standard, minmax or none");
  }
  if (task && !taskOf(task).takes(1))
    throw misfit(`data.task is ${task}, and a record has one target`, "several");
  return { scale, task };
}

/** What the CSV file of the same columns would have as its spec. */
function tableSpecOf(spec: NpyDataSpec, target: string[]): CsvDataSpec {
  const { train, validation, test, ...settings } = spec;
  return {
    ...settings,
    format: "csv",
    path: null,
    train: [train.features],
    validation: validation && [validation.features],
    test: test && [test.features],
    delimiter: null,
    decimal: ".",
    thousands: null,
    comment: null,
    header: true,
    target,
    missing_values: [],
    columns: {},
    stream: null,
  };
}

function pairTable(
  spec: CsvDataSpec,
  pairs: readonly ArrayPair[],
  { preprocessing = null, loss = null }: Pick<LoadOptions, "preprocessing" | "loss">,
) {
  const inputs = pairs.map((pair) => pair.inputs);
  const targets = pairs.map((pair) => pair.targets);
  for (const arrays of [inputs, targets]) checkWidths(arrays);
  const names = featureNames(inputs[0]!);
  const columns = preprocessing?.inputs.kind === "columns" ? preprocessing.inputs.columns : null;
  if (columns) checkColumns(inputs[0]!, names, columns);
  const isRequired = requirement(columns, names, spec);
  const features: ColumnBlock = { names, arrays: inputs, isText: false, required: isRequired };
  const table = (isText: boolean) =>
    arrayTable([features, { names: spec.target, arrays: targets, isText, required: () => true }]);
  if (preprocessing) return table(taskOf(preprocessing.target.task).reads === "text");
  const kind = targetKind(spec, loss);
  const read = table(kind === "text");
  return kind === null && needsTexts(spec, read, loss) ? table(true) : read;
}

function requirement(columns: readonly InputColumn[] | null, names: readonly string[], spec: CsvDataSpec) {
  if (columns === null) return () => spec.missing === "error";
  const refusing = new Set(columns.filter(({ fill }) => fill === null).map(({ name }) => name));
  return (j: number) => refusing.has(names[j]!);
}

function checkColumns(array: NumberArray, names: readonly string[], columns: readonly InputColumn[]): void {
  const known = new Set(names);
  const absent = columns.find(({ name }) => !known.has(name));
  if (!absent) return;
  const message = `records of ${names.length} elements, without a "${absent.name}"`;
  throw dataError({ file: array.file, message, expected: "records as the model was trained on" });
}

function misfit(message: string, expected: string): UserError {
  return new UserError(exitCodes.usage, { message, expected });
}
