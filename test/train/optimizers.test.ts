/** Ten steps of each optimizer, and of clipping, end at PyTorch's parameters. */
import { describe, expect, test } from "vitest";
import { optimizerSchema } from "../../src/config/schema/optimizer.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { lossRule } from "../../src/model/losses.ts";
import { createOptimizer, type SteppingSpec } from "../../src/train/optimizers.ts";
import golden from "../golden/optimizers.json" with { type: "json" };
import {
  expectGolden,
  flat,
  goldenLayers,
  goldenLoss,
  goldenModel,
  type Nested,
  type Tensors,
} from "../model/golden.ts";
import { goldenSpec } from "./goldenSpec.ts";

interface GoldenCase {
  optimizer: string;
  options: Record<string, number | boolean>;
  x: Nested;
  target: Nested;
  initial: Tensors;
  losses: number[];
  final: Tensors;
}
const batchSize = 4;
const cases = golden.cases as unknown as GoldenCase[];

describe.each([64, 32] as const)("in %i bit", (precision) => {
  test.each(cases)("$optimizer", ({ optimizer, options, x, target, initial, losses, final }) => {
    const k = new Kernels(openReference(precision));
    const model = goldenModel(k, goldenLayers("tanh", null), initial);
    const { spec, train } = goldenSpec(optimizer, options);
    const optimizing = createOptimizer(k, spec, model);
    const step = optimizing.over(0, model.theta.size, model.gradient);
    const rule = lossRule(k, goldenLoss("cross_entropy", null), 3, null);
    const totals = k.backend.doubles(totalCells.count);
    const pass = model.plan(batchSize);
    const Y = k.matrix(batchSize, 1);
    const seen: number[] = [];
    for (let t = 0; t < 10; t++) {
      const batch = t % 3;
      pass.X.host.set(flat(x).subarray(batch * 20, batch * 20 + 20));
      Y.host.set(flat(target).subarray(batch * 4, batch * 4 + 4));
      totals.host.fill(0);
      pass.forward("train", t);
      k.loss(pass.dS, pass.S, Y, null, rule, totals);
      pass.backward();
      seen.push(totals.host[totalCells.loss]! / totals.host[totalCells.weight]!);
      if (train.clip_grad_norm) k.clipNorm(model.gradient, train.clip_grad_norm, totals);
      if (train.clip_grad_value) k.clipValue(model.gradient, train.clip_grad_value);
      optimizing.begin(t, spec.lr);
      step();
    }
    expectGolden("losses", precision, seen, losses);
    for (const { name, value } of model.parameters) {
      expectGolden(name, precision, value.host, final[name]!);
    }
  });
});

/** All but lbfgs, whose numbers depend on where a search ends: lbfgs.test.ts. */
const names = optimizerSchema.def.options
  .map(({ shape }) => [...shape.name._zod.values][0]!)
  .filter((name) => name !== "lbfgs");

test("there is a golden case of every optimizer", () => {
  expect(new Set(cases.map(({ optimizer, options }) => goldenSpec(optimizer, options).spec.name))).toEqual(
    new Set(names),
  );
});

describe("decay: weights", () => {
  test.each(names)("%s leaves biases alone, which without gradients then stay", (name) => {
    const k = new Kernels(openReference(64));
    const moved = (decay: "all" | "weights") => {
      const model = goldenModel(k, goldenLayers("tanh", "layer"), ones());
      const spec = optimizerSchema.parse({ name, decay, weight_decay: 0.1, lr: 0.01 }) as SteppingSpec;
      const optimizer = createOptimizer(k, spec, model);
      optimizer.begin(0, 0.01);
      optimizer.over(0, model.theta.size, model.gradient)();
      return model.parameters.filter(({ value }) => value.host.some((x) => x !== 1)).map(({ name }) => name);
    };
    expect(moved("weights")).toEqual(["layers.0.weight", "layers.3.weight", "layers.6.weight"]);
    expect(moved("all")).toHaveLength(10);
  });
});

/** Parameters of the golden network with layer normalisation, all 1. */
function ones(): Tensors {
  const [vector, matrix] = [
    (n: number) => new Array<number>(n).fill(1),
    (m: number, n: number) => Array.from({ length: m }, () => new Array<number>(n).fill(1)),
  ];
  return {
    "layers.0.weight": matrix(7, 5),
    "layers.0.bias": vector(7),
    "layers.1.weight": vector(7),
    "layers.1.bias": vector(7),
    "layers.3.weight": matrix(6, 7),
    "layers.3.bias": vector(6),
    "layers.4.weight": vector(6),
    "layers.4.bias": vector(6),
    "layers.6.weight": matrix(3, 6),
    "layers.6.bias": vector(3),
  };
}
