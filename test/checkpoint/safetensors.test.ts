import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  describeSafetensors,
  encodeSafetensors,
  readLayout,
  readSafetensors,
  requireFinite,
} from "../../src/checkpoint/safetensors.ts";
import { headerLimits } from "../../src/checkpoint/safetensorsHeader.ts";
import { memorySource } from "../../src/support/byteSource.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { refusal, safetensors, scratch, userError } from "./support.ts";

const read = (bytes: Uint8Array) => readLayout(memorySource("file", bytes));
const problemWith = (bytes: Uint8Array) => refusal(exitCodes.model, () => read(bytes));
const tensor = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

/** Python's reader, `safetensors.deserialize`, in its few lines. */
function readAsPython(bytes: Buffer): Map<string, { dtype: string; shape: number[]; bytes: Buffer }> {
  const length = Number(bytes.readBigUInt64LE());
  const header: Record<string, unknown> = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return new Map(
    tensors.map(([name, entry]) => {
      const { dtype, shape, data_offsets } = entry as {
        dtype: string;
        shape: number[];
        data_offsets: [number, number];
      };
      const [begin, end] = data_offsets;
      return [name, { dtype, shape, bytes: bytes.subarray(8 + length + begin, 8 + length + end) }];
    }),
  );
}

describe("written files", () => {
  const tensors = [
    { name: "b", shape: [2, 1], values: Float32Array.of(1, 2) },
    { name: "a", shape: [], values: Float64Array.of(Math.PI) },
    { name: "none", shape: [0, 3], values: new Float32Array() },
  ];
  const { head, data } = encodeSafetensors(tensors, new Map([["note", "ä"]]));
  const bytes = Buffer.concat([head, ...data]);

  it("are read by Python's reader", () => {
    const seen = readAsPython(bytes);
    expect([...seen.keys()]).toEqual(["b", "a", "none"]);
    expect(seen.get("b")).toMatchObject({ dtype: "F32", shape: [2, 1] });
    expect(seen.get("b")?.bytes.readFloatLE(4)).toBe(2);
    expect(seen.get("a")?.bytes.readDoubleLE()).toBe(Math.PI);
  });

  it("have data aligned to 8 bytes, whatever their header's length", () => {
    for (let length = 0; length < 8; length++) {
      const { head } = encodeSafetensors(tensors, new Map([["note", "x".repeat(length)]]));
      expect(head.length % 8).toBe(0);
      expect(read(Buffer.concat([head, ...data])).metadata.get("note")).toHaveLength(length);
    }
  });

  it("are read back as they were", () => {
    const path = join(scratch(), "file");
    writeFileSync(path, bytes);
    expect(readSafetensors(path)).toEqual({ metadata: new Map([["note", "ä"]]), tensors });
    expect(readSafetensors(path, (name) => name === "a").tensors).toEqual([tensors[1]]);
    expect(describeSafetensors(path).tensors.map(({ name }) => name)).toEqual(["b", "a", "none"]);
  });

  it("are refused when cut at any byte", () => {
    for (let length = 0; length < bytes.length; length++) problemWith(bytes.subarray(0, length));
  });
});

