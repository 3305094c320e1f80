/** Arrays of numbers from IDX and NPY files, by their first bytes; either may be gzip. */

import { dataError } from "../problems.ts";
import { readArrayBytes } from "./arrayBytes.ts";
import { decodeIdx, parseIdxHeader } from "./idx.ts";
import { decodeNpy, isNpy, parseNpyHeader } from "./npy.ts";

export interface NumberArray {
  readonly file: string;
  readonly format: "idx" | "npy";
  /** Of the elements in the file. */
  readonly type: string;
  /** Records, then the shape of each. */
  readonly shape: readonly number[];
  /** Row-major. Bytes stay bytes; others have the precision their type needs. */
  readonly values: Uint8Array | Float32Array | Float64Array;
}

/** Throws UserError: io, or data for a wrong magic number, a wrong length, elements that are no numbers. */
export async function readArray(file: string): Promise<NumberArray> {
  const parse = (bytes: Uint8Array) =>
    isNpy(bytes) ? parseNpyHeader(bytes, file) : parseIdxHeader(bytes, file);
  const { header, data } = await readArrayBytes(file, parse);
  const values = header.format === "npy" ? decodeNpy(data, header) : decodeIdx(data, header);
  return { file, format: header.format, type: header.type, shape: header.shape, values };
}

/** Records, and elements of each. */
export function recordShape({ shape }: Pick<NumberArray, "shape">): { rows: number; cols: number } {
  return { rows: shape[0]!, cols: shape.slice(1).reduce((product, size) => product * size, 1) };
}

/** The elements as bytes or 32-bit floats. Throws UserError(data) for one that is no finite 32-bit float. */
export function finiteValues({ values, file }: NumberArray): Uint8Array | Float32Array {
  if (values instanceof Uint8Array) return values;
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const wrong = floats.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return floats;
  throw dataError({
    file,
    message: `element ${wrong} is ${values[wrong]}`,
    expected: "finite 32-bit floats",
  });
}
