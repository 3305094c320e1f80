/**
 * Safetensors files: an 8-byte header length, a JSON header, the tensors' bytes. Reads those of any writer
 * within memory bounded by the file's true size; knows nothing of models.
 * Format: https://github.com/huggingface/safetensors#format
 */

import { isUtf8 } from "node:buffer";
import { type ByteSource, withFile } from "../support/byteSource.ts";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import { firstNonFinite } from "../support/finite.ts";
import { bytesOf, decodeElements } from "./dtypes.ts";
import type { TensorEntry } from "./safetensorsHeader.ts";
import {
  elementCount,
  formatHeader,
  type Header,
  HeaderError,
  headerLimits,
  parseHeader,
} from "./safetensorsHeader.ts";

/** Values of a shape, row-major, under a name. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** Where things are in a file. */
export interface Layout extends Header {
  /** The file's first bytes, up to the data: header length and header. */
  readonly head: Buffer;
}

/** What a safetensors file holds, without its values. Throws UserError(model), UserError(io). */
export function describeSafetensors(path: string): Header {
  return withFile(path, readLayout);
}

/** Metadata and the wanted tensors of a file of any writer. Throws UserError(model), UserError(io). */
export function readSafetensors(
  path: string,
  isWanted: (name: string) => boolean = () => true,
): { metadata: ReadonlyMap<string, string>; tensors: NamedTensor[] } {
  return withFile(path, (source) => {
    const layout = readLayout(source);
    const wanted = layout.tensors.filter(({ name }) => isWanted(name));
    return {
      metadata: layout.metadata,
      tensors: wanted.map((entry) => readTensor(source, layout, entry)),
    };
  });
}

/** Reads the head of a file, checked against the file's size. Throws UserError(model). */
export function readLayout(source: ByteSource): Layout {
  const { name: file, size } = source;
  if (size < 8) throw damaged(file, `the file was cut off: it has ${size} bytes`, "a longer model file");
  const start = Buffer.alloc(8);
  source.read(start, 0);
  const length = start.readBigUInt64LE();
  if (length > headerLimits.bytes || length < 2) throw damaged(file, ...notOne);
  if (length > size - 8)
    throw damaged(file, "the file was cut off", `its header has ${length} bytes, and there are ${size - 8}`);
  const head = Buffer.allocUnsafeSlow(8 + Number(length));
  source.read(head, 0);
  const text = head.subarray(8);
  if (text[0] !== 0x7b) throw damaged(file, ...notOne);
  if (!isUtf8(text)) throw damaged(file, "the header is not UTF-8");
  try {
    return { head, ...parseHeader(text.toString("utf8"), size - head.length) };
  } catch (error) {
    throw error instanceof HeaderError ? damaged(file, error.message, error.expected) : error;
  }
}

/** Reads one tensor; integers and half floats become floats. Throws UserError(io). */
export function readTensor(source: ByteSource, layout: Layout, entry: TensorEntry): NamedTensor {
  const { name, dtype, shape, begin, end } = entry;
  const position = layout.head.length + begin;
  try {
    const count = elementCount(shape, name);
    const floats =
      dtype === "F32" ? new Float32Array(count) : dtype === "F64" ? new Float64Array(count) : null;
    const bytes = floats ? bytesOf(floats) : new Uint8Array(end - begin);
    source.read(bytes, position);
    return { name, shape, values: floats ?? decodeElements(dtype, bytes) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `not enough memory for tensor ${JSON.stringify(name)} of ${end - begin} bytes`;
    throw new UserError(exitCodes.io, { file: source.name, message }, { cause: error });
  }
}

/** The file's head and its data, tensors in the order given. Equal input gives equal bytes. */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: ReadonlyMap<string, string>,
): { head: Buffer; data: Uint8Array[] } {
  let end = 0;
  const entries = tensors.map(({ name, shape, values }): TensorEntry => {
    const begin = end;
    end += values.byteLength;
    return { name, dtype: values instanceof Float64Array ? "F64" : "F32", shape, begin, end };
  });
  const header = formatHeader({ metadata, tensors: entries });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return { head: Buffer.concat([length, header]), data: tensors.map(({ values }) => bytesOf(values)) };
}

/** Throws UserError(model) where a tensor holds an infinity or NaN. */
export function requireFinite(file: string, tensors: readonly NamedTensor[]): void {
  for (const { name, values } of tensors) {
    const index = firstNonFinite(values);
    if (index >= 0) throw damaged(file, `${JSON.stringify(name)} holds ${values[index]} at element ${index}`);
  }
}

/** A file that is not what it should be. */
export function damaged(file: string, message: string, expected?: string, hint?: string): UserError {
  const problem: Problem = { file, message, expected, hint };
  return new UserError(exitCodes.model, problem);
}

const notOne = ["the file is not a model file, or is damaged", "a safetensors header"] as const;
