/** A trained network read from its model file, ready to predict. Files of unknown origin are checked here. */
import { existsSync, statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { readCheckpoint, type StoredCheckpoint } from "../checkpoint/checkpoint.ts";
import { pathsIn } from "../checkpoint/runDirectory.ts";
import type { DataSpec, LayerSpec, LossSpec } from "../config/schema.ts";
import { parseStoredSpec } from "../config/storedSpec.ts";
import { asUsual, type Written, writtenAs } from "../data/formats/notation.ts";
import { parsePreprocessing } from "../data/preprocessing/parsePreprocessing.ts";
import {
  behindTexts,
  embeddedInputs,
  embeddedNumbers,
  inputWidth,
  numberInputs,
  outputWidth,
  type Preprocessing,
  textInputs,
} from "../data/preprocessing/preprocessing.ts";
import type { Kernels } from "../engine/kernels.ts";
import { describeModel } from "../model/describe.ts";
import { embedding } from "../model/embedNumbers.ts";
import { layers as layerTable } from "../model/layers.ts";
import { links } from "../model/losses.ts";
import { buildModel, type Model } from "../model/model.ts";
import { checkTensors } from "../model/tensors.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { formatNamed, isRowFormat } from "../support/fileFormats.ts";
import { textLayers } from "../train/resolveNetwork.ts";
import { disagreement } from "./modelParts.ts";

export interface SavedModel {
  readonly path: string;
  readonly checkpoint: StoredCheckpoint;
  readonly preprocessing: Preprocessing;
  readonly layers: readonly LayerSpec[];
  readonly loss: LossSpec;
  readonly data: DataSpec;
  readonly seed: number;
}

/** @throws UserError (exit code 4) if the file is damaged or describes no network, 5 if it cannot be read */
export function readModel(path: string): SavedModel {
  const checkpoint = checkpointAt(path);
  const preprocessing = parsePreprocessing(checkpoint.preprocessing, path);
  const { model: stored } = checkpoint.spec as { model?: unknown };
  const layers = checkLayers(isObject(stored) ? stored.layers : null, path);
  const parsed = parseStoredSpec(checkpoint.spec);
  if ("problem" in parsed) throw noNetwork(path, parsed.problem);
  const { data, seed, loss } = parsed.spec;
  if (loss === null) throw noNetwork(path, "it has no loss");
  checkEmbeddings(layers, preprocessing, path);
  const why = disagreement({ data, loss }, preprocessing, layers);
  if (why !== null) throw noNetwork(path, why);
  return { path, checkpoint, preprocessing, layers, loss, data, seed };
}

/** How rows to predict are written: as those trained on, but for what stands between fields, which a header tells. */
export function rowsLike({ data }: Pick<SavedModel, "data">): Written {
  if (data.format !== "csv") return asUsual;
  const written = writtenAs(data);
  return written.header ? { ...written, delimiter: null } : written;
}

function checkpointAt(path: string): StoredCheckpoint {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const { best } = pathsIn(path);
    const hint = existsSync(best)
      ? `the best model of that run: ${best}`
      : "a run keeps its models as best.ckpt and last.ckpt";
    throw new UserError(exitCodes.io, {
      file: path,
      message: "it is a directory",
      expected: "a model file",
      hint,
    });
  }
  try {
    return readCheckpoint(path, "model");
  } catch (error) {
    const isData = isRowFormat(formatNamed(path)) && error instanceof UserError;
    if (!isData || error.exitCode !== exitCodes.model) throw error;
    const problem = { file: path, message: "it is a table, not a model", expected: "a .ckpt file of a run" };
    throw new UserError(exitCodes.model, { ...problem, hint: "data stands behind an option: see --help" });
  }
}

/** The network with its weights. @throws UserError (exit code 4) if tensors and layers do not fit */
export function restoreModel(k: Kernels, saved: SavedModel): Model {
  const { checkpoint, preprocessing, layers, path, seed } = saved;
  const tensors = [...checkpoint.parameters, ...checkpoint.buffers];
  const ends = { inputWidth: inputWidth(preprocessing), outputWidth: outputWidth(preprocessing) };
  // Before memory is allocated: a hostile file may describe huge layers without holding their tensors.
  const description = describeModel(layers, ends.inputWidth, ends.outputWidth);
  checkTensors(
    description.layers.flatMap((layer) => layer.tensors),
    tensors,
    path,
  );
  const model = buildModel(k, layers, { ...ends, seed, init: { name: "zeros" } });
  model.load(tensors, path);
  return model;
}

