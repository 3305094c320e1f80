/** How runs end: patience, targets, limits, and numbers that are no longer finite; the files they leave. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { parseSpec } from "../../src/config/load.ts";
import { train } from "../../src/run/train.ts";
import type { TrainOptions } from "../../src/run/trainOptions.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import type { EpochEvent, TrainEvent } from "../../src/train/events.ts";
import { irisData } from "../train/support.ts";

let folder = "";
let runs = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nnt-stopping-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const spec = `${irisData}
model: { hidden: [8], activation: tanh }
optimizer: { name: adam, lr: 0.05 }
train: { epochs: 40, batch_size: 16 }
`;

/** A whole run in a directory of its own, or on with one. */
async function run(
  set: readonly string[],
  text = spec,
  directory = join(folder, `${++runs}`),
  resume = false,
  { maxSeconds = null, kernels = "reference" }: Partial<Pick<TrainOptions, "maxSeconds" | "kernels">> = {},
) {
  const events: TrainEvent[] = [];
  const ended = train(
    {
      spec: parseSpec(text, "spec.yaml", { set }),
      kernels,
      threads: 1,
      out: directory,
      mode: resume ? "resume" : "fresh",
      maxSeconds,
      signal: new AbortController().signal,
      renderSpec: () => "",
      version: "0",
    },
    (event) => events.push(event),
  );
  const [summary, error] = await ended.then(
    (summary) => [summary, null] as const,
    (error: unknown) => [null, error as UserError] as const,
  );
  const epochs = events.filter((event): event is EpochEvent => event.event === "epoch");
  const file = (name: "best" | "last") => readCheckpoint(join(directory, `${name}.ckpt`));
  return { summary, error, events, epochs, directory, file };
}

describe("early stopping", () => {
  test("ends after so many epochs without improvement; best.ckpt is the best epoch's model", async () => {
    const { summary, epochs, file } = await run(["train.early_stopping={patience: 3}"]);
    expect(summary!.reason).toBe("early_stopping");
    const losses = epochs.map(({ validation }) => validation!.loss!);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect([summary!.best_epoch, summary!.epochs]).toEqual([best, best + 3]);
    expect([file("best").training.epoch, file("last").training.epoch]).toEqual([best, best + 3]);
    expect(summary!.monitor.value).toBe(losses[best - 1]);
    expect(summary!.metrics.validation!.loss).toBeCloseTo(losses[best - 1]!, 6);
  });

  test("a metric of which more is better is maximised", async () => {
    const { summary, epochs } = await run(["train.early_stopping={metric: accuracy, patience: 2}"]);
    const seen = epochs.map(({ validation }) => validation!.accuracy!);
    expect(summary!.best_epoch).toBe(seen.indexOf(Math.max(...seen)) + 1);
  });
});

describe("a target", () => {
  test("ends training after the first epoch that reaches it, and a resumed run has nothing left to do", async () => {
    const set = ["train.target={metric: accuracy, value: 0.9}"];
    const { summary, epochs, directory } = await run(set);
    expect(summary!.reason).toBe("target");
    const seen = epochs.map(({ validation }) => validation!.accuracy!);
    expect(seen.findIndex((value) => value >= 0.9)).toBe(seen.length - 1);
    const again = await run(set, spec, directory, true);
    expect([again.summary!.reason, again.epochs]).toEqual(["target", []]);
    const higher = await run(["train.target={metric: train.loss, value: 0.1}"], spec, directory, true);
    expect(higher.epochs.at(-1)!.train.loss).toBeLessThanOrEqual(0.1);
  });
});

test("a run that would go on for ever ends when its time is over, and has saved its models", async () => {
  const place = join(folder, "timed");
  const { summary, file } = await run(["train.epochs=1000000"], spec, place, false, { maxSeconds: 0.3 });
  expect(summary!.reason).toBe("max_time");
  expect(file("last").training.step).toBe(summary!.steps);
  expect(file("best").training.epoch).toBe(summary!.best_epoch);
});

