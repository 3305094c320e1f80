/** Checks the preprocessing that a model file holds: whoever wrote the file, what comes out is well-formed. */
import { exitCodes, UserError } from "../../support/errors.ts";
import { farthest, formatFault } from "../../support/time.ts";
import type { Stored } from "../../tasks/task.ts";
import { answersOf, isTask, taskOf } from "../../tasks/tasks.ts";
import { maxColumns } from "../formats/columnNames.ts";
import { type DateInputs, dateParts } from "./dateParts.ts";
import type { IntervalKind } from "./intervals.ts";
import type {
  ArrayInputs,
  ColumnScaling,
  Expansion,
  InputColumn,
  Inputs,
  Preprocessing,
  Scaling,
  Target,
  TrainedRows,
} from "./preprocessing.ts";
import { inputWidth, isGreyImage, levelCount } from "./preprocessing.ts";
import { type ColumnSeen, mostLevels, mostProfiled, type TrainingProfile } from "./profile.ts";
import type { TextInputs } from "./textParts.ts";
import { areWeights } from "./texts.ts";

/** Inputs and outputs beyond this are a mistake or an attack. */
const largestWidth = 2 ** 24;

/** The preprocessing in a model file. Throws UserError(model) where the value is no preprocessing. */
export function parsePreprocessing(value: unknown, file: string): Preprocessing {
  try {
    const fields = objectOf(value, "the preprocessing");
    const target = targetOf(fields.target);
    const calibration = fields.calibration === undefined ? {} : calibrationOf(fields.calibration, target);
    const trained = fields.trained === undefined ? {} : { trained: trainedOf(fields.trained) };
    const profile = fields.profile === undefined ? {} : { profile: profileOf(fields.profile) };
    const inputs = inputsOf(fields.inputs);
    const preprocessing = { inputs, target, ...calibration, ...trained, ...profile };
    const width = inputWidth(preprocessing);
    expect(width > 0 && width <= largestWidth, `${width} inputs`);
    return preprocessing;
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    const message = `the model file's preprocessing is damaged: ${error.message}`;
    throw new UserError(exitCodes.model, { file, message, expected: "a file written by nnt" });
  }
}

class Unfit extends Error {}

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Unfit(what);
}

function trainedOf(value: unknown): TrainedRows {
  const { rows, hashes, data } = objectOf(value, "trained");
  expect(Number.isSafeInteger(rows) && Number(rows) > 0, "a number of training rows");
  expect(typeof hashes === "string" && /^[A-Za-z0-9+/]*$/.test(hashes), "hashes of training rows");
  expect(typeof data === "string", "a digest of the data");
  return { rows: rows as number, hashes, data };
}

function profileOf(value: unknown): TrainingProfile {
  const { rows, columns } = objectOf(value, "a profile");
  const known = Object.entries(objectOf(columns, "a profile's columns"));
  expect(Number.isSafeInteger(rows) && Number(rows) > 0 && known.length <= mostProfiled, "a profile's rows");
  return { rows: rows as number, columns: Object.fromEntries(known.map(([name, of]) => [name, seenOf(of)])) };
}

function seenOf(value: unknown): ColumnSeen {
  const fields = objectOf(value, "a column's profile");
  const [missing, counts] = [rowsOf(fields.missing), listOf(fields.counts, "counts").map(rowsOf)];
  if (fields.kind === "texts") {
    const levels = textsOf(fields.levels, "levels");
    expect(levels.length === counts.length && levels.length <= mostLevels, "counts of levels");
    return { kind: "texts", missing, levels, counts, others: rowsOf(fields.others) };
  }
  expect(fields.kind === "numbers", "a profile of no known kind");
  const [edges, min, max] = [
    numbersOf(fields.edges, "edges"),
    numberOf(fields.min, "min"),
    numberOf(fields.max, "max"),
  ];
  expect(min <= max && edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), "edges out of order");
  expect(counts.length === edges.length + 1 && edges.length < mostLevels, "counts of bins");
  return { kind: "numbers", missing, min, max, edges, counts };
}

function rowsOf(value: unknown): number {
  const rows = numberOf(value, "a number of rows");
  expect(rows >= 0, "a number of rows");
  return rows;
}

function inputsOf(value: unknown): Inputs {
  const fields = objectOf(value, "inputs");
  if (fields.kind === "array") return arrayInputsOf(fields);
  expect(fields.kind === "columns", "inputs of no known kind");
  const columns = listOf(fields.columns, "columns").map(columnOf);
  const firstText = columns.findIndex(({ type }) => type === "text");
  const areLast = firstText < 0 || columns.slice(firstText).every(({ type }) => type === "text");
  expect(areLast, "columns of texts before others");
  expect(new Set(columns.map(({ name }) => name)).size === columns.length, "two columns of one name");
  return { kind: "columns", columns };
}

