import { expect, test } from "vitest";
import { parseSpec } from "../../src/config/load.ts";
import { activations } from "../../src/engine/activations.ts";
import { gradcheck } from "../../src/run/gradcheck.ts";
import { irisData, nobody } from "../train/support.ts";

const spec = `${irisData}
model:
  layers: [{ linear: 6 }, batch_norm, tanh, { linear: 5 }, layer_norm, relu, { dropout: 0.5 }, { linear: 3 }]
loss: { name: cross_entropy, label_smoothing: 0.1, class_weights: balanced }
`;

const check = (text: string, samples = 20) =>
  gradcheck({ spec: parseSpec(text, "spec.yaml"), version: "0", samples }, nobody);

test("the gradients of a user's network are the slopes of its loss, kinks and dropped units included", async () => {
  const result = await check(spec);
  expect(result.passed).toBe(true);
  expect(result.parameters.map(({ name }) => name)).toContain("layers.4.bias");
  expect(result.parameters.map(({ checked }) => checked)).toEqual([20, 6, 6, 6, 20, 5, 5, 5, 15, 3]);
  for (const { error } of result.parameters) expect(error).toBeLessThan(1e-6);
});

test("a wrong gradient is found, in the layers that it reaches and in no other", async () => {
  const right = activations.tanh.dg;
  activations.tanh.dg = (_, a) => 1.001 - a * a;
  const result = await check(spec);
  activations.tanh.dg = right;
  expect(result.passed).toBe(false);
  expect(result.parameters.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual([
    "layers.0.weight",
    "layers.1.weight",
    "layers.1.bias",
  ]);
});
