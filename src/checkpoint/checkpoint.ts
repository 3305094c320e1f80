/**
 * A model file: named tensors and what is needed to use them or to continue training, in one safetensors file in which
 * every flipped bit is detected. Knows names and JSON, not layers and specs.
 *
 * `__metadata__` begins with `sha256`, the SHA-256 of the whole file in this order: the tensors' bytes, the
 * 8 bytes of the header length, the header with 64 zeros in place of the digest. As parameters come first,
 * one pass of hashing gives the digest of the weights as well. Later format versions keep this.
 */

import { createHash, type Hash } from "node:crypto";
import { type ByteSource, memorySource, withFile } from "../support/byteSource.ts";
import { assert, exitCodes, type Problem, UserError } from "../support/errors.ts";
import { firstNonFinite } from "../support/finite.ts";
import { writeInside } from "../support/inside.ts";
import { excessOf } from "./jsonSize.ts";
import {
  damaged,
  encodeSafetensors,
  type Layout,
  type NamedTensor,
  readLayout,
  readSafetensors,
  readTensor,
  requireFinite,
} from "./safetensors.ts";
import { headerLimits, type TensorEntry } from "./safetensorsHeader.ts";

/** What a model file holds. The three objects are plain JSON values, given back as they were. */
export interface Checkpoint {
  /** Version of nnt that wrote it. */
  readonly nnt: string;
  /** The resolved spec. */
  readonly spec: object;
  /** Fitted preprocessing: columns, categories, scaling, classes. */
  readonly preprocessing: object;
  /** Progress, schedule, early stopping: what a resumed run needs besides the tensors. */
  readonly training: Progress;
  /** Under torch's names, in the model's order: `layers.0.weight`. */
  readonly parameters: readonly NamedTensor[];
  /** What the forward pass needs but no gradient moves: `layers.1.running_mean`. */
  readonly buffers: readonly NamedTensor[];
  /** `optimizer.<slot>.<parameter>`. */
  readonly optimizer: readonly NamedTensor[];
}

/** How far training has come. */
export interface Progress {
  /** Epochs completed. */
  readonly epoch: number;
  /** Updates made. */
  readonly step: number;
}

/** A checkpoint read from a file. */
export interface StoredCheckpoint extends Checkpoint {
  readonly training: Progress & Readonly<Record<string, unknown>>;
  /** Every tensor of the file, including those that were not read. */
  readonly layout: readonly TensorEntry[];
  readonly digests: Digests;
  /** Size of the file. */
  readonly bytes: number;
}

export interface Digests {
  /** Of the whole file, in hex; see above. */
  readonly sha256: string;
  /** Of the parameters' bytes in order, in hex. */
  readonly weights: string;
}

/** A model file of a newer format than this nnt knows: not damaged, so neither passed over nor overwritten. */
export class UnknownFormat extends UserError {}

/**
 * Saves a model under one path or several of one directory, atomically each. Throws UserError(diverged),
 * before anything is written, where a tensor is not finite: such a file could not be read again.
 */
export function writeCheckpoint(paths: string | readonly string[], checkpoint: Checkpoint): Digests {
  const { chunks, digests } = encodeCheckpoint(checkpoint);
  writeInside(paths, chunks);
  return digests;
}

/** The bytes of a model file. Equal checkpoints give equal bytes. */
export function encodeCheckpoint(checkpoint: Checkpoint): { chunks: Uint8Array[]; digests: Digests } {
  const { parameters, buffers, optimizer } = checkpoint;
  const tensors = [...parameters, ...buffers, ...optimizer];
  for (const tensor of tensors) checkTensor(tensor);
  assert(new Set(tensors.map(({ name }) => name)).size === tensors.length, "tensor names are unique");
  assert(
    optimizer.every(({ name }) => isOptimizerState(name)),
    "optimizer state is named so",
  );
  const { head, data } = encodeSafetensors(tensors, encodeMetadata(checkpoint));
  if (head.length - 8 > headerLimits.bytes)
    throw new UserError(
      exitCodes.data,
      tooMuch(`the header of spec and preprocessing takes ${head.length} bytes`),
    );
  const hash = createHash("sha256");
  for (const bytes of data.slice(0, parameters.length)) hash.update(bytes);
  const weights = hash.copy().digest("hex");
  for (const bytes of data.slice(parameters.length)) hash.update(bytes);
  const sha256 = hash.update(head).digest("hex");
  head.write(sha256, digestAt, "latin1");
  return { chunks: [head, ...data], digests: { sha256, weights } };
}

