/**
 * Walks what Parquet writes in Thrift's compact protocol without building it, so that a length that the bytes do
 * not bear out is found before anybody allocates for it. Knows bytes, not Parquet.
 */

/** The whole numbers of a struct by field, and those of structs in it. */
export interface Numbers {
  readonly [field: number]: number | Numbers | undefined;
}

/** Far deeper than any Parquet file: its schema is a flat list. */
const deepest = 32;
/** Bytes of a 64-bit number, seven bits in each. */
const longestNumber = 10;

/**
 * The struct at `start`, and where it ends.
 * @throws RangeError where bytes are missing, numbers do not end or nesting does not
 */
export function walkStruct(bytes: Uint8Array, start: number): { numbers: Numbers; end: number } {
  let at = start;
  const byte = () => {
    if (at >= bytes.length) throw new RangeError("a structure ends early");
    return bytes[at++]!;
  };
  const skip = (count: number) => {
    if (count > bytes.length - at) throw new RangeError("a structure ends early");
    at += count;
  };
  const unsigned = () => {
    let value = 0;
    for (let i = 0; i < longestNumber; i++) {
      const next = byte();
      value += (next & 127) * 2 ** (7 * i);
      if (next < 128) return value;
    }
    throw new RangeError("a number does not end");
  };
  const signed = () => {
    const value = unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const struct = (depth: number): Numbers => {
    if (depth > deepest) throw new RangeError("structures are nested too deeply");
    const numbers: Record<number, number | Numbers> = {};
    for (let field = 0; ; ) {
      const head = byte();
      if ((head & 15) === 0) return numbers;
      field = head >> 4 ? field + (head >> 4) : signed();
      const value = element(head & 15, depth);
      if (value !== null) numbers[field] = value;
    }
  };
  const list = (depth: number): null => {
    if (depth > deepest) throw new RangeError("lists are nested too deeply");
    const head = byte();
    const count = head >> 4 === 15 ? unsigned() : head >> 4;
    // Every element takes a byte at least: the walk fails where they are missing.
    for (let i = 0; i < count; i++) {
      if ((head & 15) <= 2) skip(1);
      else element(head & 15, depth);
    }
    return null;
  };
  /** Types as hyparquet reads them: true, false, byte, i16, i32, i64, double, binary, list, struct. */
  const element = (type: number, depth: number): number | Numbers | null => {
    if (type === 1 || type === 2) return null;
    if (type === 3) return byte();
    if (type >= 4 && type <= 6) return signed();
    if (type === 7) skip(8);
    else if (type === 8) skip(unsigned());
    else if (type === 9) list(depth + 1);
    else if (type === 12) return struct(depth + 1);
    else throw new RangeError(`a value of unknown type ${type}`);
    return null;
  };
  return { numbers: struct(0), end: at };
}
