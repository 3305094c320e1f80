/** What the loop over batches promises: how many updates, over which rows, with what figures, in what memory. */
import { describe, expect, test } from "vitest";
import { runLength } from "../../src/train/runLength.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";
import { countingTypedArrays } from "./allocations.ts";
import { irisData, nobody, outcome, workOf } from "./support.ts";

const never = () => null;

describe("length", () => {
  const spec = async (train: string) => (await workOf(`${irisData}train: ${train}`)).network.spec;

  test("10,000 rows in batches of 10 make 1,000 updates an epoch", async () => {
    const length = runLength(await spec("{ epochs: 3, batch_size: 10 }"), 10_000);
    expect(length).toEqual({ stepsPerEpoch: 1000, totalSteps: 3000, endsBySteps: false });
  });

  test("the last short batch is kept, or dropped when the spec says so", async () => {
    const kept = runLength(await spec("{ epochs: 1, batch_size: 10 }"), 10_001);
    const dropped = runLength(await spec("{ epochs: 1, batch_size: 10, drop_last: true }"), 10_009);
    expect([kept.stepsPerEpoch, dropped.stepsPerEpoch]).toEqual([1001, 1000]);
  });

  test("max_steps ends a run within an epoch", async () => {
    const length = runLength(await spec("{ epochs: 3, max_steps: 2500, batch_size: 10 }"), 10_000);
    expect(length).toEqual({ stepsPerEpoch: 1000, totalSteps: 2500, endsBySteps: true });
  });

  test("fewer rows than a batch that is to be dropped are refused", async () => {
    const dropping = await spec("{ epochs: 1, batch_size: 10, drop_last: true }");
    expect(() => runLength(dropping, 9)).toThrow("9 training rows are fewer than a batch of 10");
  });
});

describe("rows", () => {
  test("drop_last trains on full batches alone", async () => {
    const work = await workOf(`${irisData}train: { epochs: 1, batch_size: 50, drop_last: true }`);
    const all = work.trainer.length.stepsPerEpoch * 50;
    await trainEpoch(work, never, nobody);
    expect(work.trainer.state.totals[3]).toBe(all);
  });

  test("the training loss is the mean over rows: a short batch's rows count as much as any other's", async () => {
    const still = ["optimizer.lr=1e-30"]; // weights that do not move: every batching sees the same losses
    const losses = [];
    for (const size of [1, 7, 100, 1000]) {
      const { events } = await outcome(`${irisData}train: { epochs: 1, batch_size: ${size} }`, still);
      losses.push(events[0]!.train.loss!);
    }
    for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 6);
  });

  test("every epoch takes every row once, each time in another order", async () => {
    const work = await workOf(`${irisData}train: { epochs: 2, batch_size: 16 }`);
    const order = async () => {
      await trainEpoch(work, never, nobody);
      work.trainer.finishEpoch();
      return [...(await work.trainer.order())];
    };
    const [first, second] = [await order(), await order()];
    expect(second).not.toEqual(first);
    expect(second.toSorted((a, b) => a - b)).toEqual(first.toSorted((a, b) => a - b));
    expect(new Set(first).size).toBe(first.length);
  });

  test("shuffle: false keeps file order", async () => {
    const work = await workOf(`${irisData}train: { epochs: 1, shuffle: false }`);
    await trainEpoch(work, never, nobody);
    const order = [...(await work.trainer.order())];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

test("an epoch allocates no typed array after the first", async () => {
  const text = `${irisData}
model: { hidden: [8], activation: tanh, norm: batch, dropout: 0.2 }
optimizer: { name: adam, amsgrad: true }
schedule: { name: multi_step, milestones: [1, 2], warmup_steps: 3 }
train: { epochs: 9, batch_size: 16, clip_grad_norm: 1, clip_grad_value: 1 }
`;
  const work = await workOf(text);
  const epoch = async () => {
    await trainEpoch(work, never, nobody);
    work.trainer.finishEpoch();
    await work.checkpoint();
  };
  await epoch();
  const count = await countingTypedArrays(async () => {
    for (let i = 0; i < 5; i++) await epoch();
  });
  expect(count).toEqual({});
  expect(work.trainer.state.epoch).toBe(6);
});

test("the counter of typed arrays sees every way of making one", async () => {
  const some = new Float32Array(4);
  const count = await countingTypedArrays(async () => {
    new Float64Array(1).slice();
    new Int32Array([1]).map((x) => x);
    some.subarray(1);
    Float32Array.from([1]);
    new Uint8Array(new ArrayBuffer(8));
  });
  expect(count).toEqual({
    Float64Array: 1,
    slice: 1,
    Int32Array: 1,
    map: 1,
    subarray: 1,
    from: 1,
    ArrayBuffer: 1,
    Uint8Array: 1,
  });
});