function arrayInputsOf(fields: Fields): ArrayInputs {
  const shape = listOf(fields.shape, "shape").map((size) => {
    expect(Number.isInteger(size) && Number(size) > 0 && Number(size) <= largestWidth, "a size in shape");
    return size as number;
  });
  const { deskew } = fields;
  if (deskew === undefined) return { kind: "array", shape, scaling: scalingOf(fields.scaling) };
  expect(isGreyImage(shape), "deskewed records that are no images");
  const rounded = flagOf(objectOf(deskew, "deskew").rounded, "rounded");
  return { kind: "array", shape, deskew: { rounded }, scaling: scalingOf(fields.scaling) };
}

function columnOf(value: unknown): InputColumn {
  const fields = objectOf(value, "a column");
  const base = {
    name: textOf(fields.name, "a column's name"),
    missingValues: textsOf(fields.missingValues, "missingValues"),
  };
  const { type } = fields;
  const fill = fields.fill === null ? null : numberOf(fields.fill, "fill");
  const indicator = flagOf(fields.indicator, "indicator");
  if (type === "number") {
    const expansion = fields.expansion === undefined ? {} : { expansion: expansionOf(fields.expansion) };
    return { type, ...base, scaling: columnScalingOf(fields.scaling), ...expansion, fill, indicator };
  }
  if (type === "boolean") return { type, ...base, fill, indicator };
  if (type === "text") {
    expect((fill === null || fill === -1) && !indicator, "a text that is missing");
    return { type, ...base, texts: textsIn(fields.texts), fill, indicator };
  }
  if (type === "date") {
    const format = fields.format === null ? null : textOf(fields.format, "a format");
    expect(format === null || formatFault(format) === null, "a format of dates");
    expect(fill === null || Math.abs(fill) <= farthest, "fill of a date");
    return { type, ...base, format, dates: datesOf(fields.dates), fill, indicator };
  }
  expect(type === "category", "a column of no known type");
  const levels = textsOf(fields.levels, "levels");
  const rare = textsOf(fields.rare, "rare levels");
  expect(new Set([...levels, ...rare]).size === levels.length + rare.length, "a level twice");
  const ordinal = fields.ordinal === null ? null : scalingOf(fields.ordinal);
  const most = levelCount({ levels, rare }) - (ordinal ? 1 : 0);
  expect(fill === null || (Number.isInteger(fill) && fill >= -1 && fill <= most), "fill of a category");
  const refusesUnseen = flagOf(fields.refusesUnseen, "refusesUnseen");
  const embedding = fields.embedding === undefined ? {} : { embedding: widthOf(fields.embedding) };
  return { type, ...base, levels, rare, fill, ordinal, ...embedding, refusesUnseen, indicator };
}

function textsIn(value: unknown): TextInputs {
  const fields = objectOf(value, "texts");
  const [words, letters, buckets, slots] = ["words", "letters", "buckets", "slots"].map((key) => {
    const number = numberOf(fields[key], key);
    expect(Number.isInteger(number) && number >= 0 && number <= largestWidth, key);
    return number;
  }) as [number, number, number, number];
  const weights = fields.weights === null ? null : textOf(fields.weights, "weights");
  expect(buckets > 0 && slots > 0 && areWeights({ weights, buckets }), "weights of words");
  return { words, letters, buckets, weights, slots, width: widthOf(fields.width) };
}

function datesOf(value: unknown): DateInputs {
  const { parts, year, first, days } = objectOf(value, "dates");
  const said = textsOf(parts, "parts of dates");
  const known = dateParts.filter((part) => said.includes(part));
  expect(known.length > 0 && known.join() === said.join(), "parts of dates");
  return { parts: known, year: scalingOf(year), first: numberOf(first, "first"), days: scalingOf(days) };
}

function widthOf(value: unknown): number {
  const width = numberOf(value, "an embedding's width");
  expect(Number.isInteger(width) && width > 0 && width <= largestWidth, "an embedding's width");
  return width;
}

function expansionOf(value: unknown): Expansion {
  const { name, edges, frequencies } = objectOf(value, "an expansion");
  const numbers = (list: unknown) =>
    listOf(list, "an expansion").map((item) => numberOf(item, "an expansion"));
  if (name === "periodic") return { name, frequencies: numbers(frequencies) };
  expect(name === "piecewise_linear", "an expansion of no known name");
  const ends = numbers(edges);
  expect(ends.length > 1 && ends.every((end, k) => k === 0 || end > ends[k - 1]!), "edges out of order");
  return { name, edges: ends };
}

