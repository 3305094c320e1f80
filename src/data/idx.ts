/** IDX files: arrays of any rank and element type, big-endian, as MNIST comes in. May be gzip. */
import type { Problem } from "../support/errors.ts";
import { otherFiles } from "./csv/header.ts";
import { dataError } from "./problems.ts";
import { fileSize, readFileBytes } from "./source.ts";

export const elementTypes = {
  uint8: { code: 0x08, bytes: 1 },
  int8: { code: 0x09, bytes: 1 },
  int16: { code: 0x0b, bytes: 2 },
  int32: { code: 0x0c, bytes: 4 },
  float32: { code: 0x0d, bytes: 4 },
  float64: { code: 0x0e, bytes: 8 },
} as const;

export type ElementType = keyof typeof elementTypes;

export interface IdxHeader {
  readonly type: ElementType;
  /** Records, then the shape of each. */
  readonly shape: readonly number[];
  readonly headerBytes: number;
  /** Bytes of all elements. */
  readonly dataBytes: number;
}

export interface IdxArray extends IdxHeader {
  /** Bytes stay bytes; every other type becomes a 32-bit float. Row-major. */
  readonly values: Uint8Array | Float32Array;
}

/** Deflate's largest ratio: more than this many times its size no gzip file inflates to. */
const largestRatio = 1032;

/** Throws UserError: io, or data for a wrong magic, a wrong length, an element that is no finite number. */
export async function readIdx(file: string): Promise<IdxArray> {
  const size = await fileSize(file);
  let start: Uint8Array = new Uint8Array(0);
  let header: IdxHeader | null = null;
  let data = new Uint8Array(0);
  let at = 0;
  let isGzip = false;
  const take = (chunk: Uint8Array) => {
    if (at + chunk.length > data.length) throw wrongLength(file, header!, null);
    data.set(chunk, at);
    at += chunk.length;
  };
  for await (const chunk of readFileBytes(file, (gzip) => (isGzip = gzip))) {
    if (header) take(chunk);
    else {
      start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
      header = parseHeader(start, file);
      if (!header) continue;
      checkPromise(header, file, size, isGzip);
      data = new Uint8Array(header.dataBytes);
      take(start.subarray(header.headerBytes));
    }
  }
  if (!header)
    throw dataError({ file, message: "the file ends within its header", expected: "an IDX header" });
  if (at < data.length) throw wrongLength(file, header, at + header.headerBytes);
  return { ...header, values: decode(data, header.type, file) };
}

/** Records, and elements of each. */
export function recordShape({ shape }: IdxHeader): { rows: number; cols: number } {
  return { rows: shape[0]!, cols: shape.slice(1).reduce((product, size) => product * size, 1) };
}

/** null while bytes of the header are missing. */
function parseHeader(bytes: Uint8Array, file: string): IdxHeader | null {
  if (bytes.length < 4) return null;
  const type = (Object.keys(elementTypes) as ElementType[]).find(
    (name) => elementTypes[name].code === bytes[2],
  );
  const rank = bytes[3]!;
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || rank === 0) {
    throw dataError({ file, ...foreign(bytes) });
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, dimension) => view.getUint32(4 + 4 * dimension));
  const dataBytes = shape.reduce((product, size) => product * size, elementTypes[type].bytes);
  if (dataBytes === 0) {
    throw dataError({
      file,
      message: `an array of shape ${shape.join(" × ")} holds nothing`,
      expected: "elements",
    });
  }
  return { type, shape, headerBytes, dataBytes };
}

function foreign(bytes: Uint8Array): Problem {
  const known = otherFiles.find(({ magic }) => magic.every((byte, index) => byte === bytes[index]));
  if (known) return known.problem;
  const magic = Buffer.from(bytes.subarray(0, 4)).toString("hex");
  return {
    message: `the magic number ${magic} is not that of an IDX file`,
    expected: "00 00, an element type of 08, 09, 0b, 0c, 0d or 0e, and the rank",
  };
}

/** What the header promises must be what the file holds, before room is made for it. */
function checkPromise(header: IdxHeader, file: string, size: number | null, isGzip: boolean): void {
  const promised = header.headerBytes + header.dataBytes;
  if (size === null) return;
  if (isGzip ? promised > largestRatio * size + 64 : promised !== size)
    throw wrongLength(file, header, size, isGzip);
}

function wrongLength(file: string, header: IdxHeader, found: number | null, isGzip = false) {
  const promised = header.headerBytes + header.dataBytes;
  const holds = found === null ? "more" : isGzip ? `${found} compressed` : `${found}`;
  return dataError({
    file,
    message: `the header promises ${header.shape.join(" × ")} elements of ${header.type}, ${promised} bytes, and the file holds ${holds}`,
    expected: "as many bytes as the header says",
  });
}

function decode(data: Uint8Array<ArrayBuffer>, type: ElementType, file: string): Uint8Array | Float32Array {
  if (type === "uint8") return data;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (type === "int8") return Float32Array.from(new Int8Array(data.buffer));
  if (type === "int16") return Float32Array.from(new Int16Array(bytes.swap16().buffer));
  if (type === "int32") return Float32Array.from(new Int32Array(bytes.swap32().buffer));
  const values =
    type === "float32"
      ? new Float32Array(bytes.swap32().buffer)
      : Float32Array.from(new Float64Array(bytes.swap64().buffer));
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw dataError({
      file,
      message: `element ${wrong} is ${values[wrong]}`,
      expected: "finite 32-bit floats",
    });
  }
  return values;
}
