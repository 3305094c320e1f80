/** NPY: NumPy's file of one array, any rank and numeric type. Knows its bytes, not its files. */

import { dataError } from "../problems.ts";
import type { ArrayHeader, Elements } from "./arrayBytes.ts";

interface Layout {
  /** NumPy's name of the type: the order of bytes, a letter, the bytes of an element. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Whether the first dimension runs fastest, not the last. */
  readonly isFortran: boolean;
}

/** By NumPy's letter and bytes: a name, and the elements from bytes in this machine's order. */
const elementTypes: Readonly<Record<string, { name: string; read: (buffer: ArrayBuffer) => Elements }>> = {
  b1: { name: "bool", read: (buffer) => Float32Array.from(new Uint8Array(buffer), (byte) => +(byte !== 0)) },
  u1: { name: "uint8", read: (buffer) => new Uint8Array(buffer) },
  i1: { name: "int8", read: (buffer) => Float32Array.from(new Int8Array(buffer)) },
  u2: { name: "uint16", read: (buffer) => Float32Array.from(new Uint16Array(buffer)) },
  i2: { name: "int16", read: (buffer) => Float32Array.from(new Int16Array(buffer)) },
  u4: { name: "uint32", read: (buffer) => Float64Array.from(new Uint32Array(buffer)) },
  i4: { name: "int32", read: (buffer) => Float64Array.from(new Int32Array(buffer)) },
  u8: { name: "uint64", read: (buffer) => Float64Array.from(new BigUint64Array(buffer), Number) },
  i8: { name: "int64", read: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number) },
  f2: { name: "float16", read: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToNumber) },
  f4: { name: "float32", read: (buffer) => new Float32Array(buffer) },
  f8: { name: "float64", read: (buffer) => new Float64Array(buffer) },
};

/** NumPy's headers take a hundred bytes; one of a hundred times as many says nothing that is read here. */
const largestHeader = 2 ** 16;

/** null while bytes of the header are missing. Throws UserError(data) for arrays of anything but numbers. */
export function parseNpyHeader(bytes: Uint8Array, file: string): ArrayHeader | null {
  if (bytes.length < 12) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw dataError({
      file,
      message: `NPY version ${version}.${bytes[7]}`,
      expected: "1.0, 2.0 or 3.0",
    });
  }
  const textStart = version === 1 ? 10 : 12;
  const textBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (textBytes > largestHeader) throw badHeader(file, `of ${textBytes} bytes`);
  const headerBytes = textStart + textBytes;
  if (bytes.length < headerBytes) return null;

  const text = Buffer.from(bytes.subarray(textStart, headerBytes)).toString("latin1");
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const sizes = /'shape'\s*:\s*\(((?:\s*\d+L?\s*,)*\s*(?:\d+L?)?\s*)\)/.exec(text)?.[1];
  if (descr === undefined && /'descr'\s*:\s*\[/.test(text))
    throw notNumbers(file, "records of several fields");
  if (descr === undefined || order === undefined || sizes === undefined)
    throw badHeader(file, "that can't be read");
  const type = elementTypes[descr.slice(1)];
  if (!/^[<>|=]/.test(descr) || !type) throw notNumbers(file, `elements of type "${descr}"`);
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  if (shape.length === 0) throw notNumbers(file, "a single value, without any dimension");
  const dataBytes = shape.reduce((product, size) => product * size, Number(descr[2]));
  return {
    type: type.name,
    shape,
    headerBytes,
    dataBytes,
    decode: (data) => decodeNpy(data, { descr, shape, isFortran: order === "True" }),
  };
}

function decodeNpy(data: Uint8Array<ArrayBuffer>, { descr, shape, isFortran }: Layout): Elements {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const width = Number(descr[2]);
  if (descr[0] === ">" && width > 1) bytes[`swap${(8 * width) as 16 | 32 | 64}`]();
  const values = elementTypes[descr.slice(1)]!.read(data.buffer);
  return isFortran && shape.length > 1 ? rowMajor(values, shape) : values;
}

/** Elements whose first dimension runs fastest, brought into the order in which the last one does. */
function rowMajor(values: Elements, shape: readonly number[]): Elements {
  const rows = shape[0]!;
  const cols = values.length / rows;
  const from = new Float64Array(cols);
  let stride = rows;
  // The last dimension of a record runs fastest in what is asked for: sizes after it say how long it stays.
  let repeat = cols;
  for (const size of shape.slice(1)) {
    repeat /= size;
    for (let col = 0; col < cols; col++) from[col]! += (Math.floor(col / repeat) % size) * stride;
    stride *= size;
  }
  const out = new (values.constructor as new (length: number) => Elements)(values.length);
  for (let col = 0; col < cols; col++) {
    for (let row = 0, at = from[col]!; row < rows; row++) out[row * cols + col] = values[at + row]!;
  }
  return out;
}

/** IEEE 754 binary16: sign, five bits of exponent, ten of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function badHeader(file: string, what: string) {
  const expected = "descr, fortran_order and shape, as numpy.save writes them";
  return dataError({ file, message: `an NPY header ${what}`, expected });
}

function notNumbers(file: string, what: string) {
  return dataError({
    file,
    message: `the array holds ${what}`,
    expected: "numbers, with a first dimension that counts records",
  });
}
