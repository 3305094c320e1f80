/** A run stopped after any update and resumed ends with the same model file and tells the same figures. */
import { describe, expect, test, vi } from "vitest";
import { decodeCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { resume } from "../../src/run/resume.ts";
import { memorySource } from "../../src/support/byteSource.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import { fileOf, irisData, nobody, outcome, workOf } from "../train/support.ts";

/** Each case is a dozen small runs: a busy machine may take its time. */
vi.setConfig({ testTimeout: 60_000 });

const spec = `${irisData}
model:
  layers: [{ linear: 5 }, batch_norm, tanh, { dropout: 0.3 }, { linear: 3 }]
train: { epochs: 2, batch_size: 30 }
`;

const optimizers = {
  momentum: "{ name: sgd, lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01 }",
  Adam: "{ name: adam, lr: 0.01 }",
  AMSGrad: "{ name: adamw, lr: 0.01, amsgrad: true }",
};
const schedules = {
  "no schedule": "null",
  "cosine with warm-up": "{ name: cosine, interval: step, warmup_steps: 2 }",
  plateaus: "{ name: reduce_on_plateau, patience: 0, threshold: 0.5 }",
};
const orders = ["train.shuffle=true", "train.shuffle=false", "train.drop_last=true"];

const cases = Object.keys(optimizers).flatMap((optimizer) =>
  Object.keys(schedules).map((schedule, i) => ({ optimizer, schedule, order: orders[i]! })),
) as { optimizer: keyof typeof optimizers; schedule: keyof typeof schedules; order: string }[];

describe("stopped after every update in turn", () => {
  test.each(cases)("$optimizer, $schedule, $order", async ({ optimizer, schedule, order }) => {
    const set = [`optimizer=${optimizers[optimizer]}`, `schedule=${schedules[schedule]}`, order];
    const whole = await outcome(spec, set);
    expect(whole.events).toHaveLength(2);
    for (let stop = 1; stop < whole.steps; stop++) {
      expect(await outcome(spec, set, [stop]), `stopped after update ${stop}`).toEqual(whole);
    }
  });
});

const extras = {
  "moving average": "train.ema=0.9",
  accumulation: "train.accumulate=2",
  penalties: "train={epochs: 2, batch_size: 30, l1: 0.01, l2: 0.01, max_norm: 1, clip_grad_norm: 1}",
  "RMSprop, centered": "optimizer={name: rmsprop, centered: true, momentum: 0.9}",
  NAdam: "optimizer=nadam",
  "residual blocks":
    "model={layers: [{linear: 6}, {residual: [batch_norm, tanh, {dropout: 0.5}, linear]}, rms_norm, {linear: 3}]}",
  "rows on disk": "data.stream={buffer_mb: 0.001}",
  "L-BFGS": "optimizer={name: lbfgs, history_size: 3}",
  RAdam: "optimizer={name: radam, betas: [0.9, 0.9]}",
};

test.each(Object.entries(extras))("stopped after every update in turn, with %s", async (_, set) => {
  const whole = await outcome(spec, [set]);
  for (let stop = 1; stop < whole.steps; stop++) {
    expect(await outcome(spec, [set], [stop]), `stopped after update ${stop}`).toEqual(whole);
  }
});

test("stopped after every update of one run", async () => {
  const whole = await outcome(spec);
  const stops = Array.from({ length: whole.steps - 1 }, (_, i) => i + 1);
  expect(await outcome(spec, [], stops)).toEqual(whole);
});

test("a run ended by max_steps in the middle of an epoch counts it, whenever it was stopped", async () => {
  const set = ["train.epochs=null", "train.max_steps=6"];
  const whole = await outcome(spec, set);
  expect(whole.events.map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 4],
    [2, 6],
  ]);
  for (const stop of [1, 3, 4, 5]) expect(await outcome(spec, set, [stop])).toEqual(whole);
});

/** What a run says that began with `spec` and is to go on with it changed so. */
async function refusalOf(set: readonly string[]): Promise<readonly string[]> {
  const checkpoint = decodeCheckpoint(memorySource("last.ckpt", await fileOf(await workOf(spec))));
  const changed = await workOf(spec, set);
  try {
    resume(changed, { checkpoint, file: "last", events: [], hasBest: true }, nobody);
    return [];
  } catch (error) {
    if (!(error instanceof UserError && error.exitCode === exitCodes.usage)) throw error;
    return error.problems.map(({ message }) => message);
  }
}

test("a changed spec is refused with every difference by its place", async () => {
  const layers = "model.layers=[{ linear: 5 }, batch_norm, tanh, { dropout: 0.5 }, { linear: 3 }]";
  const set = [
    "seed=3",
    layers,
    "train.batch_size=8",
    "optimizer={ name: adam, lr: 0.5, weight_decay: 0.1 }",
  ];
  const was = (path: string, before: unknown, now: unknown) =>
    `--resume: ${path} was ${before} when the run started and is ${now} now`;
  expect(await refusalOf(set)).toEqual([
    was("seed", 0, 3),
    was("model.layers[3].p", 0.3, 0.5),
    was("optimizer.lr", 0.001, 0.5),
    was("optimizer.weight_decay", 0, 0.1),
    was("train.batch_size", 30, 8),
  ]);
  const fewer = "model.layers=[{ linear: 5 }, tanh, { linear: 3 }]";
  expect((await refusalOf([fewer]))[0]).toMatch(/^--resume: model\.layers was \[.*\] when .* is \[.*\] now$/);
});

test("a run of a version that knew no shards goes on with one, and with no other number of them", async () => {
  const work = await workOf(spec);
  const { shards: _, ...train } = work.network.spec.train;
  const older = { ...work.network.spec, train };
  const checkpoint = { ...decodeCheckpoint(memorySource("last.ckpt", await fileOf(work))), spec: older };
  const goOn = async (set: string[]) =>
    resume(await workOf(spec, set), { checkpoint, file: "last", events: [], hasBest: true }, nobody);
  await goOn([]);
  await expect(goOn(["train.shards=2"])).rejects.toThrow(
    "train.shards was nothing when the run started and is 2 now",
  );
});

test("how long a run takes, what it is called and when it saves may change", async () => {
  const set = ["name=other", "train.epochs=9", "train.checkpoint={ every_steps: 3, keep_last: 2 }"];
  expect(await refusalOf(set)).toEqual([]);
});
