import { expect, test } from "vitest";
import type { LayerSpec } from "../../src/config/schema.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { buildModel } from "../../src/model/model.ts";
import { fillWidths } from "../../src/model/widths.ts";
import { UserError } from "../../src/support/errors.ts";

const block = (...layers: Extract<LayerSpec, { type: "residual" }>["layers"]): LayerSpec => ({
  type: "residual",
  layers,
});
const linear = (width: number | null) => ({ type: "linear", width, bias: true }) as const;
const norm = { type: "batch_norm", eps: 1e-5, momentum: 0.1 } as const;

const build = (layers: LayerSpec[], width: number) =>
  buildModel(new Kernels(openReference(64)), layers, {
    inputWidth: width,
    outputWidth: width,
    seed: 1,
    init: { name: "default" },
  });

test("tensors are named as those of a subclass of nn.Sequential in torch", async () => {
  const model = build([linear(4), block(norm, linear(6), { type: "tanh" }, linear(null))], 4);
  expect((await model.tensors()).map(({ name, shape }) => `${name} ${shape.join("×")}`)).toEqual([
    "layers.0.weight 4×4",
    "layers.0.bias 4",
    "layers.1.0.weight 4",
    "layers.1.0.bias 4",
    "layers.1.1.weight 6×4",
    "layers.1.1.bias 6",
    "layers.1.3.weight 4×6",
    "layers.1.3.bias 4",
    "layers.1.0.running_mean 4",
    "layers.1.0.running_var 4",
  ]);
});

test("a block adds its layers' output to its input", () => {
  const [plain, residual] = [build([linear(null)], 3), build([block(linear(null))], 3)];
  const X = [0.5, -1, 2];
  const output = (model: typeof plain) => {
    const pass = model.plan(1);
    pass.X.host.set(X);
    pass.forward("evaluate");
    return [...pass.S.host];
  };
  output(residual).forEach((y, i) => {
    expect(y).toBeCloseTo(X[i]! + output(plain)[i]!, 12);
  });
});

test("open widths follow from the block; a block that does not fit is refused", () => {
  expect(fillWidths([block(linear(8), linear(null)), linear(null)], 5, 2)).toEqual([
    block(linear(8), linear(5)),
    linear(2),
  ]);
  expect(() => fillWidths([linear(5), block(linear(8))], 3, 2)).toThrow(UserError);
  expect(() => fillWidths([linear(5), block(linear(8))], 3, 2)).toThrow(
    "model.layers[1]: the block is given 5 values and gives 8",
  );
});
