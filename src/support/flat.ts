/** Nested objects as one level of dotted keys. */

/** {a: {b: 1}, c: [{d: 2}]} → {"a.b": 1, "c.0.d": 2}; empty objects and lists of plain values stay as they are. */
export function flat(value: object, before = ""): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const path = `${before}${key}`;
    const isPlainList = Array.isArray(inner) && inner.every((one) => typeof one !== "object" || one === null);
    const isNested =
      typeof inner === "object" && inner !== null && !isPlainList && Object.keys(inner).length > 0;
    return isNested ? Object.entries(flat(inner, `${path}.`)) : [[path, inner]];
  });
  return Object.fromEntries(entries);
}
