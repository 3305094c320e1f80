/**
 * 60 updates, stopped after any of them and resumed: the same bytes for every optimizer × dropout × schedule ×
 * streaming, with orders, averages and limits among them. `NNT_EVERY_STEP=1` stops after each of the 59; else after a few.
 */
import { describe, expect, test } from "vitest";
import { outcome } from "../train/support.ts";

const optimizers = {
  momentum: "{ name: sgd, lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01 }",
  Adam: "{ name: adam, lr: 0.01 }",
  AMSGrad: "{ name: adamw, lr: 0.01, amsgrad: true }",
  RMSprop: "{ name: rmsprop, lr: 0.01, centered: true, momentum: 0.9 }",
};
const schedules = {
  "no schedule": "null",
  "cosine with warm-up": "{ name: cosine, interval: step, warmup_steps: 7 }",
  plateaus: "{ name: reduce_on_plateau, patience: 0, threshold: 0.5 }",
};
const dropouts = [0, 0.3];
/** One after the other, over the combinations. */
const extras = [
  "batch_size: 11",
  "batch_size: 11, shuffle: false",
  "batch_size: 10, drop_last: true, ema: 0.9",
  "batch_size: 4, accumulate: 3, max_steps: 60, clip_grad_norm: 0.5",
  "batch_size: 11, early_stopping: { metric: validation.accuracy, patience: 50 }, l1: 0.001, max_norm: 2",
];

/** Streamed, two batches at most are in memory. */
const sources = { "in memory": "null", streamed: "{ buffer_mb: 0.0005 }" };

const cases = Object.entries(optimizers).flatMap(([optimizer, of], i) =>
  Object.entries(schedules).flatMap(([schedule, how], j) =>
    dropouts.flatMap((p, k) => {
      const extra = extras[(i * 6 + j * 2 + k) % extras.length]!;
      return Object.entries(sources).map(([source, stream]) => ({
        ...{ optimizer, schedule, p, extra, source },
        text: `
data: { path: data/iris.csv, target: species, stream: ${stream} }
model: { layers: [{ linear: 5 }, batch_norm, tanh, { dropout: ${p} }, { linear: 3 }] }
optimizer: ${of}
schedule: ${how}
train: { epochs: 7, ${extra} }
`,
      }));
    }),
  ),
);

const stride = process.env.NNT_EVERY_STEP ? 1 : 27;

describe("60 updates and more, resumed", () => {
  test.each(cases)(
    "$optimizer, $schedule, dropout $p, $source, $extra",
    { timeout: 300_000 },
    async ({ text }) => {
      const whole = await outcome(text);
      expect(whole.steps).toBeGreaterThanOrEqual(60);
      for (let stop = stride; stop < whole.steps; stop += stride)
        expect(await outcome(text, [], [stop]), `stopped after update ${stop}`).toEqual(whole);
    },
  );
});
