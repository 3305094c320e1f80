/** Counts typed arrays, views and array buffers as they are made, by whatever way. */

const constructors = [
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "Float32Array",
  "Float64Array",
  "Int8Array",
  "Int16Array",
  "Int32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;
const methods = ["subarray", "slice", "map", "filter", "toSorted", "toReversed", "with"] as const;
const makers = ["from", "of"] as const;

/** How often each constructor or method made an array while `action` ran; empty when none did. */
export async function countingTypedArrays(action: () => Promise<void>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const TypedArray = Object.getPrototypeOf(Float32Array) as Record<string, unknown> & { prototype: object };
  const scope = globalThis as unknown as Record<string, unknown>;
  const undo = [
    ...constructors.map((name) =>
      replace(scope, name, (original) => {
        return new Proxy(original as new () => object, {
          construct(target, args, newTarget) {
            count(name);
            return Reflect.construct(target, args, newTarget as never) as object;
          },
        });
      }),
    ),
    ...methods.map((name) =>
      replace(TypedArray.prototype as Record<string, unknown>, name, (original) =>
        counted(original, () => count(name)),
      ),
    ),
    ...makers.map((name) =>
      replace(TypedArray, name, (original) => makerCounted(original, () => count(name))),
    ),
  ];
  try {
    await action();
  } finally {
    for (const restore of undo) restore();
  }
  return counts;
}

type Method = (...args: unknown[]) => unknown;

function counted(original: unknown, count: () => void): Method {
  return function (this: unknown, ...args) {
    count();
    return (original as Method).apply(this, args);
  };
}

/** `this` is the constructor to make with: the plain one, so that nothing counts twice. */
function makerCounted(original: unknown, count: () => void): Method {
  return function (this: { prototype: { constructor: unknown } }, ...args) {
    count();
    return (original as Method).apply(this.prototype.constructor, args);
  };
}

function replace(
  holder: Record<string, unknown>,
  name: string,
  wrap: (original: unknown) => unknown,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  if (!descriptor) return () => {};
  Object.defineProperty(holder, name, { ...descriptor, value: wrap(descriptor.value) });
  return () => Object.defineProperty(holder, name, descriptor);
}
