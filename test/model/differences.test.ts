/** Gradients are the slopes of losses: central differences in 64 bit over every activation, loss and layer between. */
import { describe, expect, test } from "vitest";
import type { LayerSpec, LossSpec } from "../../src/config/schema.ts";
import type { ActivationName } from "../../src/engine/activations.ts";
import { activations } from "../../src/engine/activations.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { type Floats, totalCells } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import type { LayerType } from "../../src/model/layer.ts";
import { layers } from "../../src/model/layers.ts";
import { lossRule } from "../../src/model/losses.ts";
import { buildModel } from "../../src/model/model.ts";
import { randomBits, randomNormal, streamKey } from "../../src/support/random.ts";
import { type LossName, losses, lossNames, lossOf, targetWidthOf } from "../../src/tasks/losses.ts";
import { activationSpec } from "./golden.ts";

/** Options with which every branch of a formula is taken, where the losses' own would leave one out. */
const telling: Partial<Record<LossName, object>> = {
  cross_entropy: { label_smoothing: 0.1, class_weights: [0.5, 1, 2] },
  focal: { gamma: 1.5, class_weights: [0.5, 1, 2] },
  bce_with_logits: { pos_weight: [0.5, 1, 2] },
  huber: { delta: 0.5 },
  smooth_l1: { beta: 0.5 },
  quantile: { quantiles: [0.1, 0.5, 0.8] },
  gaussian_nll: { eps: 0.5 },
};

const lossWith = (name: LossName) => ({ name, ...losses[name].options, ...telling[name] }) as LossSpec;

/** Layers that are neither linear nor an activation, and nothing at all. */
const between = {
  nothing: [],
  batch_norm: [{ type: "batch_norm", eps: 1e-3, momentum: 0.1 }],
  layer_norm: [{ type: "layer_norm", eps: 1e-3 }],
  rms_norm: [{ type: "rms_norm", eps: 1e-3 }],
  dropout: [{ type: "dropout", p: 0.4 }],
  gaussian_noise: [{ type: "gaussian_noise", std: 0.3 }],
  embed: [
    {
      type: "embed",
      blocks: [
        { first: 0, count: 1, width: 2 },
        { first: 2, count: 1, width: 1 },
      ],
    },
  ],
  embed_numbers: (["periodic", "piecewise_linear"] as const).map((kind) => ({
    type: "embed_numbers" as const,
    kind,
    pieces: 3,
    sigma: 0.5,
    width: 3,
    columns: [1, 2],
  })),
  scale: [{ type: "scale" }],
  parametric: [{ type: "parametric", activation: "mish" }],
  residual: [
    {
      type: "residual",
      layers: [
        { type: "batch_norm", eps: 1e-3, momentum: 0.1 },
        { type: "linear", width: 5, bias: true },
        { type: "tanh" },
        { type: "dropout", p: 0.3 },
        { type: "linear", width: null, bias: false },
      ],
    },
    { type: "residual", layers: [{ type: "sigmoid" }] },
  ],
  ensemble: [],
  blend: [],
} satisfies Record<Exclude<LayerType, ActivationName | "linear" | "embed_text"> | "nothing", LayerSpec[]>;

const batchSize = 5;
const step = 1e-5;
/** Truncation is step² times third derivatives, rounding 1e-16/step: far below, and torch's 1/6 is 3e-8 off. */
const tolerance = 2e-7;

describe.each(Object.keys(between) as (keyof typeof between)[])("with %s between", (layer) => {
  test.each(Object.keys(activations) as ActivationName[])("%s under every loss", (activation) => {
    const hidden = (width: number): LayerSpec[] => [
      { type: "linear", width, bias: true },
      ...between[layer],
      activationSpec(activation),
    ];
    const stack: LayerSpec[] = [...hidden(4), ...hidden(3), { type: "linear", width: null, bias: false }];
    const stacks = layer === "ensemble" ? ensemblesOf(stack) : layer === "blend" ? [blendOf(stack)] : [stack];
    for (const layers of stacks) for (const loss of lossNames) expectSlopes(layers, lossWith(loss));
  });
});

test.each<LossSpec>([
  { name: "cross_entropy", label_smoothing: 0, class_weights: null },
  { name: "cross_entropy", label_smoothing: 0.1, class_weights: null },
  { name: "focal", gamma: 1.5, class_weights: null },
])("several targets of classes under %o", (loss) => {
  const stack: LayerSpec[] = [
    { type: "linear", width: 4, bias: true },
    { type: "tanh" },
    { type: "linear", width: null, bias: true },
  ];
  expectSlopes(stack, loss, [3, 2, 4]);
});

/** Members that share weights behind a layer of all, and more members that share none than a batch has rows. */
function ensemblesOf(stack: LayerSpec[]): LayerSpec[][] {
  const layers = stack as Extract<LayerSpec, { type: "ensemble" }>["layers"];
  const ensemble = { type: "ensemble", average: null } as const;
  return [
    [
      { type: "linear", width: 4, bias: true },
      { ...ensemble, members: 2, shared: true, layers },
    ],
    [{ ...ensemble, members: 3, shared: true, rows: "all", layers: withoutTensors(layers) }],
    [{ ...ensemble, members: 7, shared: false, layers: [...between.residual.slice(1), ...layers] }],
  ];
}

