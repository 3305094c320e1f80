/**
 * In which order rows are dealt to splits and folds: by hashes of what they hold and the seed, so that rows that are
 * sorted, added or taken away leave the others where they are.
 */
import { mix32, type RandomKey } from "../../support/random.ts";
import { HashCounts } from "./hashCounts.ts";

/**
 * Positions 0 … n − 1 in the order of their {@link lotOf}. Rows of one content are dealt one by one, as if they were
 * different ones: held together, they would leave the training rows without any such row, and with a wrong idea of
 * what is frequent.
 */
export function dealt(hashes: ArrayLike<number>, key: RandomKey): Int32Array {
  const n = hashes.length;
  const copies = new HashCounts(n);
  const lots = new Float64Array(n);
  for (let at = 0; at < n; at++) lots[at] = lotOf(key, hashes[at]!, copies.add(hashes[at]!));
  return ordered(lots);
}

/** A number in [0, 1) for the copy-th row, from 0, of such a hash: even over seeds and over hashes. 53 bits. */
export function lotOf({ k0, k1 }: RandomKey, hash: number, copy: number): number {
  const low = mix32(hash ^ k0);
  const high = mix32(Math.floor(hash / 2 ** 32) ^ low ^ Math.imul(copy, 0x9e3779b1) ^ k1);
  return ((high >>> 0) * 2 ** 21 + (mix32(high ^ low) >>> 11)) * 2 ** -53;
}

/** Positions in ascending order of their lots. */
function ordered(lots: Float64Array): Int32Array {
  const n = lots.length;
  const positions = 2 ** Math.ceil(Math.log2(n + 1));
  const steps = 2 ** 53 / positions;
  // Numbers sort faster than objects: the lot's first bits, then the position.
  const packed = new Float64Array(n);
  for (let at = 0; at < n; at++) packed[at] = Math.floor(lots[at]! * steps) * positions + at;
  packed.sort();
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = packed[i]! % positions;
  // Lots whose first bits are equal.
  for (let i = 1; i < n; i++) {
    const moved = order[i]!;
    let to = i;
    for (; to > 0 && lots[order[to - 1]!]! > lots[moved]!; to--) order[to] = order[to - 1]!;
    order[to] = moved;
  }
  return order;
}
