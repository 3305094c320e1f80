/** The reference backend: plain TypeScript, 32 or 64 bit, the truth that fast backends are tested against. */

import type { Backend } from "../backend.ts";
import type { Block } from "../matrix.ts";
import { activate, activateBackward } from "./activations.ts";
import { dropout, gather, gaussianNoise } from "./batches.ts";
import { average, scaleColumns, sumProducts } from "./ensembles.ts";
import { elastic, warp } from "./images.ts";
import { loss } from "./losses.ts";
import {
  batchNorm,
  batchNormBackward,
  layerNorm,
  layerNormBackward,
  rmsNorm,
  rmsNormBackward,
} from "./normalisation.ts";
import { optimize } from "./optimizers.ts";
import { add, copy, fill, gemm, sumRows } from "./products.ts";
import { clipNorm, clipValue, lerp, limitRows, penalize } from "./regularisation.ts";

/** Sums run in 64 bit at either precision; `precision` is that of the numbers kept in memory. */
export function openReference(precision: 32 | 64 = 32): Backend {
  const Floats = precision === 32 ? Float32Array : Float64Array;
  return {
    name: "reference",
    description: `reference: plain TypeScript, ${precision} bit, 1 thread`,
    precision,
    threads: 1,
    fused: false,

    floats: (length) => block(new Floats(length)),
    doubles: (length) => block(new Float64Array(length)),
    ints: (length) => block(new Int32Array(length)),
    bytes: (length) => block(new Uint8Array(length)),
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),

    gemm,
    sumRows,
    gather,
    warp,
    elastic,
    activate,
    activateBackward,
    loss,
    dropout,
    gaussianNoise,
    batchNorm,
    batchNormBackward,
    layerNorm,
    layerNormBackward,
    rmsNorm,
    rmsNormBackward,
    fill,
    copy,
    add,
    lerp,
    scaleColumns,
    sumProducts,
    average,
    optimize,
    penalize,
    limitRows,
    clipNorm,
    clipValue,
  };
}

/** The reference shares no memory with other code, so that its addresses mean nothing. */
function block<Values extends { readonly length: number }>(values: Values): Block<Values> {
  return { address: 0, length: values.length, values };
}
