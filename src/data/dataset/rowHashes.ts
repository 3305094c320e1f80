/**
 * Hashes of what rows hold: they follow from the names and values of a row's columns, not from the columns' order, the
 * row's place or the file's format. Splits are dealt by them, and rows known again. Knows nothing of splits.
 */
import { mix32 } from "../../support/random.ts";
import type { Elements } from "../formats/arrays/arrayBytes.ts";
import { type NumberArray, recordShape } from "../formats/arrays/readArray.ts";
import type { RawValues } from "../table/cells.ts";
import { canonicalLabel, isDecimal } from "../table/labels.ts";
import type { Table } from "../table/readTable.ts";

/** Bits of a hash: 2³² pairs of different rows hold one that seems equal 15 times in a million. */
export const hashBits = 48;

/** A column as hashes see it. */
export interface HashedColumn {
  readonly name: string;
  /** The text of a level's number; null: the column holds numbers. */
  readonly textOf: ((level: number) => string) | null;
}

/** Two words of 32 bits. */
interface Words {
  readonly low: number;
  readonly high: number;
}

/**
 * Hashes, as doubles of {@link hashBits} bits, of rows whose values stand at values[from …], over the columns of
 * the given names.
 */
export function rowHasher(
  columns: readonly HashedColumn[],
  names: ReadonlySet<string>,
): (values: RawValues, from: number) => number {
  const used = columns.flatMap(({ name, textOf }, j) => (names.has(name) ? [{ name, textOf, j }] : []));
  const salts = used.map(({ name }) => textWords(name));
  const lowSalts = Int32Array.from(salts, ({ low }) => low);
  const highSalts = Int32Array.from(salts, ({ high }) => high);
  const positions = Int32Array.from(used, ({ j }) => j);
  const levels = used.map(({ textOf }) => textOf && new LevelWords(textOf));
  let seen: RawValues | null = null;
  let bits: Int32Array = new Int32Array(0);
  return (values, from) => {
    if (values !== seen) {
      seen = values;
      bits = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
    }
    let [low, high] = [0, 0];
    for (let i = 0; i < positions.length; i++) {
      const at = 2 * (from + positions[i]!);
      let w = bits[at]!;
      let v = bits[at + 1]!;
      if ((v & notFinite) === notFinite) {
        w = missing.low;
        v = missing.high;
      } else {
        const words = levels[i]!;
        if (words) {
          const level = values[at >> 1]!;
          if (level >= words.count) words.learn(level);
          w = words.lows[level]!;
          v = words.highs[level]!;
        } else if (v === signBit && w === 0) v = 0; // -0 is 0
      }
      // Sums, so that columns may stand in any order.
      low = (low + scrambled(w ^ lowSalts[i]!, v)) | 0;
      high = (high + scrambled(v ^ highSalts[i]!, w)) | 0;
    }
    return joined(low, high);
  };
}

/** The hash of each row of a table. */
export function rowHashes(table: Table, names: ReadonlySet<string>): Float64Array {
  const { columns, rowsPerSlab, rows, slabs } = table;
  const hash = rowHasher(
    columns.map(({ name, kind, levels }) => ({
      name,
      textOf: kind === "text" ? (level) => levels[level]! : null,
    })),
    names,
  );
  const hashes = new Float64Array(rows);
  for (const [number, slab] of slabs.entries()) {
    const first = number * rowsPerSlab;
    const count = Math.min(rowsPerSlab, rows - first);
    for (let row = 0; row < count; row++) hashes[first + row] = hash(slab, row * columns.length);
  }
  return hashes;
}

/** The hash of each record of several arrays of as many: their elements have places instead of names. */
export function recordHashes(arrays: readonly NumberArray[]): Float64Array {
  const rows = arrays[0]!.shape[0]!;
  const lows = new Int32Array(rows);
  const highs = new Int32Array(rows);
  for (const array of arrays) {
    const { values } = array;
    const { cols } = recordShape(array);
    if (values instanceof Uint8Array) addBytes(values, cols, lows, highs);
    else addNumbers(values, cols, lows, highs);
  }
  return new Float64Array(rows).map((_, row) => joined(lows[row]!, highs[row]!));
}

