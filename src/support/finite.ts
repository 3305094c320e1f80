/** Infinities and NaN in arrays of floats. */

/** Index of the first infinity or NaN, -1 without one. */
export function firstNonFinite(values: Float32Array | Float64Array): number {
  let zero = 0;
  for (let index = 0; index < values.length; index++) zero += values[index]! * 0;
  return zero === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}
