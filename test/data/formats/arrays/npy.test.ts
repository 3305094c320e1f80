/** NPY files: every numeric type and order of bytes and of elements, and what becomes of them in training. */
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../../../src/data/dataset/load.ts";
import { loadArray, loadGivenPair } from "../../../../src/data/dataset/loadNpy.ts";
import { readArray } from "../../../../src/data/formats/arrays/readArray.ts";
import { UserError } from "../../../../src/support/errors.ts";
import { run } from "../../../cli/host.ts";
import { load as loadSpecText } from "../../../config/support.ts";
import { csvSpec, temporaryFiles } from "../../support.ts";

const file = temporaryFiles();

/** The bytes of each type, most significant first. */
const writers = {
  b1: (value: number) => Buffer.of(value),
  u1: (value: number) => Buffer.of(value),
  i1: (value: number) => Buffer.of(value & 0xff),
  u2: (value: number) => filled(2, (out) => out.writeUInt16BE(value)),
  i2: (value: number) => filled(2, (out) => out.writeInt16BE(value)),
  u4: (value: number) => filled(4, (out) => out.writeUInt32BE(value)),
  i4: (value: number) => filled(4, (out) => out.writeInt32BE(value)),
  u8: (value: number) => filled(8, (out) => out.writeBigUInt64BE(BigInt(value))),
  i8: (value: number) => filled(8, (out) => out.writeBigInt64BE(BigInt(value))),
  f2: (value: number) => filled(2, (out) => out.writeUInt16BE(halves.get(value)!)),
  f4: (value: number) => filled(4, (out) => out.writeFloatBE(value)),
  f8: (value: number) => filled(8, (out) => out.writeDoubleBE(value)),
};
type Kind = keyof typeof writers;
const kinds = Object.keys(writers) as Kind[];

/** From IEEE 754's table of binary16. */
const halves = new Map([
  [0, 0x0000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.333251953125, 0x3555],
  [65504, 0x7bff],
  [2 ** -24, 0x0001],
]);
const valuesOf = {
  b1: [0, 1, 1, 0, 1, 0],
  u1: [0, 1, 2, 127, 128, 255],
  i1: [0, 1, -1, 127, -128, 5],
  u2: [0, 1, 2, 256, 65535, 5],
  i2: [0, 1, -1, 256, -32768, 5],
  u4: [0, 1, 2, 65536, 2 ** 32 - 1, 5],
  i4: [0, 1, -1, 65536, -(2 ** 31), 2 ** 24 + 1],
  u8: [0, 1, 2, 2 ** 40, 2 ** 53, 5],
  i8: [0, 1, -1, 2 ** 40, -(2 ** 53), 5],
  f2: [...halves.keys()],
  f4: [0, 1.5, -2.25, 2 ** 100, -0.1, 5].map(Math.fround),
  f8: [0, 1.5, -2.25, 2 ** 1000, -0.1, 5],
} satisfies Record<Kind, number[]>;

function filled(bytes: number, write: (out: Buffer) => void): Buffer {
  const out = Buffer.alloc(bytes);
  write(out);
  return out;
}

interface Made {
  readonly kind: Kind;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly order?: "<" | ">";
  readonly isFortran?: boolean;
  readonly version?: number;
}

function npy({ kind, shape, values, order = "<", isFortran = false, version = 1 }: Made): Buffer {
  const sign = kind.endsWith("1") ? "|" : order;
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${sign}${kind}', 'fortran_order': ${isFortran ? "True" : "False"}, 'shape': (${sizes}), }\n`;
  const length = filled(version === 1 ? 2 : 4, (out) => {
    if (version === 1) out.writeUInt16LE(text.length);
    else out.writeUInt32LE(text.length);
  });
  const elements = values.map((value) => {
    const bytes = writers[kind](value);
    return order === "<" ? bytes.reverse() : bytes;
  });
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), version, 0]);
  return Buffer.concat([start, length, Buffer.from(text), ...elements]);
}

test.each(kinds)("elements of type %s are read in either order of bytes", async (kind) => {
  const values = valuesOf[kind];
  for (const order of ["<", ">"] as const) {
    const array = await readArray(file("x.npy", npy({ kind, order, shape: [3, 2], values })));
    expect(array.shape).toEqual([3, 2]);
    expect([...array.values]).toEqual(values);
  }
});

