/** Ten steps of each optimizer, and of clipping, end at PyTorch's parameters. */
import { describe, expect, test } from "vitest";
import { Kernels, type OptimizerStep } from "../../src/engine/kernels.ts";
import { totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { lossRule } from "../../src/model/losses.ts";
import { valuesOf } from "../../src/model/tensors.ts";
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

interface Options {
  lr: number;
  momentum?: number;
  nesterov?: boolean;
  weight_decay?: number;
  amsgrad?: boolean;
  max_norm?: number;
  clip_value?: number;
}
interface GoldenCase {
  optimizer: string;
  options: Options;
  x: Nested;
  target: Nested;
  initial: Tensors;
  losses: number[];
  final: Tensors;
}
const batchSize = 4;
const supported = /^(sgd|adam|adamw)($|_|\+)/;
const cases = (golden.cases as unknown as GoldenCase[]).filter(({ optimizer }) => supported.test(optimizer));

/** The step as a caller of the verb makes it; `t` counts from 1. */
function stepOf(name: string, options: Options, t: number): OptimizerStep {
  const { lr, weight_decay: weightDecay = 0, momentum = 0, nesterov = false } = options;
  if (name.startsWith("sgd")) {
    return { rule: "sgd", lr, weightDecay, momentum, dampening: 0, nesterov, first: t === 1 };
  }
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];
  const [correction1, correction2] = [1 - beta1 ** t, 1 - beta2 ** t];
  const decoupled = name === "adamw";
  return { rule: "adam", lr, weightDecay, decoupled, beta1, beta2, eps, correction1, correction2 };
}

function slotCount(name: string, { momentum, amsgrad }: Options): number {
  if (name.startsWith("sgd")) return momentum ? 1 : 0;
  return amsgrad ? 3 : 2;
}

describe.each([64, 32] as const)("in %i bit", (precision) => {
  test.each(cases)("$optimizer", ({ optimizer, options, x, target, initial, losses, final }) => {
    const k = new Kernels(openReference(precision));
    const model = goldenModel(k, goldenLayers("tanh", null), initial);
    const { theta, gradient } = model;
    const slots = Array.from({ length: slotCount(optimizer, options) }, () => k.matrix(1, theta.size));
    const rule = lossRule(k, goldenLoss("cross_entropy", null), 3, null);
    const totals = k.backend.doubles(totalCells.count);
    const pass = model.plan(batchSize);
    const Y = k.matrix(batchSize, 1);
    const seen: number[] = [];
    for (let t = 1; t <= 10; t++) {
      const batch = (t - 1) % 3;
      valuesOf(pass.X).set(flat(x).subarray(batch * 20, batch * 20 + 20));
      valuesOf(Y).set(flat(target).subarray(batch * 4, batch * 4 + 4));
      totals.values.fill(0);
      pass.forward("train", t);
      k.loss(pass.dS, pass.S, Y, null, rule, totals);
      pass.backward();
      seen.push(totals.values[totalCells.loss]! / totals.values[totalCells.weight]!);
      if (options.max_norm) k.clipNorm(gradient, options.max_norm, totals);
      if (options.clip_value) k.clipValue(gradient, options.clip_value);
      k.optimize(theta, gradient, slots, stepOf(optimizer, options, t));
    }
    expectGolden("losses", precision, seen, losses);
    for (const { name, value } of model.parameters) {
      expectGolden(name, precision, valuesOf(value), final[name]!);
    }
  });
});

test("there are cases of SGD, Adam, AdamW, AMSGrad and both kinds of clipping", () => {
  expect(cases.map(({ optimizer }) => optimizer)).toEqual([
    "sgd",
    "sgd_momentum",
    "sgd_nesterov",
    "sgd_weight_decay",
    "adam",
    "adam_weight_decay",
    "adam_amsgrad",
    "adamw",
    "sgd+clip_grad_norm",
    "sgd+clip_grad_value",
  ]);
});
