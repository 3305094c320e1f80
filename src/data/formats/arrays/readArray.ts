/** Arrays of numbers, whatever their format: a reader each. All may be gzip. */
import { type ArrayFormat, formatStarting, isArrayFormat } from "../../../support/fileFormats.ts";
import { notRead } from "../misnamed.ts";
import { dataError } from "../problems.ts";
import { type ArrayHeader, type Elements, readArrayBytes } from "./arrayBytes.ts";
import { parseIdxHeader } from "./idx.ts";
import { parseNpyHeader } from "./npy.ts";

export interface NumberArray {
  readonly file: string;
  readonly format: ArrayFormat;
  /** Of the elements in the file. */
  readonly type: string;
  /** Records, then the shape of each. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Elements;
}

/** The header that bytes begin with; null while some of its bytes are missing. */
const readers = { idx: parseIdxHeader, npy: parseNpyHeader } satisfies Record<
  ArrayFormat,
  (bytes: Uint8Array, file: string) => ArrayHeader | null
>;

/** No array has fewer bytes, and so many tell its format. */
const leastBytes = 8;

/** Throws UserError: io, or data for a wrong magic number, a wrong length, elements that are no numbers. */
export async function readArray(file: string): Promise<NumberArray> {
  let format: ArrayFormat | null = null;
  const { header, data } = await readArrayBytes(file, (bytes) => {
    if (bytes.length < leastBytes) return null;
    format ??= formatOfArray(bytes, file);
    return readers[format](bytes, file);
  });
  return { file, format: format!, type: header.type, shape: header.shape, values: header.decode(data) };
}

/** What is unknown is left to IDX, which says what it misses. */
function formatOfArray(bytes: Uint8Array, file: string): ArrayFormat {
  const format = formatStarting(bytes);
  if (format === null) return "idx";
  if (isArrayFormat(format)) return format;
  throw notRead(format, file, "arrays");
}

/** Records, and elements of each. */
export function recordShape({ shape }: Pick<NumberArray, "shape">): { rows: number; cols: number } {
  return { rows: shape[0]!, cols: shape.slice(1).reduce((product, size) => product * size, 1) };
}

/** The elements, as precise as they are. Throws UserError(data) for one that is no finite 32-bit float. */
export function finiteValues({ values, file }: NumberArray): Elements {
  if (values instanceof Uint8Array) return values;
  const wrong = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (wrong < 0) return values;
  throw dataError({
    file,
    message: `element ${wrong} is ${values[wrong]}`,
    expected: "finite 32-bit floats",
  });
}