test("all versions of the header, and gzip, are read alike", async () => {
  const made = { kind: "f4", shape: [2], values: [1, 2] } as const;
  for (const version of [1, 2, 3]) {
    const bytes = npy({ ...made, version });
    for (const path of [file("v.npy", bytes), file("v.npy.gz", gzipSync(bytes))])
      expect([...(await readArray(path)).values]).toEqual([1, 2]);
  }
});

/** A file of these words and these elements. */
function headed(text: string, elements: Uint8Array = new Uint8Array(0)): Buffer {
  const length = filled(4, (out) => out.writeUInt32LE(text.length));
  return Buffer.concat([Buffer.from("\x93NUMPY\x02\0", "latin1"), length, Buffer.from(text), elements]);
}

test.each([
  ["without blanks", "{'descr':'|u1','fortran_order':False,'shape':(2,12)}"],
  ["with many", "{ 'descr'  :  '|u1' ,  'fortran_order'  :  False , 'shape'  :  (  2  ,  12  ,  ) , }"],
  ["in another order, of Python 2", "{'shape': (2L, 12L), 'fortran_order': False, 'descr': '|u1'}\n"],
  [
    "as long as a header may be",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 12), }".padEnd(2 ** 16),
  ],
])("a header %s is understood", async (_, text) => {
  const array = await readArray(file("h.npy", headed(text, new Uint8Array(24).fill(7))));
  expect(array).toMatchObject({ type: "uint8", shape: [2, 12], values: new Uint8Array(24).fill(7) });
});

test.each([[[6]], [[2, 3]], [[3, 2]], [[2, 2, 3]], [[2, 3, 4, 2]]])(
  "elements of shape %j in Fortran's order come out row by row",
  async (shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    // The element at i, j, k … is its place in C's order; NumPy writes it where the first index runs fastest.
    const fortran = Array.from({ length: count }, (_, position) => {
      let rest = position;
      const index = shape.map((size) => {
        const i = rest % size;
        rest = Math.floor(rest / size);
        return i;
      });
      return index.reduce((place, i, dimension) => place * shape[dimension]! + i, 0);
    });
    const path = file("f.npy", npy({ kind: "i4", shape, values: fortran, isFortran: true }));
    expect([...(await readArray(path)).values]).toEqual([...Array(count).keys()]);
  },
);

describe("refused, with the file's name:", () => {
  const good = npy({ kind: "f4", shape: [2, 2], values: [1, 2, 3, 4] });
  const changed = (from: string, to: string) =>
    Buffer.from(good.toString("latin1").replace(from, to.padEnd(from.length)), "latin1");
  test.each<[string, Uint8Array, string]>([
    ["complex numbers", changed("<f4", "<c8"), 'the array holds elements of type "<c8"'],
    ["objects", changed("<f4", "|O"), 'the array holds elements of type "|O'],
    ["records", changed("'<f4'", "[('a"), "the array holds records of several fields"],
    ["records, with blanks", changed("'descr': '<f4'", "'descr'  :  [("), "records of several fields"],
    ["a single value", changed("(2, 2)", "()"), "a single value, without any dimension"],
    ["no elements", changed("(2, 2)", "(0, 2)"), "an array of shape 0 × 2 holds nothing"],
    ["a header without shape", changed("shape", "shave"), "an NPY header that can't be read"],
    ["an unknown version", Buffer.from(good).fill(9, 6, 7), "NPY version 9.0"],
    ["a huge promise", changed("(2, 2)", "(9999999,)"), "and the file holds"],
    ["too short", good.subarray(0, -1), "promises 2 × 2 elements of float32"],
    ["too long", Buffer.concat([good, good]), "promises 2 × 2 elements of float32"],
    ["a version before the first", Buffer.from(good).fill(0, 6, 7), "NPY version 0.0"],
    ["a header without type", changed("descr", "deskr"), "an NPY header that can't be read"],
    ["a header without order", changed("fortran_order", "fortran_odour"), "an NPY header that can't be read"],
    ["a longer header than anybody writes", headed("x".repeat(2 ** 16 + 1)), "an NPY header of 65537 bytes"],
    ["a type that is none", changed("'<f4'", "'x<f'"), 'elements of type "x<f"'],
  ])("%s", async (_, bytes, message) => {
    const path = file("bad.npy", bytes);
    const error = await readArray(path).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toContain(`${path}: `);
    expect((error as UserError).message).toContain(message);
  });

  test("a file cut anywhere", async () => {
    for (const bytes of [good, gzipSync(good)])
      for (let length = 0; length < bytes.length; length++)
        await expect(readArray(file("cut.npy", bytes.subarray(0, length)))).rejects.toBeInstanceOf(UserError);
  });
});