/** A network beside an ensemble whose members are trained on all rows. */
function blendOf(stack: LayerSpec[]): LayerSpec[] {
  const own = stack as Extract<LayerSpec, { type: "ensemble" }>["layers"];
  const packed = { type: "ensemble", average: null, members: 3, shared: true, rows: "all" } as const;
  const networks = [
    { weight: 2, layers: own },
    { weight: 1, layers: [{ ...packed, layers: withoutTensors(own) }] },
  ];
  return [{ type: "blend", average: null, networks }];
}

/** Members trained on all rows have tensors in linear layers alone. */
function withoutTensors(layers: Extract<LayerSpec, { type: "ensemble" }>["layers"]) {
  const model = (layer: LayerSpec) => layer.type === "linear" || !/_norm|parametric|scale/.test(layer.type);
  return layers.filter(model);
}

test("words that rows name, beside an input of its own", () => {
  const stack: LayerSpec[] = [
    { type: "embed_text", count: 6, slots: 2, width: 3 },
    { type: "tanh" },
    { type: "linear", width: null, bias: true },
  ];
  // Of the first slot every number is named, and none; of the second one is beyond the table.
  const fillWords = (X: Floats) => {
    fill(X, 1);
    for (let r = 0; r < batchSize; r++) X.set([(r % 4) - 1, r % 2 === 0 ? 1 : 6], 5 * r + 1);
  };
  expectSlopes(stack, lossWith("cross_entropy"), null, {
    width: 5,
    hasSlope: (input) => input === 0 || input > 2,
    fill: fillWords,
  });
});

test("every layer is in a network above", () => {
  const covered = ["linear", "embed_text", ...Object.keys(activations), ...Object.keys(between)];
  expect(new Set(covered)).toEqual(new Set([...Object.keys(layers), "nothing"]));
});

interface Inputs {
  readonly width: number;
  hasSlope(input: number): boolean;
  fill(values: Floats): void;
}

const numbers: Inputs = { width: 3, hasSlope: () => true, fill: (values) => fill(values, 1) };

/** Compares the gradient of every parameter and input with (L(θ + h) − L(θ − h)) / 2h. */
function expectSlopes(
  stack: LayerSpec[],
  loss: LossSpec,
  blocks: readonly number[] | null = null,
  inputs = numbers,
): void {
  const k = new Kernels(openReference(64));
  const outputs = blocks?.reduce((sum, n) => sum + n) ?? 3 * (lossOf(loss.name).outputsPerTarget ?? 1);
  const model = buildModel(k, stack, {
    inputWidth: inputs.width,
    outputWidth: outputs,
    seed: 0,
    init: { name: "zeros" },
  });
  // Biases too, or a row whose inputs are all dropped would sit on the kink of relu.
  for (const [i, { value }] of model.parameters.entries()) fill(value.host, 10 + i);
  const pass = model.plan(batchSize, { inputGradient: true });
  const rule = lossRule(k, loss, outputs, blocks);
  const Y = k.matrix(pass.answers.rows, targetWidthOf(loss.name, outputs, blocks?.length, rule.parameter));
  const rowWeights = k.matrix(pass.answers.rows, 1);
  inputs.fill(pass.X.host);
  fill(rowWeights.host, 2);
  rowWeights.host.forEach((w, i, all) => {
    all[i] = Math.abs(w);
  });
  Y.host.forEach((_, i, all) => {
    all[i] = targetOf(loss.name, i, blocks?.[i % blocks.length]);
  });
  const totals = k.backend.doubles(totalCells.count);
  const lossNow = (): number => {
    totals.host.fill(0);
    pass.forward("train", 1);
    k.loss(pass.dS, pass.answers, Y, rowWeights, rule, totals);
    return totals.host[totalCells.loss]! / totals.host[totalCells.weight]!;
  };

  lossNow();
  pass.backward();
  const tensors = [...model.parameters, { name: "X", value: pass.X, gradient: pass.dX! }];
  const gradients = tensors.map(({ gradient }) => Float64Array.from(gradient.host));
  const largest = Math.max(...gradients.flatMap((gradient) => [...gradient].map(Math.abs)));
  tensors.forEach(({ name, value }, t) => {
    const theta = value.host;
    theta.forEach((kept, i) => {
      if (name === "X" && !inputs.hasSlope(i % inputs.width)) return;
      theta[i] = kept + step;
      const above = lossNow();
      theta[i] = kept - step;
      const below = lossNow();
      theta[i] = kept;
      const apart = Math.abs(gradients[t]![i]! - (above - below) / (2 * step));
      if (!(apart <= tolerance * largest)) {
        expect.fail(
          `${loss.name}, ${name}[${i}]: ${gradients[t]![i]}, slope ${(above - below) / (2 * step)}`,
        );
      }
    });
  });
}

function fill(values: { [index: number]: number; length: number }, stream: number): void {
  const key = streamKey(11, "augment", stream);
  for (let i = 0; i < values.length; i++) values[i] = randomNormal(key, i);
}

function targetOf(loss: LossName, i: number, classes = 3): number {
  const key = streamKey(12, "augment");
  if (losses[loss].learns === "classes") return randomBits(key, i) % classes;
  if (loss === "bce_with_logits") return randomBits(key, i) % 2;
  return randomNormal(key, i);
}
