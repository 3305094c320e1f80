/**
 * Straightens slanted images by a shear, as LeCun, Bottou, Bengio and Haffner 1998 did: every row is moved
 * sideways so far that the ink's main axis stands upright. The background is 0; nothing else is fitted.
 */
import type { ArrayInputs } from "./preprocessing.ts";

/** Shears beyond 45° are of strokes that are no taller than they are wide, and would tear them apart. */
const mostShear = 1;

/** Straightens the images that lie one after the other in `values`, in place, as the model says; else does nothing. */
export function deskew(
  values: Uint8Array | Float64Array | Float32Array,
  { shape, deskew: how }: Pick<ArrayInputs, "shape" | "deskew">,
): void {
  if (!how) return;
  const [height, width] = shape as [number, number];
  const image = new Float64Array(height * width);
  for (let first = 0; first < values.length; first += image.length) {
    for (let i = 0; i < image.length; i++) image[i] = values[first + i]!;
    const { shear, row } = slantOf(image, width);
    if (shear === 0) continue;
    for (let i = 0, r = 0; r < height; r++) {
      const move = shear * (r - row);
      for (let c = 0; c < width; c++, i++) {
        const ink = between(image, r * width, width, c + move);
        values[first + i] = how.rounded ? Math.floor(ink + 0.5) : ink;
      }
    }
  }
}

/** By how many columns the ink leans per row: cov(row, column) / var(row); and the row of its centre. */
function slantOf(image: Float64Array, width: number): { shear: number; row: number } {
  let [mass, rows, columns, squares, products] = [0, 0, 0, 0, 0];
  for (let i = 0, r = 0; i < image.length; r++) {
    for (let c = 0; c < width; c++, i++) {
      const ink = Math.max(0, image[i]!);
      mass += ink;
      rows += ink * r;
      columns += ink * c;
      squares += ink * r * r;
      products += ink * r * c;
    }
  }
  const variance = squares * mass - rows * rows;
  if (mass === 0 || variance <= 0) return { shear: 0, row: 0 };
  const shear = (products * mass - rows * columns) / variance;
  return { shear: Math.min(mostShear, Math.max(-mostShear, shear)), row: rows / mass };
}

/** The image's row at column x, linearly between two pixels; 0 outside. */
function between(image: Float64Array, first: number, width: number, x: number): number {
  const left = Math.floor(x);
  const share = x - left;
  const at = (c: number) => (c >= 0 && c < width ? image[first + c]! : 0);
  return at(left) * (1 - share) + at(left + 1) * share;
}
