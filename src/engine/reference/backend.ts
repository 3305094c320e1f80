/** The reference backend: plain TypeScript, 32 or 64 bit, the truth that fast backends are tested against. */

import type { Backend, SharedMemory } from "../backend.ts";
import type { Block } from "../matrix.ts";
import type { Verbs } from "../verbs.ts";
import * as activations from "./activations.ts";
import * as batches from "./batches.ts";
import * as ensembles from "./ensembles.ts";
import * as images from "./images.ts";
import * as losses from "./losses.ts";
import * as normalisation from "./normalisation.ts";
import * as optimizers from "./optimizers.ts";
import * as products from "./products.ts";
import * as regularisation from "./regularisation.ts";
import * as texts from "./texts.ts";

/** Every verb is a function of that name in one of these files. */
const verbs: Verbs = {
  ...products,
  ...batches,
  ...images,
  ...activations,
  ...losses,
  ...normalisation,
  ...ensembles,
  ...optimizers,
  ...regularisation,
  ...texts,
};

/** Sums run in 64 bit at either precision; `precision` is that of the numbers kept in memory. */
export function openReference(precision: 32 | 64 = 32, sharedMemory: SharedMemory | null = null): Backend {
  const Floats = precision === 32 ? Float32Array : Float64Array;
  return {
    name: "reference",
    description: `reference: plain TypeScript, ${precision} bit, 1 thread`,
    precision,
    threads: 1,
    fused: false,
    verbs,

    floats(length, isShared = false) {
      const shared = isShared ? sharedMemory?.(length * Floats.BYTES_PER_ELEMENT) : null;
      return block(shared ? new Floats(shared) : new Floats(length));
    },
    floatsAt: (memory) => block(new Floats(memory)),
    doubles: (length) => block(new Float64Array(length)),
    ints: (length) => block(new Int32Array(length)),
    bytes: (length) => block(new Uint8Array(length)),
    read: async (from) => from.host,
    write: (to, fill) => fill(to.host),
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The reference shares no memory with other code: its addresses mean nothing. */
function block<Values extends { readonly length: number }>(host: Values): Block<Values> {
  return { address: 0, length: host.length, host };
}