/** Members of an ensemble; more are a mistake or an attack. */
const mostMembers = 4096;

/** Wider layers than these are a mistake or an attack; the tensors in the file decide in the end. */
const largestWidth = 2 ** 24;

/** What layers are made of; their options are the schema's. */
function checkLayers(value: unknown, path: string, place = "layer"): LayerSpec[] {
  if (!Array.isArray(value) || value.length === 0) throw noNetwork(path, "it lists no layers");
  for (const [index, layer] of value.entries()) {
    const name = `${place} ${index}`;
    const { type, ...options } = isObject(layer) ? layer : {};
    // Seeds of blends of folds of ensembles with blocks are the deepest that is allowed.
    const hasLayers = type === "residual" || type === "ensemble" || type === "blend";
    const isTooDeep = place.split(",").length > 4 && hasLayers;
    if (typeof type !== "string" || !Object.hasOwn(layerTable, type) || isTooDeep)
      throw noNetwork(path, `${name} has an unknown type`);
    const { width, layers, average, members, networks } = options as { [option: string]: unknown };
    if (type === "residual" || type === "ensemble") checkLayers(layers, path, `${name}, layer`);
    if (type === "blend") checkNetworks(networks, path, name);
    const isAverage = typeof average === "string" && Object.hasOwn(links, average);
    const isMembers = Number.isInteger(members) && Number(members) > 0;
    if (type === "ensemble" && !(isAverage && isMembers && Number(members) <= mostMembers))
      throw noNetwork(path, `${name} is not a valid ensemble`);
    if (type === "blend" && !isAverage) throw noNetwork(path, `${name} is not a valid blend`);
    const isWidth = Number.isInteger(width) && Number(width) > 0 && Number(width) <= largestWidth;
    if (type === "linear" && !isWidth) throw noNetwork(path, `${name} has no valid width`);
  }
  return value as LayerSpec[];
}

/** Of a blend; their weights are the schema's. */
function checkNetworks(networks: unknown, path: string, place: string): void {
  if (!Array.isArray(networks) || networks.length === 0 || networks.length > mostMembers)
    throw noNetwork(path, `${place} is not a valid blend`);
  for (const network of networks)
    checkLayers(isObject(network) ? network.layers : null, path, `${place}, layer`);
}

/** Layers that embed come first, in the model or in each member, and embed what the columns say. */
function checkEmbeddings(layers: readonly LayerSpec[], preprocessing: Preprocessing, path: string): void {
  const texts = textInputs(preprocessing);
  const { embedded: blocks, numbers } = behindTexts({
    texts,
    embedded: embeddedInputs(preprocessing),
    numbers: numberInputs(preprocessing),
  });
  const columns = embeddedNumbers(numbers, blocks);
  /** Texts are read first: in the model, or in each of its networks. */
  const behindReading = (row: readonly LayerSpec[]): (readonly LayerSpec[])[] | null => {
    const [first] = row;
    const isWhole = first?.type === "ensemble" || first?.type === "blend";
    if (isDeepStrictEqual(row.slice(0, texts.length), textLayers(texts))) return [row.slice(texts.length)];
    if (!isWhole || row.length > 1) return null;
    const parts = first.type === "blend" ? first.networks.map(({ layers }) => layers) : [first.layers];
    const read = parts.map(behindReading);
    return read.every((rows) => rows !== null) ? read.flat() : null;
  };
  const rows = behindReading(layers);
  if (rows === null) throw noNetwork(path, "its layers do not match its texts");
  const areThose = (row: readonly LayerSpec[]): boolean => {
    const [first] = row;
    if (first?.type === "ensemble") return areThose(first.layers);
    if (first?.type === "blend") return first.networks.every(({ layers }) => areThose(layers));
    const others = blocks.length > 0 ? row.slice(1) : row;
    const isEmbedded =
      blocks.length === 0 || (first?.type === "embed" && isDeepStrictEqual(first.blocks, blocks));
    return (
      isEmbedded &&
      others.every(
        (layer, index) =>
          layer.type !== "embed" &&
          layer.type !== "embed_text" &&
          (layer.type !== "embed_numbers" ||
            (index === 0 && isDeepStrictEqual(layer, embedding(layer, columns)))) &&
          (!("layers" in layer) || layer.layers.every((inner) => !inner.type.startsWith("embed"))),
      )
    );
  };
  if (rows.every(areThose)) return;
  throw noNetwork(path, "its embeddings do not match its columns");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function noNetwork(file: string, why: string): UserError {
  return new UserError(exitCodes.model, {
    file,
    message: `the model file describes no valid network: ${why}`,
  });
}
