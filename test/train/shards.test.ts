/** What shards promise: the bits of a run are the spec's, however many processes share its work. */
import { describe, expect, test } from "vitest";
import type { Peers } from "../../src/cluster/peers.ts";
import { endEpoch } from "../../src/run/endEpoch.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";
import { meshOf } from "../cluster/mesh.ts";
import { fileOf, irisData, nobody, outcome, workOf } from "./support.ts";

const never = () => null;

const sizes = [2, 3, 4, 8];

/** The model file of a run, and what its epochs told but for their times. */
async function trainedBy(peers: Peers, text: string, shards: number) {
  const work = await workOf(text, [`train.shards=${shards}`], nobody, peers);
  const events: object[] = [];
  while (!work.trainer.finished) {
    await trainEpoch(work, never, nobody);
    const { seconds, samples_per_second, ...event } = (await endEpoch(work)).event;
    events.push(event);
  }
  return { file: await fileOf(work), events };
}

const specs = {
  plain: "train: { epochs: 2, batch_size: 32 }",
  "batch normalisation": "model: { hidden: [8], norm: batch }\ntrain: { epochs: 2, batch_size: 32 }",
  "dropout and noise":
    "model: { layers: [{ linear: 8 }, relu, { dropout: 0.2 }, { gaussian_noise: 0.1 }, { linear: 3 }] }\ntrain: { epochs: 2, batch_size: 32 }",
  "an ensemble": "model: { hidden: [8], norm: batch, members: 2 }\ntrain: { epochs: 2, batch_size: 64 }",
  "several batches an update":
    "model: { hidden: [8], norm: batch }\ntrain: { epochs: 2, batch_size: 32, accumulate: 3 }",
  "weights of classes":
    "loss: { name: cross_entropy, class_weights: [1, 2, 3] }\ntrain: { epochs: 2, batch_size: 32 }",
  "clipping, penalties and averages":
    "train: { epochs: 2, batch_size: 32, clip_grad_norm: 0.5, l2: 0.01, ema: 0.9, max_norm: 1 }",
  "a search along lines": "optimizer: { name: lbfgs }\ntrain: { epochs: 3 }",
  "file order": "train: { epochs: 2, batch_size: 40, shuffle: false }",
  "stopping early": "train: { epochs: 30, batch_size: 32, early_stopping: { patience: 1, min_delta: 0.1 } }",
} satisfies Record<string, string>;

describe.each(Object.entries(specs))("%s", (_, text) => {
  test.each([1, 2, 3, 8])(
    "with %i shards gives the same bits for any number of processes",
    async (shards) => {
      const alone = await trainedBy(meshOf(1)[0]!, irisData + text, shards);
      for (const size of sizes.filter((size) => size <= shards)) {
        const mesh = meshOf(size, (bytes) => (bytes > 500 ? 1 : 0));
        const all = await Promise.all(mesh.map((peers) => trainedBy(peers, irisData + text, shards)));
        for (const { file, events } of all) {
          expect(file.equals(alone.file)).toBe(true);
          expect(events).toEqual(alone.events);
        }
      }
    },
  );
});

/** Layers large enough to travel by themselves, and to be moved by shares. */
const large = "model: { hidden: [520, 520] }\n";
const ofLargeLayers = {
  plain: "train: { epochs: 1, batch_size: 64 }",
  "penalties, limits, averages and groups":
    "optimizer: { name: sgd, momentum: 0.9, weight_decay: 0.1, decay: weights, groups: { first_layer: { lr: 0.5 } } }\ntrain: { epochs: 2, batch_size: 75, l1: 0.01, clip_grad_value: 0.1, ema: 0.9, max_norm: 0.5, freeze: [layers.0.weight] }",
  "clipping by the norm": "train: { epochs: 1, batch_size: 64, clip_grad_norm: 0.5 }",
} satisfies Record<string, string>;

test.each(Object.entries(ofLargeLayers))(
  "large layers, %s: the same bits by messages and in others' memory",
  async (_, text) => {
    const spec = irisData + large + text;
    const alone = await trainedBy(meshOf(1)[0]!, spec, 5);
    for (const [size, onOne] of [
      [3, null],
      [2, 2],
      [5, 2],
    ] as const) {
      const mesh = meshOf(size, () => 0, onOne);
      const all = await Promise.all(mesh.map((peers) => trainedBy(peers, spec, 5)));
      for (const { file, events } of all) {
        expect(file.equals(alone.file)).toBe(true);
        expect(events).toEqual(alone.events);
      }
      const sent = mesh.reduce((sum, { traffic }) => sum + traffic.bytesSent, 0);
      expect(sent > 0).toBe(onOne === null || size > onOne);
    }
  },
);

/** A step as long as the gradient: others would hide how long it is. */
const sgd = "optimizer: { name: sgd, lr: 0.1 }\n";

test.each([
  ["plain", specs.plain],
  ["several batches an update", "train: { epochs: 2, batch_size: 32, accumulate: 3 }"],
  ["weights of classes", specs["weights of classes"]],
  ["penalties", "train: { epochs: 2, batch_size: 32, l1: 0.01, clip_grad_norm: 0.3 }"],
])("%s: shards change what is trained by rounding alone", async (_, text) => {
  const weightsWith = async (shards: number) => {
    const work = await workOf(irisData + sgd + text, [`train.shards=${shards}`]);
    while (!work.trainer.finished) {
      await trainEpoch(work, never, nobody);
      await endEpoch(work);
    }
    return (await work.model.tensors()).flatMap(({ values }) => [...values]);
  };
  const [whole, parted] = [await weightsWith(1), await weightsWith(7)];
  for (const [i, w] of parted.entries()) expect(w).toBeCloseTo(whole[i]!, 5);
});

test("a run in shards that is stopped within epochs and resumed ends with the same bits", async () => {
  const set = ["train.shards=5"];
  const text = `${irisData}model: { hidden: [8], norm: batch, dropout: 0.2 }\ntrain: { epochs: 3, batch_size: 32 }`;
  const [through, stopped] = [await outcome(text, set), await outcome(text, set, [2, 5, 6])];
  expect(stopped.file.equals(through.file)).toBe(true);
  expect(stopped.events).toEqual(through.events);
});