/** Which tensors to load; the whole file is verified in any case. */
export type Wanted = "all" | "model" | "none";

/**
 * Reads and verifies a model file; "model" leaves out the optimizer's state, "none" all values.
 * Throws UserError(model), UnknownFormat, UserError(io).
 */
export function readCheckpoint(path: string, wanted: Wanted = "all"): StoredCheckpoint {
  return withFile(path, (source) => decodeCheckpoint(source, wanted));
}

/** As `readCheckpoint`, from anywhere. */
export function decodeCheckpoint(file: ByteSource, wanted: Wanted = "all"): StoredCheckpoint {
  const source = file.size <= wholeFileLimit ? memorySource(file.name, load(file)) : file;
  const layout = readLayout(source);
  const { metadata, tensors } = layout;
  if (!metadata.has("format_version")) throw damaged(source.name, ...foreign);
  const bufferNames = new Set(names(source, metadata));
  const parameters = tensors.filter(({ name }) => !isOptimizerState(name) && !bufferNames.has(name));
  const digests = verify(source, layout, parameters.at(-1)?.end ?? 0);
  checkVersion(source.name, metadata.get("format_version"));

  const read = (entries: readonly TensorEntry[]) => {
    const loaded = entries.map((entry) => readTensor(source, layout, entry));
    requireFinite(source.name, loaded);
    return loaded;
  };
  return {
    nnt: metadata.get("nnt") ?? "",
    spec: parseObject(source, metadata, "spec"),
    preprocessing: parseObject(source, metadata, "preprocessing"),
    training: parseTraining(source, metadata),
    parameters: wanted === "none" ? [] : read(parameters),
    buffers: wanted === "none" ? [] : read(tensors.filter(({ name }) => bufferNames.has(name))),
    optimizer: wanted === "all" ? read(tensors.filter(({ name }) => isOptimizerState(name))) : [],
    layout: tensors,
    digests,
    bytes: source.size,
  };
}

/**
 * Parameters and buffers to start from (`init.from`): of a model file, verified, or of any safetensors
 * file. Throws UserError(model), UserError(io).
 */
export function readWeights(path: string): NamedTensor[] {
  const { metadata } = withFile(path, readLayout);
  const isOurs = metadata.has("format_version") || metadata.has("nnt"); // one flipped bit cannot hide both
  if (isOurs) {
    const { parameters, buffers } = readCheckpoint(path, "model");
    return [...parameters, ...buffers];
  }
  const { tensors } = readSafetensors(path);
  requireFinite(path, tensors);
  // As torch.nn.Sequential calls them that is a model by itself: `0.weight`.
  const isSequential = tensors.length > 0 && tensors.every(({ name }) => /^\d+\./.test(name));
  return isSequential ? tensors.map((tensor) => ({ ...tensor, name: `layers.${tensor.name}` })) : tensors;
}

/** The format this file writes and reads. */
const formatVersion = "1";

/** Files up to this size are read at once; larger ones twice, first in pieces to verify them. */
const wholeFileLimit = 4 * 2 ** 20;
const pieceSize = 2 ** 20;

const headStart = '{"__metadata__":{"sha256":"';
const noDigest = "0".repeat(64);
/** Where the digest stands in a file. */
const digestAt = 8 + headStart.length;

const foreign = [
  "the file holds tensors, but is not a model written by nnt",
  "a .ckpt file of a run",
  "to start training from these weights, put init: { from: … } in the spec",
] as const;

function encodeMetadata({ nnt, spec, preprocessing, training, buffers }: Checkpoint): Map<string, string> {
  return new Map([
    ["sha256", noDigest],
    ["format_version", formatVersion],
    ["nnt", nnt],
    ["spec", toJson(spec)],
    ["preprocessing", toJson(preprocessing)],
    ["training", toJson(training)],
    ["buffers", toJson(buffers.map(({ name }) => name))],
  ]);
}

