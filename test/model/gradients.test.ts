/** Outputs, losses and all gradients of 26 networks are PyTorch's. */
import { describe, expect, test } from "vitest";
import type { ActivationName } from "../../src/engine/activations.ts";
import { activations } from "../../src/engine/activations.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { lossRule } from "../../src/model/losses.ts";
import { lossNames } from "../../src/tasks/losses.ts";
import golden from "../golden/gradients.json" with { type: "json" };
import {
  expectGolden,
  flat,
  goldenLayers,
  goldenLoss,
  goldenModel,
  type Nested,
  type Tensors,
} from "./golden.ts";

interface GoldenCase {
  activation: string;
  loss: string;
  norm: string | null;
  class_weights?: number[];
  pos_weight?: number[];
  x: Nested;
  target: Nested;
  parameters: Tensors;
  output: Nested;
  loss_value: number;
  grads: Tensors;
  grad_x: Nested;
}
const cases = golden.cases as unknown as GoldenCase[];

describe.each([64, 32] as const)("in %i bit", (precision) => {
  test.each(cases)("$activation, $loss, norm $norm", (golden) => {
    const k = new Kernels(openReference(precision));
    const layers = goldenLayers(golden.activation as ActivationName, golden.norm as "batch" | "layer" | null);
    const model = goldenModel(k, layers, golden.parameters);
    const pass = model.plan(4, { inputGradient: true });
    pass.X.host.set(flat(golden.x));
    const targets = flat(golden.target);
    const Y = k.matrix(4, targets.length / 4);
    Y.host.set(targets);
    const weights = golden.class_weights ?? golden.pos_weight ?? null;
    const rule = lossRule(k, goldenLoss(golden.loss, weights), 3, null);
    const totals = k.backend.doubles(totalCells.count);

    pass.forward("train");
    expectGolden("output", precision, pass.S.host, golden.output);
    k.loss(pass.dS, pass.S, Y, null, rule, totals);
    const mean = totals.host[totalCells.loss]! / totals.host[totalCells.weight]!;
    expectGolden("loss", precision, [mean], golden.loss_value);
    pass.backward();
    for (const { name, gradient } of model.parameters) {
      expectGolden(name, precision, gradient.host, golden.grads[name]!);
    }
    expectGolden("grad_x", precision, pass.dX!.host, golden.grad_x);
  });
});

/** torch has none of that name for a softmax, or has it with other outputs: losses.test.ts holds these. */
const elsewhere = ["focal", "gaussian_nll"];

test("the golden file has every activation and every loss", () => {
  expect(new Set(cases.map((golden) => golden.activation))).toEqual(new Set(Object.keys(activations)));
  expect(new Set([...cases.map((golden) => goldenLoss(golden.loss, null).name), ...elsewhere])).toEqual(
    new Set(lossNames),
  );
});
