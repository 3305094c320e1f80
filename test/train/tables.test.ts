/** Ten steps of RealMLP's parts together end at PyTorch's parameters: embeddings, scale, NTK, α, groups, curves. */
import { describe, expect, test } from "vitest";
import { optimizerSchema } from "../../src/config/schema/optimizer.ts";
import type { ActivationSpec, LayerSpec, LossSpec } from "../../src/config/schema.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { lossRule } from "../../src/model/losses.ts";
import { buildModel } from "../../src/model/model.ts";
import type { NamedTensor } from "../../src/model/tensors.ts";
import { createOptimizer, type SteppingSpec } from "../../src/train/optimizers.ts";
import { shareCurves } from "../../src/train/schedules.ts";
import golden from "../golden/tables.json" with { type: "json" };
import { expectGolden, flat, type Nested, shapeOf, type Tensors } from "../model/golden.ts";

interface GoldenCase {
  kind: "periodic" | "piecewise_linear";
  task: "regression" | "classification";
  x: Nested;
  target: Nested;
  columns: number[];
  pieces: number;
  width: number;
  hidden: number;
  initial: Tensors;
  losses: number[];
  final: Tensors;
}
const cases = golden.cases as unknown as GoldenCase[];
const steps = 10;
const batchSize = 8;
const inputs = 5;

const optimizers = {
  regression: { lr: 0.2 },
  classification: { lr: 0.04 },
};

function layersOf({ kind, task, columns, pieces, width, hidden }: GoldenCase): LayerSpec[] {
  const activation: ActivationSpec["type"] & ("mish" | "selu") = task === "regression" ? "mish" : "selu";
  const linear = (width: number | null) =>
    ({ type: "linear", width, bias: true, parametrization: "ntk" }) as const;
  const block = (): LayerSpec[] => [linear(hidden), { type: "parametric", activation }];
  return [
    { type: "embed_numbers", kind, pieces, sigma: 0.1, width, columns },
    { type: "scale" },
    ...block(),
    ...block(),
    linear(null),
  ];
}

describe.each([64, 32] as const)("in %i bit", (precision) => {
  test.each(cases)("$task with embeddings that are $kind", async (golden) => {
    const { task, x, target, initial, losses, final } = golden;
    const k = new Kernels(openReference(precision));
    const outputWidth = task === "regression" ? 1 : 3;
    const model = buildModel(k, layersOf(golden), {
      inputWidth: inputs,
      outputWidth,
      seed: 0,
      init: { name: "zeros" },
    });
    const tensorsOf = (values: Tensors) =>
      Object.entries(values).map(
        ([name, value]): NamedTensor => ({ name, shape: shapeOf(value), values: flat(value) }),
      );
    model.load(tensorsOf(initial), "golden");
    const spec = optimizerSchema.parse({
      name: "adamw",
      ...optimizers[task],
      betas: [0.9, 0.95],
      weight_decay: 0.02,
      groups: {
        biases: { lr: 0.1, decay: 0 },
        scales: { lr: 6 },
        activations: { lr: 0.1 },
        embeddings: { lr: 0.1 },
      },
    }) as SteppingSpec;
    const optimizer = createOptimizer(k, spec, model);
    const step = optimizer.over(0, model.theta.size, model.gradient);
    const totals = k.backend.doubles(totalCells.count);
    const pass = model.plan(batchSize);
    const Y = k.matrix(batchSize, 1);
    const seen: number[] = [];
    for (let t = 0; t < steps; t++) {
      const [lr, decay] = [shareCurves.coslog4(t / steps), shareCurves.flat_cos(t / steps)];
      const loss: LossSpec =
        task === "regression"
          ? { name: "mse" }
          : { name: "cross_entropy", label_smoothing: 0.1 * lr, class_weights: null };
      pass.X.host.set(rowsOf(x, t % 3, batchSize * inputs));
      Y.host.set(rowsOf(target, t % 3, batchSize));
      totals.host.fill(0);
      pass.forward("train", t);
      k.loss(pass.dS, pass.S, Y, null, lossRule(k, loss, outputWidth, null), totals);
      pass.backward();
      seen.push(totals.host[totalCells.loss]! / totals.host[totalCells.weight]!);
      optimizer.begin(t, spec.lr * lr, decay);
      step();
    }
    expectGolden("losses", precision, seen, losses);
    for (const { name, values } of await model.tensors()) expectGolden(name, precision, values, final[name]!);
    expect(Object.keys(final)).toHaveLength((await model.tensors()).length);
  });
});

function rowsOf(values: Nested, number: number, size: number): Float64Array {
  return flat(values).subarray(number * size, (number + 1) * size);
}
