/**
 * In which order rows are dealt to splits and folds: by hashes of what they hold and the seed, so that rows that are
 * sorted, added or taken away leave the others where they are.
 */
import { mix32, type RandomKey } from "../../support/random.ts";

/**
 * Positions 0 … n − 1 in the order of their {@link lotOf}. Rows of one content are dealt one by one, as if they were
 * different ones: held together, they would leave the training rows without any such row, and with a wrong idea of
 * what is frequent.
 */
export function dealt(hashes: ArrayLike<number>, key: RandomKey): Int32Array {
  const n = hashes.length;
  const lots = new Float64Array(n);
  for (let at = 0; at < n; at++) lots[at] = lotOf(key, hashes[at]!, 0);
  const order = ordered(lots);
  // Rows of one content stand side by side as yet, in the order of their positions.
  let copies = 0;
  for (let i = 1, copy = 0; i < n; i++) {
    copy = hashes[order[i]!] === hashes[order[i - 1]!] ? copy + 1 : 0;
    if (copy === 0) continue;
    lots[order[i]!] = lotOf(key, hashes[order[i]!]!, copy);
    copies++;
  }
  return copies > 0 ? ordered(lots) : order;
}

/** A number in [0, 1) for the copy-th row, from 0, of such a hash: even over seeds and over hashes. 53 bits. */
export function lotOf({ k0, k1 }: RandomKey, hash: number, copy: number): number {
  const low = mix32(hash ^ k0);
  const high = mix32(Math.floor(hash / 2 ** 32) ^ low ^ Math.imul(copy, 0x9e3779b1) ^ k1);
  return ((high >>> 0) * 2 ** 21 + (mix32(high ^ low) >>> 11)) * 2 ** -53;
}

/** Positions in ascending order of their lots, equal ones in their own: as lots are even, nearly each has a place to itself. */
function ordered(lots: Float64Array): Int32Array {
  const n = lots.length;
  const nextOf = new Int32Array(n + 1);
  for (let at = 0; at < n; at++) nextOf[Math.floor(lots[at]! * n)]!++;
  for (let place = 0, first = 0; place <= n; place++) {
    const count = nextOf[place]!;
    nextOf[place] = first;
    first += count;
  }
  const order = new Int32Array(n);
  for (let at = 0; at < n; at++) order[nextOf[Math.floor(lots[at]! * n)]!++] = at;
  for (let i = 1; i < n; i++) {
    const moved = order[i]!;
    const lot = lots[moved]!;
    let to = i;
    for (; to > 0 && lots[order[to - 1]!]! > lot; to--) order[to] = order[to - 1]!;
    order[to] = moved;
  }
  return order;
}
