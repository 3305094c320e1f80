/** The search space: how a number in [0, 1) becomes a value, and which values a grid takes. */
import type { DimensionSpec, RangeSpec, SearchSpec } from "../config/schema.ts";

/** One combination: a value for each searched path of the spec. */
export type Point = Readonly<Record<string, unknown>>;

/** Significant digits of the numbers tried: as many as a person would write, and the same on every machine. */
const digits = 4;

/** The value of a dimension at u in [0, 1). */
export function valueAt(dimension: DimensionSpec, u: number): unknown {
  if (dimension.type === "choice") return dimension.values[Math.floor(u * dimension.values.length)];
  const { low, high } = boundsOf(dimension);
  return numberAt(dimension, low + u * (high - low));
}

/** A range's ends as coordinates: logarithms where its scale is one; of whole numbers, half a step beyond. */
export function boundsOf({ type, min, max, scale }: RangeSpec): { low: number; high: number } {
  const margin = type === "int" ? 0.5 : 0;
  const coordinate = scale === "log" ? Math.log : (value: number) => value;
  return { low: coordinate(min - margin), high: coordinate(max + margin) };
}

/** The number at a coordinate. */
export function numberAt({ type, min, max, scale }: RangeSpec, coordinate: number): number {
  const value = scale === "log" ? Math.exp(coordinate) : coordinate;
  const rounded = type === "int" ? Math.round(value) : Number(value.toPrecision(digits));
  return Math.min(max, Math.max(min, rounded));
}

/** The coordinate of a number. */
export function coordinateOf({ scale }: RangeSpec, value: number): number {
  return scale === "log" ? Math.log(value) : value;
}

/** How many combinations a grid has. */
export function gridSize(space: SearchSpec["space"]): number {
  return Object.values(space).reduce((size, dimension) => size * gridValues(dimension).length, 1);
}

/** Combination `index` of a grid; the last path changes fastest. */
export function gridPoint(space: SearchSpec["space"], index: number): Point {
  let rest = index;
  const entries = Object.entries(space)
    .toReversed()
    .map(([path, dimension]): [string, unknown] => {
      const values = gridValues(dimension);
      const value = values[rest % values.length];
      rest = Math.floor(rest / values.length);
      return [path, value];
    });
  return Object.fromEntries(entries.toReversed());
}

/** All choices; for a range, `points` numbers at equal distances on its scale. */
function gridValues(dimension: DimensionSpec): readonly unknown[] {
  if (dimension.type === "choice") return dimension.values;
  const { min, max, points } = dimension;
  const [low, high] = [coordinateOf(dimension, min), coordinateOf(dimension, max)];
  const numbers = Array.from({ length: points }, (_, i) =>
    numberAt(dimension, low + (i / (points - 1)) * (high - low)),
  );
  return [...new Set(numbers)];
}