/** JSON that parses to an equal value: anything that JSON would silently turn into null or an object is a bug. */
function toJson(value: object): string {
  const text = JSON.stringify(value, (key, part: unknown) => {
    assert(typeof part !== "number" || Number.isFinite(part), `metadata ${key} is finite`);
    assert(!ArrayBuffer.isView(part) && !(part instanceof Map), `metadata ${key} is plain JSON`);
    return part;
  });
  const excess = excessOf(text);
  if (excess) throw new UserError(exitCodes.data, tooMuch(`the spec or preprocessing ${excess}`));
  return text;
}

function checkTensor({ name, shape, values }: NamedTensor): void {
  const count = shape.reduce((product, size) => product * size, 1);
  assert(count === values.length, `${name} [${shape}] has ${values.length} values`);
  const index = firstNonFinite(values);
  if (index < 0) return;
  const message = `the model cannot be saved: ${name} holds ${values[index]} at element ${index}`;
  throw new UserError(exitCodes.diverged, { message });
}

function isOptimizerState(name: string): boolean {
  return name.startsWith("optimizer.");
}

/** Compares digest and content. Returns the digests; that of the weights is over the first data bytes. */
function verify(source: ByteSource, { head, tensors }: Layout, parametersEnd: number): Digests {
  const start = head.toString("latin1", 8, digestAt);
  const sha256 = head.toString("latin1", digestAt, digestAt + 64);
  if (start !== headStart) throw damaged(source.name, "the file is damaged: its digest is not in its place");
  const hash = createHash("sha256");
  const dataEnd = tensors.at(-1)?.end ?? 0;
  hashData(source, hash, head.length, parametersEnd);
  const weights = hash.copy().digest("hex");
  hashData(source, hash, head.length + parametersEnd, dataEnd - parametersEnd);
  hash
    .update(head.subarray(0, digestAt))
    .update(noDigest)
    .update(head.subarray(digestAt + 64));
  if (hash.digest("hex") !== sha256) throw damaged(source.name, ...notIntact);
  return { sha256, weights };
}

const notIntact = ["the file is damaged: its content does not match its sha256"] as const;

function hashData(source: ByteSource, hash: Hash, position: number, length: number): void {
  const piece = new Uint8Array(Math.min(length, pieceSize));
  for (let done = 0; done < length; ) {
    const part = piece.subarray(0, Math.min(pieceSize, length - done));
    source.read(part, position + done);
    hash.update(part);
    done += part.length;
  }
}

function load(source: ByteSource): Uint8Array {
  const bytes = new Uint8Array(source.size);
  source.read(bytes, 0);
  return bytes;
}

function checkVersion(file: string, version: string | undefined): void {
  if (version === formatVersion) return;
  throw new UnknownFormat(exitCodes.model, {
    file,
    message: `the file has format version ${JSON.stringify(version?.slice(0, 20))}`,
    expected: `version ${formatVersion}, which this nnt reads`,
    hint: "a newer nnt wrote it: update nnt",
  });
}

function parseObject(source: ByteSource, metadata: Layout["metadata"], key: string): Record<string, unknown> {
  const value = parseJson(source, metadata, key);
  if (isObject(value) && !Array.isArray(value)) return value as Record<string, unknown>;
  throw damaged(source.name, `metadata ${key} is not a JSON object`);
}

function parseTraining(source: ByteSource, metadata: Layout["metadata"]): StoredCheckpoint["training"] {
  const training = parseObject(source, metadata, "training");
  const { epoch, step } = training;
  if (isCount(epoch) && isCount(step)) return { ...training, epoch, step };
  throw damaged(source.name, "metadata training has no epoch and step");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function names(source: ByteSource, metadata: Layout["metadata"]): string[] {
  const value = parseJson(source, metadata, "buffers");
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value;
  throw damaged(source.name, "metadata buffers is not a list of names");
}

function parseJson(source: ByteSource, metadata: Layout["metadata"], key: string): unknown {
  const text = metadata.get(key);
  if (text === undefined) throw damaged(source.name, `metadata ${key} is missing`);
  const excess = excessOf(text);
  if (excess) throw damaged(source.name, `metadata ${key} ${excess}`);
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(source.name, `metadata ${key} is not valid JSON`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function tooMuch(message: string): Problem {
  const hint = "if a category column has very many levels, merge the rare ones or ignore it";
  return { message: `the model cannot be saved: ${message}`, hint };
}
