/** How a number becomes several inputs, as Gorishniy, Rubachev and Babenko 2022 embed numbers: fitted and applied. */
import type { NumberEncoding } from "../../config/schema.ts";
import type { Expansion } from "./preprocessing.ts";
import { quantile, sortedNumbers } from "./scaling.ts";

const defaultPieces = 16;
const defaultFrequencies = 4;
/** The longest wave, in the unit of scaled numbers: for standard ones nearly all lie within half of it. */
const longestWave = 8;

/** @param width pieces or frequencies; null: as many as usual. `values`: of the training rows, NaN where missing */
export function fitExpansion(
  name: NumberEncoding,
  width: number | null,
  values: ArrayLike<number>,
): Expansion {
  if (name === "periodic") {
    const frequencies = Array.from({ length: width ?? defaultFrequencies }, (_, k) => 2 ** k / longestWave);
    return { name, frequencies };
  }
  const sorted = sortedNumbers(values);
  const pieces = width ?? defaultPieces;
  const ends = Array.from({ length: pieces + 1 }, (_, k) =>
    sorted.length ? quantile(sorted, k / pieces) : 0,
  );
  const edges = ends.filter((end, k) => k === 0 || end > ends[k - 1]!);
  return { name, edges: edges.length > 1 ? edges : [edges[0]!, edges[0]! + 1] };
}

/** out[at …] = the inputs for x, scaled as its column says. */
export function expand(expansion: Expansion, x: number, out: Float32Array, at: number): void {
  if (expansion.name === "periodic") {
    const { frequencies } = expansion;
    for (const [k, frequency] of frequencies.entries()) {
      const angle = 2 * Math.PI * frequency * x;
      out[at + k] = Math.sin(angle);
      out[at + frequencies.length + k] = Math.cos(angle);
    }
    return;
  }
  const { edges } = expansion;
  const last = edges.length - 2;
  for (let piece = 0; piece <= last; piece++) {
    let share = (x - edges[piece]!) / (edges[piece + 1]! - edges[piece]!);
    if (piece > 0 && share < 0) share = 0;
    if (piece < last && share > 1) share = 1;
    out[at + piece] = share;
  }
}
