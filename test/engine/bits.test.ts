/** One run, one set of bits: whatever the threads, the instruction set or the host, wherever multiply-add is fused. */
import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { parseSpec } from "../../src/config/load.ts";
import { type KernelsChoice, openKernels } from "../../src/engine/choose.ts";
import { sourceHash } from "../../src/engine/fast/sourceHash.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { loadAddon } from "../../src/engine/native/addon.ts";
import { lossRule } from "../../src/model/losses.ts";
import { buildModel } from "../../src/model/model.ts";
import { randomBits, streamKey } from "../../src/support/random.ts";
import { Batches } from "../../src/train/batches.ts";
import { ResidentRows } from "../../src/train/residentRows.ts";
import { Sums } from "../../src/train/sums.ts";
import { Updates } from "../../src/train/updates.ts";
import { emulationIsHere } from "./emulation.ts";

/** Wide enough that every kind of verb is shared among threads; with ragged edges for every tile. */
const inputs = 197;
const classes = 11;
const spec = parseSpec(
  JSON.stringify({
    data: { format: "idx", train: { images: "x", labels: "y" } },
    model: {
      layers: [
        { linear: 301 },
        "batch_norm",
        "gelu",
        { dropout: 0.2 },
        { linear: 130 },
        "layer_norm",
        "tanh",
        { linear: classes },
      ],
    },
    loss: { name: "cross_entropy", label_smoothing: 0.1 },
    optimizer: { name: "adamw", lr: 0.01 },
    train: { epochs: 1, batch_size: 77, clip_grad_norm: 1 },
  }),
  "bits.json",
).spec;

/** sha256 of the weights, running statistics and totals after some updates, the last one of fewer rows. */
async function train(choice: KernelsChoice): Promise<string> {
  const { backend } = await openKernels(choice);
  try {
    const k = new Kernels(backend);
    const rows = 500;
    const key = streamKey(3, "shuffle");
    const block = backend.bytes(rows * inputs);
    const targets = k.matrix(rows, 1);
    block.host.forEach((_, i, bytes) => {
      bytes[i] = randomBits(key, i);
    });
    targets.host.forEach((_, i, labels) => {
      labels[i] = randomBits(key, 1e6 + i) % classes;
    });
    const model = buildModel(k, spec.model.layers, {
      inputWidth: inputs,
      outputWidth: classes,
      seed: 0,
      init: spec.init,
    });
    const table = { block, rows, cols: inputs, scale: 1 / 100, shift: -1.27 };
    const indices = Int32Array.from({ length: rows }, (_, i) => (i * 7) % rows);
    const data = new ResidentRows(k, { table, targets, weights: null, indices });
    const batches = new Batches(k, model, data, spec.train.batch_size);
    const sums = new Sums(k);
    const rule = lossRule(k, spec.loss!, classes, null);
    const updates = new Updates(k, model, batches, rule, spec, sums);
    for (let step = 0; step < 7; step++) updates.make(step, 77 * step, Math.min(77 * (step + 1), rows), 0.01);
    await k.sync();
    const hash = createHash("sha256").update(Float64Array.from(sums.of(0).host));
    for (const { values } of await model.tensors()) hash.update(Float32Array.from(values));
    return hash.digest("hex");
  } finally {
    await backend.close();
  }
}

const fusedSets = loadAddon(sourceHash)
  .sets()
  .split("\n")
  .filter((set) => loadAddon(sourceHash).fused(set) === 1);
const choices = [
  ...fusedSets.flatMap((isa) =>
    [1, 2, 3, 4].map((threads) => ({ kernels: "native" as const, isa, threads })),
  ),
  ...[1, 2, 3].map((threads) => ({ kernels: "wasm" as const, isa: "relaxed", threads })),
  ...(emulationIsHere() ? [{ kernels: "cuda" as const, isa: "emulated", threads: 1 }] : []),
];

let expected = "";
beforeAll(async () => {
  expected = await train(choices[0]!);
});

test.each(choices)("$kernels $isa with $threads threads", async (choice) => {
  expect(await train(choice)).toBe(expected);
});

test("plain wasm, which rounds twice, has bits of its own, the same for any number of threads", async () => {
  const alone = await train({ kernels: "wasm", isa: "plain", threads: 1 });
  expect(alone).not.toBe(expected);
  expect(await train({ kernels: "wasm", isa: "plain", threads: 2 })).toBe(alone);
});
