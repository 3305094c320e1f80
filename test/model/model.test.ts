/** A model's memory: names and shapes as torch has them, one flat θ, passes that share and allocate nothing. */
import { describe, expect, test } from "vitest";
import type { InitSpec, LayerSpec } from "../../src/config/schema.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { describeModel } from "../../src/model/describe.ts";
import { defaultLoss, lossRule } from "../../src/model/losses.ts";
import { buildModel, type Model } from "../../src/model/model.ts";
import { checkTensors, type NamedTensor } from "../../src/model/tensors.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import { randomNormal, streamKey } from "../../src/support/random.ts";

const linear = (width: number | null, bias = true): LayerSpec => ({ type: "linear", width, bias });
const batchNorm: LayerSpec = { type: "batch_norm", eps: 1e-5, momentum: 0.1 };
const dropout = (p: number): LayerSpec => ({ type: "dropout", p });
const network: LayerSpec[] = [linear(7), batchNorm, { type: "relu" }, dropout(0.5), linear(null)];

function build(layers: LayerSpec[], { k = new Kernels(openReference(64)), seed = 0, init = "default" } = {}) {
  return buildModel(k, layers, { inputWidth: 5, outputWidth: 3, seed, init: { name: init } as InitSpec });
}

function fillNormal(values: { [i: number]: number; length: number }, seed = 1): void {
  for (let i = 0; i < values.length; i++) values[i] = randomNormal(streamKey(seed, "init"), i);
}

/** Outputs of five given rows. */
function outputs(model: Model, mode: "train" | "evaluate", step = 0): number[] {
  const pass = model.plan(5);
  fillNormal(pass.X.host);
  pass.forward(mode, step);
  return [...pass.S.host];
}

describe("tensors", () => {
  test("have torch's names, shapes and order", async () => {
    const tensors = (await build(network).tensors()).map(({ name, shape }) => [name, shape]);
    expect(Object.fromEntries(tensors)).toEqual({
      "layers.0.weight": [7, 5],
      "layers.0.bias": [7],
      "layers.1.weight": [7],
      "layers.1.bias": [7],
      "layers.4.weight": [3, 7],
      "layers.4.bias": [3],
      "layers.1.running_mean": [7],
      "layers.1.running_var": [7],
    });
  });

  test("are views into one θ, each starting on a cache line, with zeros between", () => {
    const { theta, gradient, parameters } = build(network);
    expect(parameters.map(({ value }) => value.offset % 16)).toEqual(parameters.map(() => 0));
    expect(parameters.map(({ value }) => value.block)).toEqual(parameters.map(() => theta.block));
    expect(parameters.map(({ gradient }) => gradient.offset)).toEqual(
      parameters.map(({ value }) => value.offset),
    );
    expect(gradient.size).toBe(theta.size);
    const numbers = parameters.reduce((sum, { value }) => sum + value.size, 0);
    expect(theta.host.filter((x) => x === 0).length).toBe(theta.size - numbers + 7); // β of the norm is 0
  });

  test("a linear layer without bias has a weight alone", () => {
    expect(build([linear(null, false)]).parameters.map(({ name }) => name)).toEqual(["layers.0.weight"]);
  });
});

describe("load", () => {
  test("takes over what another model holds, and torch's batch counter does not disturb", async () => {
    const [from, to] = [build(network, { seed: 1 }), build(network, { seed: 2 })];
    const counter: NamedTensor = {
      name: "layers.1.num_batches_tracked",
      shape: [],
      values: Float32Array.of(3),
    };
    to.load([...(await from.tensors()), counter], "other.ckpt");
    expect(outputs(to, "evaluate")).toEqual(outputs(from, "evaluate"));
  });

  test("names every missing, surplus and misshapen tensor at once, and changes nothing", () => {
    const model = build([linear(7), { type: "relu" }, linear(null)]);
    const before = outputs(model, "evaluate");
    const given: NamedTensor[] = [
      { name: "layers.0.weight", shape: [5, 7], values: new Float32Array(35) },
      { name: "layers.0.bias", shape: [7], values: new Float32Array(7) },
      { name: "layers.2.bias", shape: [3], values: new Float32Array(3) },
      { name: "layers.4.weight", shape: [3], values: new Float32Array(3) },
    ];
    const error = caught(() => model.load(given, "weights.safetensors"));
    expect(error.exitCode).toBe(exitCodes.model);
    expect(error.message.split("\n")).toEqual([
      `weights.safetensors: tensor "layers.0.weight" has the shape [5, 7]; expected [7, 5], as in the model`,
      `weights.safetensors: tensor "layers.2.weight" [3, 7] is missing`,
      `weights.safetensors: tensor "layers.4.weight" [3] is not in the model`,
    ]);
    expect(outputs(model, "evaluate")).toEqual(before);
  });
});