describe("files of other writers", () => {
  const elements = {
    F64: [0.1, Buffer.from(Float64Array.of(0.1).buffer)],
    F32: [0.5, Buffer.from(Float32Array.of(0.5).buffer)],
    F16: [-65504, Buffer.from("fffb", "hex")],
    BF16: [-1.5, Buffer.from("c0bf", "hex")],
    I64: [-2, Buffer.from("feffffffffffffff", "hex")],
    I32: [-3, Buffer.from("fdffffff", "hex")],
    I16: [-4, Buffer.from("fcff", "hex")],
    I8: [-5, Buffer.from("fb", "hex")],
    U64: [2 ** 40, Buffer.from("0000000000010000", "hex")],
    U32: [4294967295, Buffer.from("ffffffff", "hex")],
    U16: [65535, Buffer.from("ffff", "hex")],
    U8: [255, Buffer.from("ff", "hex")],
    BOOL: [1, Buffer.from("01", "hex")],
  } as const;

  test.each(Object.entries(elements))("%s elements become floats", (dtype, [value, bytes]) => {
    const path = join(scratch(), "file");
    writeFileSync(path, safetensors({ t: tensor(dtype, [1], 0, bytes.length) }, bytes));
    const { values } = readSafetensors(path).tensors[0]!;
    expect([...values]).toEqual([value]);
    const isWide = ["F64", "I64", "I32", "U64", "U32"].includes(dtype);
    expect(values).toBeInstanceOf(isWide ? Float64Array : Float32Array);
  });

  it("may hold several elements of a type, booleans of any byte among them", () => {
    const path = join(scratch(), "file");
    const bytes = Buffer.from("000102fffe", "hex");
    writeFileSync(path, safetensors({ b: tensor("BOOL", [3], 0, 3), i: tensor("I8", [2], 3, 5) }, bytes));
    expect(readSafetensors(path).tensors.map(({ values }) => [...values])).toEqual([
      [0, 1, 1],
      [-1, -2],
    ]);
  });

  test.each([
    ["3c00", 1],
    ["0001", 2 ** -24],
    ["83ff", -1023 * 2 ** -24],
    ["7c00", Number.POSITIVE_INFINITY],
    ["7e00", Number.NaN],
  ])("half float 0x%s is %d", (bits, value) => {
    const path = join(scratch(), "file");
    const bytes = Buffer.from(bits, "hex").swap16();
    writeFileSync(path, safetensors({ t: tensor("F16", [], 0, 2) }, bytes));
    const { tensors } = readSafetensors(path);
    expect(tensors[0]?.values[0]).toBe(value);
    expect(userError(() => requireFinite(path, tensors)) === null).toBe(Number.isFinite(value));
  });

  it("may list tensors in any order, with blanks and without metadata", () => {
    const header = ` { "z" : ${JSON.stringify(tensor("U8", [1], 2, 3))},\n"a":${JSON.stringify(tensor("U8", [2], 0, 2))} }  `;
    const { tensors, metadata } = read(safetensors(header.trimStart(), Buffer.alloc(3)));
    expect(tensors.map(({ name }) => name)).toEqual(["a", "z"]);
    expect(metadata.size).toBe(0);
  });

  it("may hold tensors of no element before those that begin at the same byte", () => {
    const { tensors } = read(
      safetensors({ a: tensor("U8", [1], 0, 1), b: tensor("U8", [0], 0, 0) }, Buffer.alloc(1)),
    );
    expect(tensors.map(({ name }) => name)).toEqual(["b", "a"]);
  });

  it.each([
    "n".repeat(headerLimits.nameLength),
    "a/b",
    "a..b",
    "a.",
    ".a",
    "x__proto__",
    "__proto__x",
    "größe",
  ])("may name a tensor %j", (name) => {
    const { tensors } = read(safetensors({ [name]: tensor("U8", [1], 0, 1) }, Buffer.alloc(1)));
    expect(tensors[0]?.name).toBe(name);
  });

  it("may hold no tensor at all", () => expect(read(safetensors("{}")).tensors).toEqual([]));
});

