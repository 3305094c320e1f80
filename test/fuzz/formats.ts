/** What is fuzzed: for each kind of file some right ones, and all that nnt does with a file of that kind. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { decodeCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { parseSpec } from "../../src/config/load.ts";
import type { DataSpec } from "../../src/config/schema.ts";
import { loadDataset } from "../../src/data/dataset/load.ts";
import { readArray } from "../../src/data/formats/arrays/readArray.ts";
import { rowsOfStream, withFirst } from "../../src/data/formats/rows.ts";
import { inflated } from "../../src/data/formats/source.ts";
import { createEncoder, inputNames } from "../../src/data/prediction/recordEncoder.ts";
import type { Preprocessing } from "../../src/data/preprocessing/preprocessing.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { readModel, restoreModel } from "../../src/evaluate/savedModel.ts";
import { memorySource } from "../../src/support/byteSource.ts";
import { safetensors } from "../checkpoint/support.ts";
import { fileOf, workOf } from "../train/support.ts";
import { hostileModel, runOnModel } from "./commands.ts";
import { mutate } from "./mutate.ts";

export interface Format {
  /** Wrong files of the kind, and now and then a right one. */
  readonly make: (chance: () => number) => Buffer;
  readonly read: (bytes: Buffer) => unknown;
  /** How many of a million inputs are of the kind: the faster, the more. */
  readonly share: number;
}

/** In memory where the system has such a place: writing is not what is tested. */
const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "nnt-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function fileWith(bytes: Buffer, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const middle = bytes.length >> 1; // a border somewhere
  yield bytes.subarray(0, middle);
  yield bytes.subarray(middle);
}

const from =
  (...originals: readonly (string | Buffer)[]) =>
  (chance: () => number) =>
    mutate(Buffer.from(originals[Math.floor(chance() * originals.length)]!), chance);

const table = `name,age,"a ""b""",weight,y
ann,3,"x, y",1.5e3,yes
bob,,"two
lines",-2,no
eve,41,z,0.25,yes
dan,7,z,.5,no
ida,8,z,NA,no
`;
const jsonl = `{"name":"ann","age":3,"a":"x","y":true,"deep":{"a":[1,{}]}}
{"name":"bob","age":null,"a":"\\u00e9","y":false}
{"name":"eve","age":"41","a":"z","y":1e3}
`;
const parquet = (codec: "UNCOMPRESSED" | "SNAPPY") =>
  Buffer.from(
    parquetWriteBuffer({
      codec,
      rowGroupSize: 4,
      columnData: [
        { name: "name", data: ["ann", "bob", null, "ann", "eve", "ann"], type: "STRING" },
        { name: "age", data: [3, null, 41, 7, 8, 9], type: "INT32" },
        { name: "x", data: [1.5, -2, 0.25, 1e9, null, 4], type: "DOUBLE" },
        { name: "at", data: [1, 2, 3, 4, 5, 6].map((day) => new Date(day * 864e5)), type: "TIMESTAMP" },
        { name: "deep", data: [{ a: [1] }, [2], null, [], {}, [3]], type: "JSON" },
        { name: "y", data: [true, false, true, false, true, true], type: "BOOLEAN" },
      ],
    }),
  );
const dataSpec = (
  parseSpec("data: { path: t.csv, target: y, columns: { name: category } }", "s.yaml") as {
    spec: { data: DataSpec };
  }
).spec.data;

const work = await workOf(
  "data: { path: data/iris.csv, target: species }\nmodel: { layers: [{ linear: 4 }, batch_norm, relu, { linear: 3 }] }",
);
const model = await fileOf(work);
const { preprocessing } = work;

const idx = (type: number, sizes: readonly number[], data: Uint8Array) => {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.set([0, 0, type, sizes.length]);
  sizes.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([header, data]);
};
const images = idx(
  8,
  [3, 2, 2],
  Uint8Array.from({ length: 12 }, (_, i) => i * 20),
);
const floats = idx(13, [2, 2], Buffer.from("3f800000400000004040000040800000", "hex"));

const npy = (descr: string, isFortran: boolean, shape: string, bytes: number) => {
  const order = isFortran ? "True" : "False";
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\0\x76\0", "latin1"),
    Buffer.from(`${text}\n`),
    Buffer.alloc(bytes),
  ]);
};

/** The rows of a stream, as `predict` reads them. */
async function readRecords(
  bytes: Buffer,
  format: "csv" | "jsonl",
  known: Preprocessing | null,
): Promise<void> {
  const columns = known ? inputNames(known) : null;
  const { first, all } = await withFirst(rowsOfStream(chunksOf(bytes), undefined, { format, columns }));
  const encoder = known && createEncoder(known, first);
  const out = new Float32Array(encoder?.width ?? 0);
  for await (const batch of all)
    for (let record = 0; record < batch.count; record++) {
      batch.placeOf(record, 0);
      if (batch.hasFields(record)) encoder?.encode(batch, record, out, 0);
    }
}

/** A table, whatever its format: it is told by its first bytes. */
function readToTrain(bytes: Buffer): Promise<unknown> {
  fileWith(bytes, "t.csv");
  return loadDataset(dataSpec, { seed: 1, baseDirectory: folder, loss: null });
}

