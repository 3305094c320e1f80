/** What surrounds an optimizer's step: accumulation, penalties, limits, averages. */
import { describe, expect, test } from "vitest";
import type { Assembly } from "../../src/run/assembly.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";
import { irisData, nobody, workOf } from "./support.ts";

const spec = `${irisData}
model: { hidden: [6], activation: tanh }
optimizer: { name: sgd, lr: 0.1, momentum: 0.9 }
train: { epochs: 2, batch_size: 30 }
`;

async function trained(...set: string[]): Promise<Assembly> {
  const work = await workOf(spec, set);
  while (!work.trainer.finished) {
    await trainEpoch(work, () => null, nobody);
    work.trainer.finishEpoch();
  }
  return work;
}

const parameters = ({ model }: Assembly) => model.parameters.map(({ value }) => [...value.host]);

function expectClose(actual: number[][], expected: number[][]): void {
  expect(actual.flat().length).toBe(expected.flat().length);
  actual.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.flat()[i]!, 5);
  });
}

test("batches of 10 accumulated by 3, and a short last one, move weights as batches of 30", async () => {
  const whole = await trained();
  const pieces = await trained("train.batch_size=10", "train.accumulate=3");
  expect(pieces.trainer.state.step).toBe(whole.trainer.state.step);
  expectClose(parameters(pieces), parameters(whole));
});

test("ema saves the average min(decay, (1 + t)/(10 + t)) of the weights after each update", async () => {
  const afterUpdates = async (steps: number) =>
    parameters(await trained("train.epochs=null", `train.max_steps=${steps}`));
  const start = parameters(await workOf(spec));
  let average = start.flat();
  for (const t of [0, 1, 2, 3]) {
    const decay = Math.min(0.15, (1 + t) / (10 + t));
    const now = (await afterUpdates(t + 1)).flat();
    average = average.map((value, i) => decay * value + (1 - decay) * now[i]!);
  }
  const averaged = await trained("train.epochs=null", "train.max_steps=4", "train.ema=0.15");
  expectClose(parameters(averaged), [average]);
  const raw = (await averaged.checkpoint()).optimizer.filter(({ name }) => name.startsWith("optimizer.raw."));
  expectClose(
    raw.map(({ values }) => [...values]),
    await afterUpdates(4),
  );
});

describe("max_norm", () => {
  const lengths = ({ model }: Assembly) =>
    model.parameters
      .filter(({ shape }) => shape.length === 2)
      .flatMap(({ value: { host: values, rows, cols } }) =>
        Array.from({ length: rows }, (_, r) => Math.hypot(...values.subarray(r * cols, (r + 1) * cols))),
      );

  test("no unit's incoming weights are longer; without it some are", async () => {
    expect(Math.max(...lengths(await trained()))).toBeGreaterThan(0.6);
    const limited = lengths(await trained("train.max_norm=0.6"));
    expect(Math.max(...limited)).toBeCloseTo(0.6, 6);
  });
});

describe("penalties", () => {
  test("l2 is SGD's weight_decay of weights alone", async () => {
    const decayed = await trained("optimizer.weight_decay=0.1", "optimizer.decay=weights");
    expectClose(parameters(await trained("train.l2=0.1")), parameters(decayed));
    const all = parameters(await trained("optimizer.weight_decay=0.1"));
    expect(all[1]).not.toEqual(parameters(decayed)[1]);
  });

  test("l1 takes weights to zero and leaves biases", async () => {
    const set = ["optimizer={name: sgd, lr: 0.01}", "train.epochs=40", "train.l1=1"];
    const [W, b] = parameters(await trained(...set));
    for (const w of W!) expect(Math.abs(w)).toBeLessThan(0.02);
    expect(Math.max(...b!.map(Math.abs))).toBeGreaterThan(0.02);
  });
});
