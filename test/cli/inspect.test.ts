/** `inspect` on data: what is in the file, for people and for scripts. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const path = (name: string) => join(directory, name);

/** Two images of 2×3 bytes: 0 … 11. */
const images = Buffer.from([
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  3,
  ...Array.from({ length: 12 }, (_, i) => i),
]);
/** Two 32-bit floats: 0.1 and −2.5. */
const floats = Buffer.alloc(16);
floats.set([0, 0, 13, 1, 0, 0, 0, 2]);
floats.writeFloatBE(0.1, 8);
floats.writeFloatBE(-2.5, 12);

/** An NPY file of one record of two 32-bit floats: 0.1 and −2.5. */
function npyTable(): Buffer {
  const text = "{'descr': '>f4', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117);
  return Buffer.concat([Buffer.from(`\x93NUMPY\x01\0\x76\0${text}\n`, "latin1"), floats.subarray(8)]);
}

beforeAll(() =>
  put(directory, {
    "table.npy": npyTable(),
    "table.csv": 'name,n,flag\r\n"a ""b"", c\nd",1,yes\r\n,2.5,no\r\nx,,yes\r\n',
    "table.csv.gz": gzipSync("a;b\n1;2\n"),
    "images.idx": images,
    "train-images-idx3-ubyte.gz": gzipSync(images),
    "floats.idx": floats,
    "hostile.csv": "a\n\u001b[2J\n",
  }),
);

async function json(...argv: string[]) {
  const { code, out, err } = await run(["inspect", ...argv, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^\{.*\}\n$/);
  return JSON.parse(out);
}

describe("a table", () => {
  test("has columns with types, and rows", async () => {
    expect(await json(path("table.csv"))).toMatchObject({
      columns: [
        { name: "name", type: "category", missing: 1 },
        { name: "n", type: "number", missing: 1 },
        { name: "flag", type: "boolean", missing: 0 },
      ],
      rows: 3,
    });
  });

  test("shows its first records as decoded texts", async () => {
    const { head } = await json(path("table.csv"), "--head", "2");
    expect(head).toEqual([
      ['a "b", c\nd', "1", "yes"],
      ["", "2.5", "no"],
    ]);
  });

  test("shows all records when it has fewer than are asked for, and none when none are", async () => {
    expect((await json(path("table.csv"), "--head", "9")).head).toHaveLength(3);
    expect((await json(path("table.csv"), "--head", "0")).head).toEqual([]);
    expect(await json(path("table.csv"))).not.toHaveProperty("head");
  });

  test("may be gzip and have another delimiter", async () => {
    expect(await json(path("table.csv.gz"), "--head", "1")).toMatchObject({
      columns: [{ name: "a" }, { name: "b" }],
      rows: 1,
      head: [["1", "2"]],
    });
  });

  test("can't write on the terminal what is in it", async () => {
    const { out } = await run(["inspect", path("hostile.csv"), "--head", "1"]);
    expect(out).not.toContain("\u001b");
    expect(out).toContain("\\x1b[2J");
  });
});

test("an NPY table has its columns' names of training", async () => {
  expect(await json(path("table.npy"), "--head", "1")).toMatchObject({
    kind: "npy",
    columns: [{ name: "feature_0" }, { name: "feature_1" }],
    head: [["0.1", "-2.5"]],
  });
});

describe("an IDX file", () => {
  test("has a shape, and records as decoded texts", async () => {
    const found = await json(path("images.idx"), "--head", "1");
    expect(found).toMatchObject({
      type: "uint8",
      shape: [2, 2, 3],
      rows: 2,
      head: [["0", "1", "2", "3", "4", "5"]],
    });
    expect(found.columns).toHaveLength(6);
    expect(await json(path("train-images-idx3-ubyte.gz"), "--head", "1")).toMatchObject({ head: found.head });
  });

  test("shows floats as the shortest decimals that are them", async () => {
    expect((await json(path("floats.idx"), "--head", "2")).head).toEqual([["0.1"], ["-2.5"]]);
  });

  test("is drawn as images", async () => {
    const { out } = await run(["inspect", path("images.idx"), "--head", "2"]);
    expect(out).toContain("2 records of [2, 3]");
    expect(out).toContain("██");
  });
});

test("--head on a spec is said to make no sense", async () => {
  put(directory, { "spec.yaml": "data: { path: table.csv, target: n }" });
  const { code, err } = await run(["inspect", path("spec.yaml"), "--head", "1"]);
  expect([code, err]).toEqual([
    2,
    expect.stringContaining("--head shows records of a data file, and this is a spec"),
  ]);
});