/** A model file with a changed header whose digest is right again: what an attacker would send. */
function resealed(chance: () => number): Buffer {
  const length = Number(model.readBigUInt64LE());
  const head = JSON.parse(model.toString("utf8", 8, 8 + length));
  const keys = Object.keys(head.__metadata__).slice(1);
  const key = keys[Math.floor(chance() * keys.length)]!;
  if (chance() < 0.5) head.__metadata__[key] = mutate(Buffer.from(head.__metadata__[key]), chance).toString();
  else {
    const names = Object.keys(head).slice(1);
    const name = names[Math.floor(chance() * names.length)]!;
    const [part, values] = [
      ["dtype", ["F16", "I64", "F64", "BOOL", "X", 3]],
      ["shape", [[0], [1e15, 1e15], [-1], [2 ** 53], "x", [4, 4], []]],
      ["data_offsets", [[0, 0], [-8, 8], [0, 2 ** 60], [64, 0], [1, 2, 3], "x"]],
    ][Math.floor(chance() * 3)] as [string, unknown[]];
    head[name][part] = values[Math.floor(chance() * values.length)];
  }
  head.__metadata__.sha256 = "0".repeat(64);
  const text = Buffer.from(JSON.stringify(head));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const data = model.subarray(8 + length);
  const sha256 = createHash("sha256").update(data).update(size).update(text).digest("hex");
  text.write(sha256, text.indexOf("0".repeat(64)));
  return Buffer.concat([size, text, data]);
}

export const formats = {
  safetensors: {
    share: 0.66,
    make: from(model),
    read: (bytes) => decodeCheckpoint(memorySource("model.ckpt", bytes)),
  },
  "model file, sealed again": {
    share: 0.01,
    make: resealed,
    read(bytes) {
      const saved = readModel(fileWith(bytes, "model.ckpt"));
      return restoreModel(new Kernels(openReference()), saved);
    },
  },
  // Above the million of files: a million of commands.
  "commands on models, sealed again": { share: 1, make: hostileModel, read: runOnModel },
  "weights of others": {
    share: 0.005,
    make: from(safetensors({ w: { dtype: "F16", shape: [2, 2], data_offsets: [0, 8] } }, new Uint8Array(8))),
    read: (bytes) => readSafetensors(fileWith(bytes, "weights.safetensors")),
  },
  "CSV to predict": {
    share: 0.14,
    make: from(table, "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n,x,1e400,\n"),
    read: (bytes) => readRecords(bytes, "csv", bytes.length % 2 ? null : preprocessing),
  },
  "JSONL to predict": {
    share: 0.14,
    make: from(jsonl, '{"sepal_length":5.1,"sepal_width":"3","petal_length":null,"petal_width":[]}\n'),
    read: (bytes) => readRecords(bytes, "jsonl", preprocessing),
  },
  "CSV to train on": {
    share: 0.007,
    make: from(table, table.replaceAll(",", ";")),
    read: readToTrain,
  },
  Parquet: {
    share: 0.002, // a thread each
    make: from(parquet("UNCOMPRESSED"), parquet("SNAPPY")),
    read: readToTrain,
  },
  IDX: {
    share: 0.008,
    make: from(images, floats, gzipSync(images)),
    read: (bytes) => readArray(fileWith(bytes, "images-idx3-ubyte")),
  },
  NPY: {
    share: 0.008,
    make: from(
      npy("<f4", false, "(2, 2)", 16),
      npy(">f8", true, "(1, 2, 1)", 16),
      npy("|u1", true, "(3,)", 3),
    ),
    read: (bytes) => readArray(fileWith(bytes, "x.npy")),
  },
  gzip: {
    share: 0.02,
    make: from(gzipSync(table), gzipSync(Buffer.alloc(5000)), Buffer.concat([gzipSync("a"), gzipSync("b")])),
    async read(bytes) {
      let size = 0;
      for await (const chunk of inflated(chunksOf(bytes), "x.gz", { named: "gzip" })) size += chunk.length;
      return size;
    },
  },
  spec: {
    share: 0.01,
    make: from(
      "name: a\ndata: { path: a.csv, target: y, columns: { a: ignore, b: { type: number } } }\nmodel: { hidden: [4, 4], activation: relu }\noptimizer: { name: sgd, lr: 0.1 }\n",
      "data:\n  format: idx\n  train: { images: a, labels: b }\nmodel:\n  layers:\n    - { linear: 5 }\n    - relu\n    - dropout: 0.2\n    - linear: 3\nschedule: { name: cosine, warmup_epochs: 1 }\ntrain:\n  epochs: 3\n  early_stopping: { metric: accuracy, patience: 2 }\n",
      '{"data": {"path": "a.csv", "target": ["y", "z"], "split": {"validation": 0.1}}, "loss": "mse", "train": {"max_steps": 5}}',
      "a: &a [x, x]\nb: &b [*a, *a]\ndata: { path: a.csv, target: *b }\n",
    ),
    read: (bytes) => parseSpec(bytes.toString("utf8"), "spec.yaml"),
  },
} satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;