describe("in training", () => {
  const rows = Array.from({ length: 24 }, (_, row) => [row / 4 - 3, row % 7 === 0 ? Number.NaN : row ** 2]);
  const labels = rows.map((_, row) => row % 3);
  const x = file("features.npy", npy({ kind: "f4", shape: [24, 2], values: rows.flat() }));
  const y = file("labels.npy", npy({ kind: "i8", shape: [24], values: labels }));
  const load = (text: string) =>
    loadDataset(loadSpecText(`{ data: ${text} }`).spec.data, { seed: 0, baseDirectory: "." });

  test("a table of floats is what the CSV file of the same columns is", async () => {
    const lines = rows.map((row, i) => [...row, labels[i]].map((v) => (Number.isNaN(v) ? "" : v)).join(","));
    const csv = file("t.csv", ["feature_0,feature_1,target", ...lines].join("\n"));
    const split = { validation: 0.25, test: 0, stratify: null, seed: null, fold: null };
    const table = await loadDataset(csvSpec({ path: [csv], target: ["target"], split }), {
      seed: 0,
      baseDirectory: ".",
    });
    const arrays = await load(`{ train: { features: ${x}, targets: ${y} }, split: { validation: 0.25 } }`);
    expect(arrays.splits).toEqual(table.splits);
    expect(arrays.warnings).toEqual(table.warnings);
    expect(arrays.preprocessing.target).toEqual(table.preprocessing.target);
  });

  test("several target columns are a regression with as many outputs", async () => {
    const targets = file(
      "y2.npy",
      npy({ kind: "f8", shape: [24, 2], values: labels.flatMap((v) => [v, -v]) }),
    );
    const { preprocessing } = await load(`{ train: { features: ${x}, targets: ${targets} } }`);
    expect(preprocessing.target).toMatchObject({
      task: "regression",
      columns: [{ name: "target_0" }, { name: "target_1" }],
    });
  });

  test("bytes, and records of several dimensions, are images", async () => {
    const values = Array.from({ length: 96 }, (_, i) => i);
    for (const kind of ["u1", "f4"] as const) {
      const images = file(`i-${kind}.npy`, npy({ kind, shape: [24, 2, 2], values }));
      const { preprocessing, splits } = await load(`{ train: { features: ${images}, targets: ${y} } }`);
      expect(preprocessing.inputs).toMatchObject({ kind: "array", shape: [2, 2] });
      expect(splits.train.table.values).toBeInstanceOf(kind === "u1" ? Uint8Array : Float32Array);
      const { table } = await loadArray(images, preprocessing);
      expect(table).toEqual(splits.train.table);
    }
  });

  test("an infinite feature, a missing target and other counts are told with file and record", async () => {
    const bad = file("inf.npy", npy({ kind: "f8", shape: [2, 2], values: [1, 2, 3, 1e300] }));
    const nan = file("nan.npy", npy({ kind: "f4", shape: [2], values: [0, Number.NaN] }));
    await expect(load(`{ train: { features: ${bad}, targets: ${nan} } }`)).rejects.toThrow(
      /inf\.npy: feature_1 of record 1 is 1e\+300; .*\n.*nan\.npy: target of record 1 is NaN; expected a value/,
    );
    await expect(load(`{ train: { features: ${x}, targets: ${nan} } }`)).rejects.toThrow(
      "2 labels for the 24 records of",
    );
  });

  test("what is trained on a table of floats is evaluated and predicts", async () => {
    const out = join(dirname(x), "run");
    const split = "{ validation: 0.25, test: 0.25 }";
    const spec = file(
      "npy.yaml",
      `{ data: { train: { features: ${x}, targets: ${y} }, split: ${split} }, train: { epochs: 1 } }`,
    );
    expect(await run(["train", spec, "--out", out, "--quiet"])).toMatchObject({ code: 0 });
    const model = join(out, "best.ckpt");
    expect(JSON.parse((await run(["eval", model, "--json"])).out)).toMatchObject({ split: "test", rows: 6 });
    const unseen = await run(["eval", model, "--images", x, "--labels", y]);
    expect(unseen.err).toContain("12 of 24 rows were trained on and are left out");
    expect((await run(["predict", model, "--images", x])).out.trimEnd().split("\n")).toHaveLength(25);
  });

  test("a number that may stand for a missing one is told as what arrays have for it", async () => {
    const values = rows.flatMap(([a], row) => [a!, row % 6 === 1 ? -999 : 150 + ((7 * row) % 23)]);
    const odd = file("odd.npy", npy({ kind: "f4", shape: [24, 2], values }));
    const { warnings } = await load(`{ train: { features: ${odd}, targets: ${y} } }`);
    expect(warnings.join()).toMatch(/"feature_1" holds -999 in 4 training rows .*, make it NaN/);
  });

  test("missing: error refuses NaN", async () => {
    const text = `{ train: { features: ${x}, targets: ${y} }, missing: error }`;
    await expect(load(text)).rejects.toThrow("feature_1 of record 0 is NaN");
  });

  test("files of their own are validation and test rows, and must be as wide", async () => {
    const pair = `{ features: ${x}, targets: ${y} }`;
    const { splits } = await load(`{ train: ${pair}, validation: ${pair}, test: ${pair} }`);
    for (const other of [splits.validation, splits.test]) expect(other?.table).toEqual(splits.train.table);
    const wide = file("wide.npy", npy({ kind: "f4", shape: [24, 3], values: Array(72).fill(1) }));
    const other = load(`{ train: ${pair}, test: { features: ${wide}, targets: ${y} } }`);
    await expect(other).rejects.toThrow(
      "wide.npy: records of 3 elements; expected 2, as in the training file",
    );
  });

  test("a trained model reads the same files as it did in training", async () => {
    const pair = `{ features: ${x}, targets: ${y} }`;
    const { spec } = loadSpecText(`{ data: { train: ${pair} } }`);
    if (spec.data.format !== "npy") throw new Error("the spec is of another format");
    const { preprocessing, splits } = await load(`{ train: ${pair} }`);
    await expect(loadGivenPair([x, y], preprocessing, spec.data)).rejects.toThrow(
      "all 24 rows were trained on; expected rows that the model has not seen",
    );
    const { trained: _, ...fitted } = preprocessing;
    const given = await loadGivenPair([x, y], fitted, spec.data);
    expect(given.split.table).toEqual(splits.train.table);
    expect(given.split.targets).toEqual(splits.train.targets);
    const narrow = file("narrow.npy", npy({ kind: "f4", shape: [24, 1], values: Array(24).fill(1) }));
    await expect(loadGivenPair([narrow, y], preprocessing, spec.data)).rejects.toThrow(
      'narrow.npy: records of 1 elements, without a "feature_1"; expected records as the model was trained on',
    );
    await expect(loadArray(narrow, preprocessing)).rejects.toThrow(
      "records of 1 elements; expected records of the 2 columns that the model was trained on, all numbers",
    );
    expect((await loadArray(x, preprocessing)).table).toEqual(splits.train.table);
  });

  test.each([
    ["scale: robust", "data.scale is robust, and the features are images; expected standard, minmax or none"],
    ["task: multilabel", "data.task is multilabel, and a record has one target; expected several"],
    [
      "number_encoding: periodic",
      "data.number_encoding is periodic, and the features are images; expected none",
    ],
  ])("%s is for tables, not for images", async (setting, message) => {
    const images = file("images.npy", npy({ kind: "u1", shape: [24, 2, 2], values: Array(96).fill(1) }));
    const asked = load(`{ train: { features: ${images}, targets: ${y} }, ${setting} }`);
    await expect(asked).rejects.toThrow(message);
  });
});

test("infinity and NaN of half precision are what they are", async () => {
  const bytes = npy({ kind: "u2", shape: [3], values: [0x7c00, 0xfc00, 0x7e00] });
  const path = file("half.npy", Buffer.from(bytes.toString("latin1").replace("<u2", "<f2"), "latin1"));
  expect([...(await readArray(path)).values]).toEqual([Infinity, -Infinity, Number.NaN]);
});
