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

/** The middle value, or the mean of the two in the middle; NaN of no values. Exact, in time ∝ the count. */
export function median(values: Float64Array): number {
  const present = values.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return Number.NaN;
  const { value, equalBefore } = select(present, present.length >> 1);
  if (present.length % 2 === 1 || equalBefore > 0) return value;
  return (largestBelow(present, value) + value) / 2;
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

/** Number `rank` in order, and how many equal ones come before it: by the upper halves of doubles, then by the lower. */
function select(values: Float64Array, rank: number): { value: number; equalBefore: number } {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  const upper = new Uint32Array(values.length);
  for (let i = 0; i < upper.length; i++) upper[i] = orderedUpper(words[2 * i + 1]!);
  const high = selectKey(upper, rank);
  const lower = new Uint32Array(high.count);
  const isNegative = high.key < 0x80000000;
  for (let i = 0, to = 0; to < lower.length; i++) {
    if (upper[i] === high.key) lower[to++] = isNegative ? ~words[2 * i]! : words[2 * i]!;
  }
  const low = selectKey(lower, high.equalBefore);
  const bits = Uint32Array.of(
    isNegative ? ~low.key : low.key,
    isNegative ? ~high.key : high.key & 0x7fffffff,
  );
  return { value: new Float64Array(bits.buffer)[0]!, equalBefore: low.equalBefore };
}

/** The upper half of a double's bits as an unsigned number in the order of doubles: negative ones reversed, below the others. */
function orderedUpper(word: number): number {
  return (word & 0x80000000) !== 0 ? ~word : word | 0x80000000;
}

/** Shifts and widths of a key's digits, from the highest: few enough that counting them costs little. */
const keyDigits = [
  { shift: 21, mask: 0x7ff },
  { shift: 10, mask: 0x7ff },
  { shift: 0, mask: 0x3ff },
] as const;

/**
 * Key number `rank` in order, how many keys are equal to it, and how many of those come before it: digit by digit,
 * keeping the keys that share the digits so far.
 */
function selectKey(keys: Uint32Array, rank: number): { key: number; count: number; equalBefore: number } {
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
  return { key: left[0]!, count: left.length, equalBefore: rank };
}

function largestBelow(values: Float64Array, bound: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < bound && value > best) best = value;
  }
  return best;
}
