/** Which inputs belong together: those that one column became, or a tile of an image. */
import { type ColumnInputs, columnWidth } from "./preprocessing.ts";

export interface Feature {
  readonly name: string;
  /** Numbers of its inputs. */
  readonly inputs: readonly number[];
}

/** A column each. */
export function columnFeatures({ columns }: Pick<ColumnInputs, "columns">): Feature[] {
  let next = 0;
  return columns.map((column) => {
    const first = next;
    next += columnWidth(column);
    return { name: column.name, inputs: range(first, next) };
  });
}

/** Tiles of an image are as many as this in its longer direction, or nearly. */
const tilesAcross = 7;

/** An image cut into squares: the side of one in pixels, and one row of tiles after the other. */
export function tileFeatures([height, width]: readonly [height: number, width: number]): {
  readonly side: number;
  readonly across: number;
  readonly features: readonly Feature[];
} {
  const side = Math.max(1, Math.round(Math.max(height, width) / tilesAcross));
  const across = Math.ceil(width / side);
  const starts = (size: number) => Array.from({ length: Math.ceil(size / side) }, (_, tile) => tile * side);
  const span = (first: number, size: number) => range(first, Math.min(first + side, size));
  const named = (pixels: readonly number[]) => `${pixels[0]}–${pixels.at(-1)}`;
  const features = starts(height).flatMap((top) =>
    starts(width).map((left): Feature => {
      const [rows, columns] = [span(top, height), span(left, width)];
      const name = `rows ${named(rows)}, columns ${named(columns)}`;
      return { name, inputs: rows.flatMap((row) => columns.map((column) => row * width + column)) };
    }),
  );
  return { side, across, features };
}

/** The inputs' numbers summed up by feature. */
export function sumsOf(features: readonly Feature[], values: ArrayLike<number>): number[] {
  return features.map(({ inputs }) => inputs.reduce((sum, input) => sum + values[input]!, 0));
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}
