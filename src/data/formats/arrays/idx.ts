/** IDX: arrays of any rank and element type, big-endian, as MNIST comes in. Knows its bytes, not its files. */
import { dataError } from "../problems.ts";
import type { ArrayHeader, Elements } from "./arrayBytes.ts";

export const elementTypes = {
  uint8: { code: 0x08, bytes: 1 },
  int8: { code: 0x09, bytes: 1 },
  int16: { code: 0x0b, bytes: 2 },
  int32: { code: 0x0c, bytes: 4 },
  float32: { code: 0x0d, bytes: 4 },
  float64: { code: 0x0e, bytes: 8 },
} as const;

export type ElementType = keyof typeof elementTypes;

/** null while bytes of the header are missing. Throws UserError(data) for a wrong magic number. */
export function parseIdxHeader(bytes: Uint8Array, file: string): ArrayHeader | null {
  if (bytes.length < 4) return null;
  const type = (Object.keys(elementTypes) as ElementType[]).find(
    (name) => elementTypes[name].code === bytes[2],
  );
  const rank = bytes[3]!;
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || rank === 0) {
    const magic = Buffer.from(bytes.subarray(0, 4)).toString("hex");
    throw dataError({
      file,
      message: `the magic number ${magic} is neither that of an IDX nor of an NPY file`,
      expected: "00 00, an element type of 08, 09, 0b, 0c, 0d or 0e, and the rank",
    });
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, dimension) => view.getUint32(4 + 4 * dimension));
  const dataBytes = shape.reduce((product, size) => product * size, elementTypes[type].bytes);
  return { type, shape, headerBytes, dataBytes, decode: (data) => decodeIdx(data, type) };
}

/** The elements in this machine's order of bytes. */
function decodeIdx(data: Uint8Array<ArrayBuffer>, type: ElementType): Elements {
  if (type === "uint8") return data;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (type === "int8") return Float32Array.from(new Int8Array(data.buffer));
  if (type === "int16") return Float32Array.from(new Int16Array(bytes.swap16().buffer));
  if (type === "int32") return Float64Array.from(new Int32Array(bytes.swap32().buffer));
  if (type === "float32") return new Float32Array(bytes.swap32().buffer);
  return new Float64Array(bytes.swap64().buffer);
}
