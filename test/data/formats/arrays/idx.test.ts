import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type ElementType, elementTypes } from "../../../../src/data/formats/arrays/idx.ts";
import { finiteValues, readArray } from "../../../../src/data/formats/arrays/readArray.ts";
import { UserError } from "../../../../src/support/errors.ts";

const directory = mkdtempSync(join(tmpdir(), "nnt-idx-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

async function readIdx(path: string) {
  const array = await readArray(path);
  return { ...array, values: finiteValues(array) };
}

function idx(type: ElementType, shape: readonly number[], values: readonly number[]): Buffer {
  const { code, bytes } = elementTypes[type];
  const out = Buffer.alloc(4 + 4 * shape.length + bytes * values.length);
  out.set([0, 0, code, shape.length]);
  for (const [index, size] of shape.entries()) out.writeUInt32BE(size, 4 + 4 * index);
  const write = {
    uint8: (value: number, at: number) => out.writeUInt8(value, at),
    int8: (value: number, at: number) => out.writeInt8(value, at),
    int16: (value: number, at: number) => out.writeInt16BE(value, at),
    int32: (value: number, at: number) => out.writeInt32BE(value, at),
    float32: (value: number, at: number) => out.writeFloatBE(value, at),
    float64: (value: number, at: number) => out.writeDoubleBE(value, at),
  }[type];
  for (const [index, value] of values.entries()) write(value, 4 + 4 * shape.length + bytes * index);
  return out;
}

/** In which elements are kept, where 32-bit floats are not what they need. */
const kept: Partial<Record<ElementType, typeof Uint8Array | typeof Float64Array>> = {
  uint8: Uint8Array,
  int32: Float64Array,
  float64: Float64Array,
};

describe.each(Object.keys(elementTypes) as ElementType[])("elements of type %s", (type) => {
  test.each([[[6]], [[2, 3]], [[3, 1, 2]], [[1, 1, 1, 6]]])(
    "are read in shape %j, plain and gzip",
    async (shape) => {
      const values = [1, 2, 127, 0, 5, type === "uint8" ? 255 : -100];
      const bytes = idx(type, shape, values);
      for (const path of [file("plain", bytes), file("packed.gz", gzipSync(bytes))]) {
        const array = await readIdx(path);
        expect(array).toMatchObject({ type, shape });
        expect([...array.values]).toEqual(values);
        expect(array.values).toBeInstanceOf(kept[type] ?? Float32Array);
      }
    },
  );
});

describe("refused, with the file's name:", () => {
  const good = idx("uint8", [2, 3], [1, 2, 3, 4, 5, 6]);
  const cases: [string, string, Uint8Array, string][] = [
    [
      "a wrong magic",
      "a",
      Buffer.from("hello world"),
      "the magic number 68656c6c is neither that of an IDX nor of an NPY file",
    ],
    ["a first byte", "aa", Buffer.from([1, 0, 8, 1, 0, 0, 0, 1, 9]), "the magic number 01000801"],
    ["a second byte", "ab", Buffer.from([0, 1, 8, 1, 0, 0, 0, 1, 9]), "the magic number 00010801"],
    ["no dimension", "ac", Buffer.from([0, 0, 8, 0, 9, 9, 9, 9]), "the magic number 00000800"],
    ["an unknown type", "b", Buffer.from([0, 0, 7, 1, 0, 0, 0, 1, 9]), "the magic number 00000701"],
    [
      "too short",
      "c",
      good.subarray(0, -1),
      "promises 2 × 3 elements of uint8, 18 bytes, and the file holds 17",
    ],
    ["too long", "d", Buffer.concat([good, good]), "18 bytes, and the file holds 36"],
    ["too short in gzip", "e.gz", gzipSync(good.subarray(0, -1)), "18 bytes, and the file holds 17"],
    ["too long in gzip", "f.gz", gzipSync(Buffer.concat([good, good])), "18 bytes, and the file holds more"],
    ["a huge promise", "g", idx("float64", [2 ** 31, 2 ** 20, 9], []), "and the file holds 16"],
    ["a huge promise in gzip", "h.gz", gzipSync(idx("uint8", [2 ** 31], [])), "compressed"],
    ["no elements", "i", idx("uint8", [0, 3], []), "an array of shape 0 × 3 holds nothing"],
    ["a header cut short", "j", good.subarray(0, 7), "the file ends within its header"],
    ["nothing", "k", Buffer.alloc(0), "the file is empty"],
    ["a first number that is none", "la", idx("float32", [2], [Number.NaN, 1]), "element 0 is NaN"],
    ["a number that is none", "l", idx("float32", [2], [1, Number.NaN]), "element 1 is NaN"],
    ["gzip cut short", "m.gz", gzipSync(good).subarray(0, -4), "the gzip data is cut short"],
    [
      "gzip with a tail",
      "n.gz",
      Buffer.concat([gzipSync(good), Buffer.alloc(9)]),
      "bytes that are not gzip follow",
    ],
    ["no gzip", "o.gz", good, "not gzip data"],
    [
      "a Git LFS pointer",
      "p",
      Buffer.from("version https://git-lfs.github.com/spec/v1\n"),
      "a Git LFS pointer",
    ],
  ];
  test.each(cases)("%s", async (_, name, bytes, message) => {
    const path = file(name, bytes);
    const error = await readIdx(path).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toContain(`${path}: `);
    expect((error as UserError).message).toContain(message);
  });
});

test("several megabytes, which come in pieces, are read, plain and gzip", async () => {
  const pixels = Uint8Array.from({ length: 3 * 2 ** 20 }, (_, at) => at % 251);
  const header = Buffer.from([0, 0, 8, 1, 0, 0x30, 0, 0]);
  const bytes = Buffer.concat([header, pixels]);
  for (const path of [file("large", bytes), file("large.gz", gzipSync(bytes, { level: 1 }))])
    expect(Buffer.compare((await readIdx(path)).values as Uint8Array, pixels)).toBe(0);
});

test("no truncation and no flipped bit ends in anything but a UserError", async () => {
  const plain = idx("int16", [2, 2, 2], [1, -2, 3, 4, 5, 6, 7, 8]);
  const attempt = async (name: string, bytes: Uint8Array) => {
    const result = await readIdx(file(name, bytes)).catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toBeInstanceOf(UserError);
  };
  for (const [name, bytes] of [
    ["x", plain],
    ["x.gz", gzipSync(plain)],
  ] as const) {
    for (let length = 0; length < bytes.length; length++) {
      const cut = readIdx(file(name, bytes.subarray(0, length)));
      await expect(cut).rejects.toBeInstanceOf(UserError);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1 << bit;
        await attempt(name, flipped);
      }),
      { numRuns: 50 },
    );
  }
});

const mnist = "../shared/data/mnist/t10k-images-idx3-ubyte.gz";
test.skipIf(!existsSync(mnist))("MNIST's test images are 10,000 of 28 × 28 bytes", async () => {
  const { shape, values } = await readIdx(mnist);
  expect(shape).toEqual([10_000, 28, 28]);
  expect(values).toBeInstanceOf(Uint8Array);
});