test("a file's tensors are held against a description, before memory is taken for the network", () => {
  const wanted = describeModel([linear(2 ** 30), linear(null)], 5, 3).layers.flatMap(
    ({ tensors }) => tensors,
  );
  const error = caught(() => checkTensors(wanted, [], "huge.ckpt"));
  expect(error.problems).toHaveLength(4);
});

describe("passes", () => {
  test("a batch of fewer rows lies in the memory of a larger one", () => {
    const model = build(network);
    const [large, small] = [model.plan(8), model.plan(3)];
    expect(small.X.block).toBe(large.X.block);
    expect(small.S.block).toBe(large.S.block);
    expect(model.plan(8)).toBe(large);
  });

  test("a row's output in evaluation does not depend on the rows beside it", () => {
    const model = build(network);
    const together = outputs(model, "evaluate");
    const rows = [...model.plan(5).X.host];
    const alone = [0, 1, 2, 3, 4].flatMap((r) => {
      const pass = model.plan(1);
      pass.X.host.set(rows.slice(5 * r, 5 * r + 5));
      pass.forward("evaluate");
      return [...pass.S.host];
    });
    expect(alone).toEqual(together);
  });

  test("dropout draws anew at each step, the same at the same step, and nothing in evaluation", () => {
    const model = build([linear(50), dropout(0.5), linear(null)]);
    expect(outputs(model, "train", 1)).not.toEqual(outputs(model, "train", 2));
    expect(outputs(model, "train", 1)).toEqual(outputs(model, "train", 1));
    const without = build([linear(50), dropout(0), linear(null)]);
    expect(outputs(model, "evaluate")).toEqual(outputs(without, "train", 1));
  });

  test("two dropout layers of one step draw different masks", () => {
    const model = build([dropout(0.5), dropout(0.5), linear(null)]);
    const pass = model.plan(5, { inputGradient: true });
    pass.X.host.fill(1);
    pass.forward("train", 1);
    pass.dS.host.fill(1);
    pass.backward();
    const kept = pass.dX!.host.filter((x) => x !== 0).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(11); // a quarter of 25 expected, half with equal masks
  });

  test("batch normalisation learns its running statistics in training alone", () => {
    const model = build(network);
    const mean = () => [...model.buffers[0]!.value.host];
    outputs(model, "evaluate");
    expect(mean()).toEqual([0, 0, 0, 0, 0, 0, 0]);
    outputs(model, "train");
    expect(mean()).not.toContain(0);
  });

  test("the gradient of the input stands in for a layer put before the network", () => {
    const model = build([{ type: "tanh" }, linear(null)]);
    const pass = model.plan(2, { inputGradient: true });
    fillNormal(pass.X.host);
    pass.forward("train");
    pass.dS.host.fill(1);
    pass.backward();
    const [W, x] = [model.parameters[0]!.value.host, pass.X.host];
    const slope = (i: number) =>
      (1 - Math.tanh(x[i]!) ** 2) * (W[i % 5]! + W[5 + (i % 5)]! + W[10 + (i % 5)]!);
    for (const [i, dx] of pass.dX!.host.entries()) expect(dx).toBeCloseTo(slope(i), 12);
  });

  test("a step takes no memory", () => {
    const backend = openReference();
    let taken = 0;
    const floats = (length: number) => {
      taken++;
      return openReference().floats(length);
    };
    const k = new Kernels({ ...backend, floats });
    const model = build(network, { k });
    const rule = lossRule(k, defaultLoss("classification"), 3, null);
    const [Y, totals] = [k.matrix(8, 1), k.backend.doubles(totalCells.count)];
    const step = (rows: number, t: number) => {
      const pass = model.plan(rows);
      pass.forward("train", t);
      k.loss(pass.dS, pass.S, Y.view(rows, 1), null, rule, totals);
      pass.backward();
    };
    step(8, 1);
    const before = taken;
    for (let t = 2; t < 20; t++) step(t % 4 === 0 ? 5 : 8, t);
    expect(taken).toBe(before);
  });
});

describe("describeModel", () => {
  test("tells shapes and parameters without taking memory", () => {
    const description = describeModel(network, 5, 3);
    expect(
      description.layers.map((l) => [l.spec.type, l.inputWidth, l.outputWidth, l.parameterCount]),
    ).toEqual([
      ["linear", 5, 7, 42],
      ["batch_norm", 7, 7, 14],
      ["relu", 7, 7, 0],
      ["dropout", 7, 7, 0],
      ["linear", 7, 3, 24],
    ]);
    expect(description.parameterCount).toBe(80);
  });

  test.each([
    [[linear(10)], "model.layers: the network has 10 outputs; expected 3, as the data and the loss require"],
    [
      [{ type: "relu" }],
      "model.layers: the network has 5 outputs; expected 3, as the data and the loss require",
    ],
  ] as [LayerSpec[], string][])(
    "refuses layers that end elsewhere than at the outputs",
    (layers, message) => {
      const error = caught(() => describeModel(layers, 5, 3));
      expect(error.exitCode).toBe(exitCodes.usage);
      expect(error.message).toBe(message);
    },
  );
});

function caught(action: () => void): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