/** Four bytes at once: images have many. */
function addBytes(values: Uint8Array, cols: number, lows: Int32Array, highs: Int32Array): void {
  const whole = cols - (cols % 4);
  for (let row = 0, at = 0; row < lows.length; row++) {
    let low = lows[row]!;
    let high = highs[row]!;
    for (const end = at + whole; at < end; at += 4) {
      const word = values[at]! | (values[at + 1]! << 8) | (values[at + 2]! << 16) | (values[at + 3]! << 24);
      low = Math.imul(low ^ word ^ (low >>> 15), 0x01000193);
      high = Math.imul((high << 5) ^ (high >>> 27) ^ word, 0x5bd1e995);
    }
    for (const end = at + cols - whole; at < end; at++) {
      low = Math.imul(low ^ values[at]! ^ (low >>> 15), 0x01000193);
      high = Math.imul((high << 5) ^ (high >>> 27) ^ values[at]!, 0x5bd1e995);
    }
    lows[row] = low;
    highs[row] = high;
  }
}

/** As doubles, so that types of numbers make no difference. */
function addNumbers(values: Elements, cols: number, lows: Int32Array, highs: Int32Array): void {
  const cell = new Float64Array(1);
  const words = new Int32Array(cell.buffer);
  for (let row = 0, at = 0; row < lows.length; row++) {
    let low = lows[row]!;
    let high = highs[row]!;
    for (const end = at + cols; at < end; at++) {
      cell[0] = values[at]! + 0; // -0 is 0
      const [w, v] = [words[0]!, words[1]!];
      low = (Math.imul(low, 31) + scrambled(w, v)) | 0;
      high = (Math.imul(high, 37) + scrambled(v, w)) | 0;
    }
    lows[row] = low;
    highs[row] = high;
  }
}

/** All bits but the sign of an infinite number's upper word, and of NaN's, which stands for a missing value. */
const notFinite = 0x7ff00000;
const signBit = 0x80000000 | 0;

/** A hash of two words that depends on each of their bits. */
function scrambled(a: number, b: number): number {
  let x = Math.imul(a ^ (a >>> 16), 0x7feb352d) ^ b;
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** The sums of a row's words as its hash. */
function joined(low: number, high: number): number {
  return (mix32(low) >>> 0) * 2 ** 16 + (mix32(high ^ low) >>> 16);
}

/** Per level, once: of a decimal number, its bits, as if its column held numbers; of any other text, two hashes. */
class LevelWords {
  lows = new Int32Array(16);
  highs = new Int32Array(16);
  /** Levels that are known: all below. */
  count = 0;

  constructor(private readonly textOf: (level: number) => string) {}

  /** Levels are numbered as they come, so that those below are there. */
  learn(level: number): void {
    while (this.count <= level) {
      if (this.count === this.lows.length) {
        this.lows = twice(this.lows);
        this.highs = twice(this.highs);
      }
      const { low, high } = labelWords(this.textOf(this.count));
      this.lows[this.count] = low;
      this.highs[this.count++] = high;
    }
  }
}

function twice(words: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * words.length);
  larger.set(words);
  return larger;
}

function labelWords(text: string): Words {
  const label = canonicalLabel(text);
  // Digits that no double has are text.
  if (!isDecimal(label) || canonicalLabel(String(Number(label))) !== label) return textWords(label);
  const [low, high] = new Int32Array(Float64Array.of(Number(label) + 0).buffer) as unknown as [
    number,
    number,
  ];
  return { low, high };
}

/** FNV-1a over UTF-16 code units, with two primes, mixed. */
function textWords(text: string): Words {
  let [low, high] = [0x811c9dc5, 0x2f0b4c47];
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(i), 0x5bd1e995);
  }
  return { low: mix32(low), high: mix32(high ^ low) };
}

const missing = textWords("\0");
