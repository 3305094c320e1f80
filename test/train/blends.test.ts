/** Members that share weights, blends, smooth clipping and trees' edges: as PyTorch and scikit-learn have them. */
import { describe, expect, test } from "vitest";
import { optimizerSchema } from "../../src/config/schema/optimizer.ts";
import type { LayerSpec, LossSpec } from "../../src/config/schema.ts";
import { fitColumnScaling, scaler } from "../../src/data/preprocessing/scaling.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { applyLink, lossRule } from "../../src/model/losses.ts";
import { buildModel } from "../../src/model/model.ts";
import type { NamedTensor } from "../../src/model/tensors.ts";
import { treeEdges } from "../../src/train/fitPieces.ts";
import { createOptimizer, type SteppingSpec } from "../../src/train/optimizers.ts";
import golden from "../golden/blends.json" with { type: "json" };
import { expectGolden, flat, type Nested, shapeOf, type Tensors } from "../model/golden.ts";

interface GoldenCase {
  readonly kind: string;
  readonly task: "regression" | "classification";
  readonly layers: LayerSpec[];
  readonly x: Nested[];
  readonly target: Nested[];
  readonly initial: Tensors;
  readonly losses: number[];
  readonly final: Tensors;
  /** Of the trained model, to the first batch: numbers or probabilities. */
  readonly answers: Nested;
}
const cases = golden.cases as unknown as GoldenCase[];
const [inputs, batchSize] = [4, 6];

describe.each([64, 32] as const)("in %i bit", (precision) => {
  test.each(cases)("networks side by side, $kind, for $task", async (golden) => {
    const { task, layers, x, target, initial, losses, final, answers } = golden;
    const k = new Kernels(openReference(precision));
    const outputWidth = task === "regression" ? 1 : 3;
    const loss: LossSpec =
      task === "regression"
        ? { name: "mse" }
        : { name: "cross_entropy", label_smoothing: 0, class_weights: null };
    const model = buildModel(k, layers, {
      inputWidth: inputs,
      outputWidth,
      seed: 0,
      init: { name: "zeros" },
    });
    const given = Object.entries(initial).map(
      ([name, value]): NamedTensor => ({ name, shape: shapeOf(value), values: flat(value) }),
    );
    model.load(given, "golden");
    const spec = optimizerSchema.parse({ name: "adam", lr: 0.05 }) as SteppingSpec;
    const optimizer = createOptimizer(k, spec, model);
    const step = optimizer.over(0, model.theta.size, model.gradient);
    const totals = k.backend.doubles(totalCells.count);
    const pass = model.plan(batchSize);
    const copies = pass.answers.rows / batchSize;
    const Y = k.matrix(pass.answers.rows, 1);
    const seen: number[] = [];
    for (let t = 0; t < losses.length; t++) {
      pass.X.host.set(flat(x[t % 3]!));
      for (let copy = 0; copy < copies; copy++) Y.host.set(flat(target[t % 3]!), copy * batchSize);
      totals.host.fill(0);
      pass.forward("train", t);
      k.loss(pass.dS, pass.answers, Y, null, lossRule(k, loss, outputWidth, null), totals);
      pass.backward();
      seen.push(totals.host[totalCells.loss]! / totals.host[totalCells.weight]!);
      optimizer.begin(t, spec.lr);
      step();
    }
    expectGolden("losses", precision, seen, losses);
    for (const { name, values } of await model.tensors()) expectGolden(name, precision, values, final[name]!);
    expect(Object.keys(final)).toHaveLength((await model.tensors()).length);
    pass.X.host.set(flat(x[0]!));
    pass.forward("evaluate", 0);
    const told = pass.S.host.slice();
    applyLink(loss.name, told, outputWidth);
    expectGolden("answers", precision, told, answers);
  });
});

test.each(golden.scaling)("smooth clipping of $column", ({ values, asked, scaled }) => {
  const scale = scaler(fitColumnScaling("robust_clip", Float64Array.from(values)));
  expect(asked.map(scale)).toEqual(scaled.map((z) => expect.closeTo(z, 12)));
});

test.each(golden.trees)("a tree's cuts of a column, for $task", ({ x, y, pieces, edges }) => {
  const sample = { x: Float64Array.from(x), y: flat(y), outputs: y[0]!.length };
  expect(treeEdges(sample, pieces)).toEqual(edges.map((edge) => expect.closeTo(edge, 6)));
});
