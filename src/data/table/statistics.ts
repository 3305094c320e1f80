/** Statistics of a column that preprocessing is fitted with. NaN, a missing value, counts nowhere. */

/** What is known of a column's values without having them all at hand. */
export interface Moments {
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

/** Mean and population standard deviation, in 64 bit, two passes; 0 and 1 of no values. */
export function meanAndDeviation(values: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (!Number.isNaN(x)) {
      sum += x;
      count++;
    }
  }
  if (count === 0) return { mean: 0, deviation: 1 };
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - mean;
    if (!Number.isNaN(d)) squares += d * d;
  }
  return { mean, deviation: Math.sqrt(squares / count) };
}

/** Smallest and largest value; infinities of no values. */
export function range(values: ArrayLike<number>): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return { min, max };
}

/** The middle value, or the mean of the two in the middle; NaN of no values. Exact, in time ∝ the count, mostly. */
export function median(values: Float64Array): number {
  const keys = keysOf(values);
  if (keys.length === 0) return Number.NaN;
  const { key, equalBefore } = selectKey(keys, keys.length >> 1);
  const alike = sortedAt(values, floatOf(key));
  const upper = alike[equalBefore]!;
  if (keys.length % 2 === 1) return upper;
  return ((equalBefore > 0 ? alike[equalBefore - 1]! : largestBelow(values, upper)) + upper) / 2;
}

/** The values that are not NaN; they themselves where none is. */
export function presentIn(values: Float64Array): Float64Array {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) count++;
  if (count === values.length) return values;
  const present = new Float64Array(count);
  for (let i = 0, to = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) present[to++] = values[i]!;
  return present;
}

/** Ranges of equal width, few of which have to be sorted to know the numbers at some ranks. */
const ranges = 2 ** 12;

/** Of ascending ranks, from 0, the numbers there, and how many are no larger; `numbers` without NaN, all from min to max. */
export function atRanks(
  numbers: Float64Array,
  { min, max }: { readonly min: number; readonly max: number },
  ranks: readonly number[],
): { readonly value: number; readonly upTo: number }[] {
  const perUnit = ranges / (max - min);
  const scale = Number.isFinite(perUnit) ? perUnit : 0;
  const sizes = new Uint32Array(ranges + 1);
  for (let i = 0; i < numbers.length; i++) sizes[Math.floor((numbers[i]! - min) * scale)]!++;
  let [range, before] = [0, 0];
  const places = ranks.map((rank) => {
    while (before + sizes[range]! <= rank) before += sizes[range++]!;
    return { rank, range, before };
  });
  const sorted = new Map(places.map(({ range }) => [range, new Float64Array(sizes[range]!)]));
  sizes.fill(0);
  const isWanted = new Uint8Array(ranges + 1);
  for (const wanted of sorted.keys()) isWanted[wanted] = 1;
  for (let i = 0; i < numbers.length; i++) {
    const own = Math.floor((numbers[i]! - min) * scale);
    if (isWanted[own] === 1) sorted.get(own)![sizes[own]!++] = numbers[i]!;
  }
  for (const within of sorted.values()) within.sort();
  return places.map(({ rank, range, before }) => {
    const within = sorted.get(range)!;
    const value = within[rank - before]!;
    let end = rank - before + 1;
    while (end < within.length && within[end] === value) end++;
    return { value, upTo: before + end };
  });
}

/** The most frequent value, the smallest of several such; NaN of no values. */
export function mostFrequent(values: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (!Number.isNaN(x)) counts.set(x, (counts.get(x) ?? 0) + 1);
  }
  let best = Number.NaN;
  let most = 0;
  for (const [value, count] of counts) {
    if (count > most || (count === most && value < best)) [best, most] = [value, count];
  }
  return best;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const minusZero = 0x80000000;
const infinity = 0x7f800000;

/**
 * The values rounded to floats, as unsigned numbers in their order: negative ones reversed, below the others. NaN has
 * none. Rounding leaves the order as it is, but for values that become one.
 */
function keysOf(values: Float64Array): Uint32Array {
  const floats = new Float32Array(values);
  const words = new Uint32Array(floats.buffer);
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]! === minusZero ? 0 : words[i]!;
    // The sign's bit is set in others, all bits turned over in negative ones: without a branch, which half of them miss.
    if ((word & 0x7fffffff) <= infinity) words[count++] = word ^ (-(word >>> 31) | 0x80000000);
  }
  return words.subarray(0, count);
}

function floatOf(key: number): number {
  bits[0] = (key & 0x80000000) !== 0 ? key & 0x7fffffff : ~key;
  return float[0]!;
}

/** The values that are this one as floats, in order. */
function sortedAt(values: Float64Array, float: number): Float64Array {
  const alike = new Float64Array(values.length);
  let count = 0;
  let isOne = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.fround(value) !== float) continue;
    isOne &&= value === alike[0] || count === 0;
    alike[count++] = value;
  }
  const found = alike.subarray(0, count);
  return isOne ? found : found.sort();
}

/** Shifts and widths of a key's digits, from the highest: few enough that counting them costs little. */
const keyDigits = [
  { shift: 21, mask: 0x7ff },
  { shift: 10, mask: 0x7ff },
  { shift: 0, mask: 0x3ff },
] as const;

/**
 * Key number `rank` in order, and how many equal ones come before it: digit by digit, keeping the keys that share the
 * digits so far.
 */
function selectKey(keys: Uint32Array, rank: number): { key: number; equalBefore: number } {
  const counts = new Uint32Array(2 ** 11);
  let left = keys;
  for (const { shift, mask } of keyDigits) {
    counts.fill(0);
    for (let i = 0; i < left.length; i++) counts[(left[i]! >>> shift) & mask]!++;
    let digit = 0;
    while (rank >= counts[digit]!) rank -= counts[digit++]!;
    if (counts[digit] === left.length) continue;
    const kept = new Uint32Array(counts[digit]!);
    for (let i = 0, to = 0; to < kept.length; i++) {
      if (((left[i]! >>> shift) & mask) === digit) kept[to++] = left[i]!;
    }
    left = kept;
  }
  return { key: left[0]!, equalBefore: rank };
}

function largestBelow(values: Float64Array, bound: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < bound && value > best) best = value;
  }
  return best;
}
