/** The element types of safetensors files that nnt reads, and how their little-endian bytes become floats. */

import { endianness } from "node:os";
import { assert } from "../support/errors.ts";

interface ElementType {
  readonly bytes: number;
  /** The element at a byte offset. 64-bit integers beyond 2^53 are rounded. */
  readonly at: (view: DataView, offset: number) => number;
  /** Whether every value is a 32-bit float too. */
  readonly fits32: boolean;
}

const elementTypes = {
  F64: { bytes: 8, fits32: false, at: (view, offset) => view.getFloat64(offset, true) },
  F32: { bytes: 4, fits32: true, at: (view, offset) => view.getFloat32(offset, true) },
  F16: { bytes: 2, fits32: true, at: (view, offset) => float16(view.getUint16(offset, true)) },
  BF16: { bytes: 2, fits32: true, at: (view, offset) => bfloat16(view.getUint16(offset, true)) },
  I64: { bytes: 8, fits32: false, at: (view, offset) => Number(view.getBigInt64(offset, true)) },
  I32: { bytes: 4, fits32: false, at: (view, offset) => view.getInt32(offset, true) },
  I16: { bytes: 2, fits32: true, at: (view, offset) => view.getInt16(offset, true) },
  I8: { bytes: 1, fits32: true, at: (view, offset) => view.getInt8(offset) },
  U64: { bytes: 8, fits32: false, at: (view, offset) => Number(view.getBigUint64(offset, true)) },
  U32: { bytes: 4, fits32: false, at: (view, offset) => view.getUint32(offset, true) },
  U16: { bytes: 2, fits32: true, at: (view, offset) => view.getUint16(offset, true) },
  U8: { bytes: 1, fits32: true, at: (view, offset) => view.getUint8(offset) },
  BOOL: { bytes: 1, fits32: true, at: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1) },
} satisfies Record<string, ElementType>;

export type Dtype = keyof typeof elementTypes;

export const dtypes = Object.keys(elementTypes) as readonly Dtype[];

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(elementTypes, name);
}

/** Bytes of one element. */
export function bytesPerElement(dtype: Dtype): number {
  return elementTypes[dtype].bytes;
}

/** The elements as 32-bit floats where these hold every value of the type, else as 64-bit ones. */
export function decodeElements(dtype: Dtype, bytes: Uint8Array): Float32Array | Float64Array {
  const type: ElementType = elementTypes[dtype];
  const count = bytes.length / type.bytes;
  const values = type.fits32 ? new Float32Array(count) : new Float64Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let index = 0; index < count; index++) values[index] = type.at(view, index * type.bytes);
  return values;
}

/** The memory of an array as bytes, not copied: little-endian, as files have it. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  assert(endianness() === "LE", "nnt runs on little-endian machines");
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** IEEE 754 binary16: 1 sign bit, 5 bits of exponent, 10 of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a binary32. */
function bfloat16(bits: number): number {
  word.setUint32(0, bits * 65536);
  return word.getFloat32(0);
}