describe("hostile files are refused with what is wrong:", () => {
  const four = Buffer.alloc(4);
  const one = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
  const hugeLength = (length: bigint) => {
    const bytes = safetensors("{}");
    bytes.writeBigUInt64LE(length);
    return bytes;
  };
  const cases: Record<string, [bytes: Buffer, says: string]> = {
    "a header length of 2^64 - 1": [hugeLength(2n ** 64n - 1n), "not a model file"],
    "a header length beyond the file": [hugeLength(1000n), "cut off"],
    "a header above the limit": [hugeLength(BigInt(headerLimits.bytes) + 1n), "not a model file"],
    "text instead of a model": [Buffer.from("a,b,c\n1,2,3\n"), "not a model file"],
    "a header that is no object": [safetensors("[]"), "not a model file"],
    "an empty header": [safetensors(""), "not a model file"],
    "bytes that are no UTF-8": [
      Buffer.concat([safetensors("{    ").subarray(0, 8), Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a])]),
      "UTF-8",
    ],
    "text after the header": [safetensors(`{"a":${one}} x`, four), "expected the end"],
    "the same tensor twice": [safetensors(`{"a":${one},"a":${one}}`, four), '"a" appears twice'],
    "the same name, once escaped": [safetensors(`{"a":${one},"\\u0061":${one}}`, four), '"a" appears twice'],
    "metadata twice": [safetensors(`{"__metadata__":{},"__metadata__":{}}`), "appears twice"],
    "a metadata key twice": [safetensors(`{"__metadata__":{"a":"1","a":"2"}}`), "appears twice"],
    "metadata that are no text": [safetensors(`{"__metadata__":{"a":1}}`), "expected a string"],
    "an offset twice": [
      safetensors(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, four),
      '"dtype" appears twice',
    ],
    "a key nobody knows": [safetensors(`{"a":{"code":"rm"}}`), '"code"'],
    "a missing key": [safetensors(`{"a":{"dtype":"F32","shape":[1]}}`), "lacks"],
    "no type": [safetensors(`{"a":{"shape":[0],"data_offsets":[0,0]}}`), "lacks"],
    "no shape": [safetensors(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, four), "lacks"],
    "an offset alone": [safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, four), "lacks"],
    "no offsets in their list": [
      safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[]}}`, four),
      "lacks",
    ],
    "a shape of as many bytes": [safetensors({ a: tensor("U8", [2 ** 51], 0, 4) }, four), "beyond 2^53"],
    "what stands where": [
      safetensors(`{"a":[1,2,3,4,5,6,7,8,9,10]}`),
      'holds "[1,2,3,4,5,6,7,8,9,1" at character 5',
    ],
    "where it ends": [safetensors(`{"a":`), "holds its end at character 5"],
    "much text, a part of it": [safetensors(`{"a":{"${"x".repeat(61)}":0}}`), `"${"x".repeat(60)}…"`],
    "and no part of little": [safetensors(`{"a":{"${"x".repeat(60)}":0}}`), `"${"x".repeat(60)}"`],
    "how long a header is": [hugeLength(1000n), "its header has 1000 bytes, and there are 2"],
    "a name that ends in an escaped quote": [safetensors(`{"a\\\\\\"b`), "never ends"],
    "an unknown type": [safetensors({ a: tensor("F8_E4M3", [4], 0, 4) }, four), '"F8_E4M3"'],
    "a negative offset": [safetensors({ a: tensor("F32", [1], -4, 0) }, four), "expected a whole number"],
    "a fraction": [safetensors({ a: tensor("F32", [1.5], 0, 4) }, four), "expected a whole number"],
    "an exponent": [safetensors(`{"a":{"shape":[1e0]}}`, four), "expected a whole number"],
    "a number with leading zeros": [safetensors(`{"a":{"shape":[01]}}`, four), "expected a whole number"],
    "an offset beyond 2^53": [
      safetensors(`{"a":{"data_offsets":[0,9007199254740993]}}`),
      "expected a whole number",
    ],
    "a shape beyond 2^53": [safetensors({ a: tensor("F32", [2 ** 30, 2 ** 30], 0, 4) }, four), "beyond 2^53"],
    "such a shape with a zero in it": [
      safetensors({ a: tensor("F32", [2 ** 30, 2 ** 30, 0], 0, 0) }),
      "beyond 2^53",
    ],
    "a shape of too many dimensions": [
      safetensors({ a: tensor("F32", Array(65).fill(1), 0, 4) }, four),
      "at most 64",
    ],
    "a tensor that ends before it begins": [
      safetensors({ a: tensor("F32", [1], 4, 0) }, four),
      "before it begins",
    ],
    "offsets that don't fit the shape": [safetensors({ a: tensor("F32", [2], 0, 4) }, four), "needs 8 bytes"],
    "a hole at the start": [
      safetensors({ a: tensor("U8", [2], 2, 4) }, four),
      "bytes 0 to 2 belong to no tensor",
    ],
    "a hole between": [
      safetensors({ a: tensor("U8", [1], 0, 1), b: tensor("U8", [2], 2, 4) }, four),
      "bytes 1 to 2",
    ],
    "an overlap": [
      safetensors({ a: tensor("U8", [3], 0, 3), b: tensor("U8", [2], 2, 4) }, four),
      '"b" overlaps',
    ],
    "bytes at the end": [safetensors({ a: tensor("U8", [3], 0, 3) }, four), "1 bytes follow"],
    "data that are missing": [safetensors({ a: tensor("F32", [2 ** 40], 0, 2 ** 42) }, four), "cut off"],
    "a text that never ends": [safetensors('{"a'), "never ends"],
    "a bad escape": [safetensors('{"\\q":{}}'), "bad escape"],
    "a control character": [safetensors('{"a\nb":{}}'), "control character"],
    ...Object.fromEntries(
      [
        "",
        "../x",
        "/etc/passwd",
        "a/../b",
        "..",
        ".",
        "./a",
        "a/.",
        "a\\b",
        "__proto__",
        "a\u0000",
        "a\u202eb",
        "n".repeat(2000),
      ].map((name): [string, [Buffer, string]] => [
        `the name ${JSON.stringify(name).slice(0, 30)}`,
        [safetensors(`{${JSON.stringify(name)}:${one}}`, four), "has the name"],
      ]),
    ),
    "too many keys": [
      safetensors(
        Object.fromEntries(
          Array.from({ length: headerLimits.keys + 1 }, (_, i) => [`t${i}`, tensor("U8", [0], 0, 0)]),
        ),
      ),
      "more than",
    ],
    "deep nesting": [safetensors(`{"a":${"[".repeat(100_000)}`), "{"],
  };

  test.each(Object.entries(cases))("%s", { timeout: 60_000 }, (_, [bytes, says]) => {
    expect(problemWith(bytes)).toContain(says);
  });
});

describe("whatever the bytes,", { timeout: 60_000 }, () => {
  const isTold = (bytes: Uint8Array) => {
    const error = userError(() => read(bytes));
    return error === null || error.exitCode === exitCodes.model;
  };
  const number = fc.oneof(fc.nat(9), fc.integer(), fc.double(), fc.constant(2 ** 53));
  const entry = fc.record(
    {
      dtype: fc.constantFrom("F32", "U8", "F64", "X"),
      shape: fc.array(number, { maxLength: 3 }),
      data_offsets: fc.array(number, { maxLength: 3 }),
      surplus: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const header = fc.dictionary(
    fc.oneof(fc.constantFrom("a", "__metadata__"), fc.string({ unit: "binary" })),
    fc.oneof({ weight: 5, arbitrary: entry }, fc.jsonValue()),
  );

  test("a header of JSON is read or refused", () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 16 }), (json, data) => isTold(safetensors(json, data))),
      { numRuns: 1000 },
    );
  });

  test("a header of anything is read or refused", () => {
    const text = fc.string({ unit: fc.constantFrom(...'{}[]":,\\ 01-ae', "\u0000", "ä", "\ud800") });
    fc.assert(
      fc.property(text, (middle) => isTold(safetensors(`{"a${middle}`))),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array(), isTold));
  });
});