function calibrationOf(value: unknown, target: Target): Pick<Preprocessing, "calibration"> {
  const { temperature, thresholds, conformal } = objectOf(value, "calibration");
  const possible = taskOf(target.task).calibration;
  const { names, link, quantiles } = answersOf(target);
  expect(possible.length > 0, "calibration");
  const T = temperature === null ? null : numberOf(temperature, "temperature");
  expect(T === null || T > 0, "a temperature of 0");
  const cuts = thresholds === null ? null : numbersOf(thresholds, "thresholds");
  expect(cuts === null || (possible.includes("threshold") && cuts.length === names.length), "thresholds");
  if (conformal === null) return { calibration: { temperature: T, thresholds: cuts, conformal } };
  const fields = objectOf(conformal, "conformal");
  const scores = listOf(fields.scores, "scores").map((of) => numbersOf(of, "scores"));
  const isFull = scores.length === names.length && scores.every((of) => of.length === scores[0]!.length);
  expect(isFull && possible.includes("conformal"), "scores");
  const [rows, every] = [numberOf(fields.rows, "rows"), numberOf(fields.every, "every")];
  expect(every >= 1, "every");
  const { of } = fields;
  const isTold = of === "deviation" ? link === "gaussian" : of === "quantiles" && quantiles !== undefined;
  expect(of === undefined || isTold, "what its scores measure");
  const measured = of === undefined ? {} : { of: of as IntervalKind };
  return {
    calibration: { temperature: T, thresholds: cuts, conformal: { rows, every, ...measured, scores } },
  };
}

function numbersOf(value: unknown, what: string): number[] {
  return listOf(value, what).map((number) => numberOf(number, what));
}

function columnScalingOf(value: unknown): ColumnScaling {
  const fields = objectOf(value, "a scaling");
  const { name } = fields;
  if (name === "quantile_normal") {
    const quantiles = listOf(fields.quantiles, "quantiles").map((quantile) =>
      numberOf(quantile, "a quantile"),
    );
    expect(
      quantiles.every((quantile, index) => index === 0 || quantile >= quantiles[index - 1]!),
      "quantiles out of order",
    );
    return { name, quantiles };
  }
  if (name !== "log" && name !== "robust_clip") return scalingOf(value);
  return { ...scalingOf({ ...fields, name: "standard" }), name };
}

function scalingOf(value: unknown): Scaling {
  const { name, center, scale } = objectOf(value, "a scaling");
  expect(
    name === "standard" || name === "minmax" || name === "robust" || name === "none",
    "a scaling of no known name",
  );
  const factor = numberOf(scale, "scale");
  expect(factor !== 0, "a scale of 0");
  return { name, center: numberOf(center, "center"), scale: factor };
}

function targetOf(value: unknown): Target {
  const fields = objectOf(value, "target");
  const { task } = fields;
  expect(isTask(task), "a target of no known task");
  return taskOf(task).stored(storedIn(fields));
}

function storedIn(fields: Fields): Stored {
  return {
    text: (key) => textOf(fields[key], `the target's ${key}`),
    texts: (key) => textsOf(fields[key], key),
    numbers: (key) => (fields[key] === undefined ? null : numbersOf(fields[key], key)),
    parts: (key) => listOf(fields[key], `target ${key}`).map((part) => storedIn(objectOf(part, `of ${key}`))),
    scaling: (key) => scalingOf(fields[key]),
    oneOf(key, names) {
      const name = names.find((known) => known === fields[key]);
      expect(name !== undefined, key);
      return name;
    },
    require: (isSo, what) => expect(isSo, what),
  };
}

type Fields = Partial<Record<string, unknown>>;

function objectOf(value: unknown, what: string): Fields {
  expect(typeof value === "object" && value !== null && !Array.isArray(value), `${what} is no object`);
  return value;
}

function listOf(value: unknown, what: string): unknown[] {
  expect(Array.isArray(value) && value.length <= maxColumns, `${what} is no list, or too long`);
  return value;
}

function textsOf(value: unknown, what: string): string[] {
  return listOf(value, what).map((text) => textOf(text, what));
}

function textOf(value: unknown, what: string): string {
  expect(typeof value === "string", `${what} is no text`);
  return value;
}

function numberOf(value: unknown, what: string): number {
  expect(typeof value === "number" && Number.isFinite(value), `${what} is no number`);
  return value;
}

function flagOf(value: unknown, what: string): boolean {
  expect(typeof value === "boolean", `${what} is neither true nor false`);
  return value;
}