describe("divergence", () => {
  const wild = ["optimizer={name: sgd, lr: 1e38}"];

  test("exits with 6 and names layer, batch and record; the last finite model is there to load", async () => {
    const { error, file } = await run(wild);
    expect(error).toBeInstanceOf(UserError);
    expect(error!.exitCode).toBe(exitCodes.diverged);
    expect(error!.message).toMatch(
      /training diverged: the output of layers\.\d \(\w+\) is -?(Infinity|NaN) in epoch 1, batch \d \(update \d\), from record \d+, whose largest input is (sepal|petal)_\w+ = /,
    );
    for (const name of ["best", "last"] as const)
      expect(file(name).training).toMatchObject({ epoch: 0, step: 0 });
  });

  test("by a gradient, to which all rows contribute, names the record with the largest input", async () => {
    const numbers = Array.from({ length: 30 }, (_, i) => `${i === 17 ? "1e37" : i / 8},${i / 4}`);
    writeFileSync(join(folder, "large.csv"), ["a,y", ...numbers].join("\n"));
    const large = `data: { path: ${join(folder, "large.csv")}, target: y, scale: none, split: { test: 0, validation: 0 } }
model: { hidden: [4] }
optimizer: { name: sgd, lr: 0.01 }
train: { epochs: 1, batch_size: 30 }
`;
    const { error } = await run([], large, join(folder, "gradient"));
    expect(error!.message).toMatch(
      /the gradient of .* is .*; the largest input, of record 18, is a = 1e\+37/,
    );
  });

  test("that only the loss shows, as its sum in 32 bit can, is told in one sentence", async () => {
    const line = `data: { path: data/line.csv, target: y, scale: none }
loss: half_squared_error
optimizer: { name: sgd, lr: 1e5 }
train: { epochs: 2, batch_size: 10 }
`;
    const { error } = await run([], line, join(folder, "loss"), false, { kernels: "wasm" });
    expect(error!.message).toMatch(
      /^training diverged: the loss is Infinity [^;]*; expected finite numbers$/,
    );
  });

  test("in a later epoch leaves the model of the epoch before", async () => {
    const rising = "schedule={name: linear, start_factor: 1e-3, end_factor: 1e38, total_iters: 2}";
    const { error, file, epochs } = await run(["optimizer={name: sgd, lr: 1}", rising]);
    expect(epochs.length).toBeGreaterThan(0);
    expect(error!.message).toContain(`in epoch ${epochs.length + 1}, batch `);
    expect(file("last").training.epoch).toBe(epochs.length);
    expect(file("best").training.epoch).toBeGreaterThan(0);
  });

  test("rolls back and goes on with a smaller rate, as often as allowed", async () => {
    const wide = `${irisData}
model: { hidden: [8], activation: relu }
loss: cross_entropy
optimizer: { name: sgd, lr: 1e37 }
train: { epochs: 3, batch_size: 16, on_divergence: { lr_factor: 1e-20, attempts: 2 } }
`;
    const { error, summary, events, epochs, file } = await run([], wide);
    expect(error).toBeNull();
    expect(summary!.epochs).toBe(3);
    const warnings = events.flatMap((event) => (event.event === "warning" ? [event.message] : []));
    expect(warnings[0]).toContain("going back to epoch 0 with lr × 1e-20");
    expect(epochs[0]!.lr).toBeCloseTo(1e37 * 1e-20 ** warnings.length, 3);
    expect(file("last").training).toMatchObject({ rollbacks: warnings.length, epoch: 3 });
    const once = await run(["train.on_divergence.attempts=1", "train.on_divergence.lr_factor=0.9"], wide);
    expect(once.error!.message).toMatch(/^training diverged again, after 1 rollbacks: /);
  });

  test.each(["reference", "wasm"] as const)(
    "an ensemble recovers from NaN and names the same batch twice, with %s kernels",
    async (kernels) => {
      const ensemble = `${irisData}
model: { hidden: [8], activation: relu, members: 2 }
loss: cross_entropy
optimizer: { name: sgd, lr: 1e37 }
train: { epochs: 2, batch_size: 16, on_divergence: { lr_factor: 1e-39, attempts: 1 } }
`;
      const { error, summary, events } = await run([], ensemble, undefined, false, { kernels });
      expect(error).toBeNull();
      expect(summary!.epochs).toBe(2);
      const warnings = events.flatMap((event) => (event.event === "warning" ? [event.message] : []));
      const told = await run(["train.on_divergence=null"], ensemble, undefined, false, { kernels });
      const place = /in epoch \d+, batch \d+ \(update \d+\)/;
      expect(place.exec(warnings[0]!)![0]).toBe("in epoch 1, batch 2 (update 2)");
      expect(place.exec(told.error!.message)![0]).toBe("in epoch 1, batch 2 (update 2)");
    },
  );
});

test("metrics.jsonl has the start, every epoch and the end", async () => {
  const { directory } = await run(["train.epochs=2"]);
  const lines = readFileSync(join(directory, "metrics.jsonl"), "utf8").trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as TrainEvent).event)).toEqual([
    "start",
    "epoch",
    "epoch",
    "end",
  ]);
});
