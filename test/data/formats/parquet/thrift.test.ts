/** Thrift's compact structures are walked to their end, and refused where their bytes do not bear them out. */
import { describe, expect, test } from "vitest";
import { walkStruct } from "../../../../src/data/formats/parquet/thrift.ts";

const nested = (depth: number, open: number[], inner: number[]) => [
  ...Array(depth).fill(open).flat(),
  ...inner,
  ...Array(depth).fill(0),
];
const list = (type: number, count: number) => (count < 15 ? [(count << 4) + type] : [0xf0 + type, count]);

const structs: [claim: string, bytes: number[], numbers: object][] = [
  ["nothing", [0], {}],
  ["whole numbers of all sizes", [0x13, 7, 0x14, 6, 0x15, 8, 0x16, 10, 0], { 1: 7, 2: 3, 3: 4, 4: 5 }],
  ["numbers below 0", [0x15, 1, 0x16, 5, 0x14, 0xff, 1, 0], { 1: -1, 2: -3, 3: -128 }],
  ["a number of several bytes", [0x15, 0xac, 0x02, 0x15, 0x80, 0x01, 0], { 1: 150, 2: 64 }],
  ["the longest number", [0x16, ...Array(9).fill(0x80), 1, 0], { 1: 2 ** 62 }],
  ["booleans, which are in their heads", [0x11, 0x12, 0x15, 2, 0], { 3: 1 }],
  ["a double", [0x17, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 2, 0], { 2: 1 }],
  ["texts", [0x18, 3, 97, 98, 99, 0x18, 0, 0x15, 2, 0], { 3: 1 }],
  ["fields left out", [0x35, 2, 0x15, 4, 0], { 3: 1, 4: 2 }],
  ["a field told by its number", [0x05, 0x28, 2, 0x15, 4, 0], { 20: 1, 21: 2 }],
  ["a structure", [0x1c, 0x15, 2, 0, 0x15, 4, 0], { 1: { 1: 1 }, 2: 2 }],
  ["a list of numbers", [0x19, ...list(5, 3), 2, 4, 0x86, 1, 0x15, 2, 0], { 2: 1 }],
  ["a list of bytes", [0x19, ...list(3, 3), 0xff, 0xff, 0xff, 0x15, 2, 0], { 2: 1 }],
  [
    "lists of booleans, a byte each",
    [0x19, ...list(1, 2), 1, 2, 0x19, ...list(2, 1), 2, 0x15, 2, 0],
    { 3: 1 },
  ],
  ["an empty list", [0x19, ...list(12, 0), 0x15, 2, 0], { 2: 1 }],
  ["a long list", [0x19, ...list(5, 20), ...Array(20).fill(2), 0x15, 2, 0], { 2: 1 }],
  ["a list of structures", [0x19, ...list(12, 2), 0x15, 2, 0, 0x11, 0, 0x15, 2, 0], { 2: 1 }],
  ["a list of lists", [0x19, ...list(9, 2), ...list(5, 1), 2, ...list(5, 0), 0x15, 2, 0], { 2: 1 }],
];

describe("a structure of", () => {
  test.each(structs)("%s has its whole numbers and its end", (_, bytes, numbers) => {
    const among = Uint8Array.from([9, 9, ...bytes, 0x15, 2, 0]);
    expect(walkStruct(among, 2)).toEqual({ numbers, end: 2 + bytes.length });
  });

  test.each(structs)("%s is refused when cut at any byte", (_, bytes) => {
    for (let length = 0; length < bytes.length; length++)
      expect(() => walkStruct(Uint8Array.from(bytes.slice(0, length)), 0)).toThrow("a structure ends early");
  });

  test.each([
    ["a number without an end", [0x16, ...Array(10).fill(0x80), 1, 0], "a number does not end"],
    ["a type that is none", [0x1a, 0, 0], "a value of unknown type 10"],
    ["a list of such a type", [0x19, ...list(11, 1), 0, 0], "a value of unknown type 11"],
    ["a text longer than its bytes", [0x18, 5, 97, 98, 99, 0], "a structure ends early"],
    [
      "a list longer than its bytes",
      [0x19, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0],
      "a structure ends early",
    ],
  ])("%s is refused", (_, bytes, why) => {
    expect(() => walkStruct(Uint8Array.from(bytes), 0)).toThrow(RangeError);
    expect(() => walkStruct(Uint8Array.from(bytes), 0)).toThrow(why);
  });

  test("structures or lists in one another may be 32 deep", () => {
    const structures = (depth: number) => Uint8Array.from(nested(depth, [0x1c], [0]));
    expect(walkStruct(structures(32), 0).end).toBe(65);
    expect(() => walkStruct(structures(33), 0)).toThrow("structures are nested too deeply");
    const lists = (depth: number) =>
      Uint8Array.from([
        0x19,
        ...Array(depth - 1)
          .fill(list(9, 1))
          .flat(),
        ...list(5, 1),
        2,
        0,
      ]);
    expect(walkStruct(lists(32), 0).numbers).toEqual({});
    expect(() => walkStruct(lists(33), 0)).toThrow("lists are nested too deeply");
    const mixed = (depth: number) => Uint8Array.from(nested(depth, [0x19, ...list(12, 1)], [0]));
    expect(walkStruct(mixed(16), 0).numbers).toEqual({});
    expect(() => walkStruct(mixed(17), 0)).toThrow("nested too deeply");
  });
});
