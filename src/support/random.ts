/**
 * Counter-based random numbers: a number is a function of (seed, purpose, epoch, step, index), so a
 * resumed or re-threaded run draws the same ones. Holds no state.
 */

/** What a stream of numbers is for: streams of different purposes never share numbers. */
const purposes = {
  init: 1,
  split: 2,
  shuffle: 3,
  dropout: 4,
  augment: 5,
  bootstrap: 6,
  folds: 7,
  buffer: 8,
  search: 9,
  gradcheck: 10,
  noise: 11,
  importance: 12,
} as const;

export type Purpose = keyof typeof purposes;

/** 64 bits that name one stream. */
export interface RandomKey {
  readonly k0: number;
  readonly k1: number;
}

/** The key of the stream for a purpose, and there for an epoch and a step (or any two counters). */
export function streamKey(seed: number, purpose: Purpose, epoch = 0, step = 0): RandomKey {
  let k0 = 0x9e3779b9;
  let k1 = 0x85ebca6b;
  for (const word of [seed, Math.floor(seed / 2 ** 32), purposes[purpose], epoch, step]) {
    k0 = mix32(k0 ^ word);
    k1 = mix32((k1 + Math.imul(word, 0x9e3779b1)) ^ k0);
  }
  return { k0: k0 >>> 0, k1: k1 >>> 0 };
}

/** Number `index` of a stream: 32 random bits, as an unsigned integer. */
export function randomBits({ k0, k1 }: RandomKey, index: number): number {
  return mix32(mix32(index ^ k0) ^ k1) >>> 0;
}

/** Uniform in [0, 1), 53 bits; takes the numbers 2·index and 2·index + 1 of the stream. */
export function randomUniform(key: RandomKey, index: number): number {
  const high = randomBits(key, 2 * index) >>> 5;
  const low = randomBits(key, 2 * index + 1) >>> 6;
  return (high * 2 ** 26 + low) * 2 ** -53;
}

/** Standard normal by Box and Muller; takes uniforms 2·index and 2·index + 1. */
export function randomNormal(key: RandomKey, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - randomUniform(key, 2 * index)));
  return radius * Math.cos(2 * Math.PI * randomUniform(key, 2 * index + 1));
}

/** Shuffles `items` in place (Fisher and Yates), all orders equally likely. */
export function shuffle(items: Int32Array, key: RandomKey): void {
  for (let last = items.length - 1; last > 0; last--) {
    const pick = Math.floor(randomUniform(key, last) * (last + 1));
    const kept = items[last]!;
    items[last] = items[pick]!;
    items[pick] = kept;
  }
}

/** A 32-bit mixing function without bias worth measuring: `lowbias32` of C. Wellons' hash-prospector. */
export function mix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
