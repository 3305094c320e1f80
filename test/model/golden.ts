/** PyTorch's numbers for whole networks (see test/golden/README.md), and how they compare with ours. */
import { expect } from "vitest";
import type { LayerSpec, LossSpec } from "../../src/config/schema.ts";
import type { ActivationName } from "../../src/engine/activations.ts";
import type { Kernels } from "../../src/engine/kernels.ts";
import { buildModel, type Model } from "../../src/model/model.ts";
import type { NamedTensor } from "../../src/model/tensors.ts";

export type Nested = number | readonly Nested[];
export type Tensors = Record<string, Nested>;

const widths = { input: 5, hidden: [7, 6], output: 3 };

/** Options of torch's activations where the golden networks use them: the defaults. */
export function activationSpec(type: ActivationName): LayerSpec {
  if (type === "leaky_relu") return { type, negative_slope: 0.01 };
  if (type === "elu") return { type, alpha: 1 };
  return { type };
}

/** linear, (norm,) activation, linear, (norm,) activation, linear: 5-7-6-3. */
export function goldenLayers(activation: ActivationName, norm: "batch" | "layer" | null): LayerSpec[] {
  const normLayer: LayerSpec[] =
    norm === "batch"
      ? [{ type: "batch_norm", eps: 1e-5, momentum: 0.1 }]
      : norm === "layer"
        ? [{ type: "layer_norm", eps: 1e-5 }]
        : [];
  const hidden = widths.hidden.flatMap((width): LayerSpec[] => [
    { type: "linear", width, bias: true },
    ...normLayer,
    activationSpec(activation),
  ]);
  return [...hidden, { type: "linear", width: null, bias: true }];
}

/** The network of a golden case with the case's parameters. */
export function goldenModel(k: Kernels, layers: LayerSpec[], parameters: Tensors): Model {
  const model = buildModel(k, layers, {
    inputWidth: widths.input,
    outputWidth: widths.output,
    seed: 0,
    init: { name: "zeros" },
  });
  const running = model.buffers.map(({ name, shape, value }) => ({ name, shape, values: value.host }));
  const given = Object.entries(parameters).map(
    ([name, values]): NamedTensor => ({ name, shape: shapeOf(values), values: flat(values) }),
  );
  model.load([...given, ...running], "golden");
  return model;
}

/** Names as the golden file has them, with their options, as a spec would say them. */
export function goldenLoss(name: string, weights: number[] | null): LossSpec {
  const losses: Record<string, LossSpec> = {
    cross_entropy: { name: "cross_entropy", label_smoothing: 0, class_weights: null },
    "cross_entropy_label_smoothing_0.1": {
      name: "cross_entropy",
      label_smoothing: 0.1,
      class_weights: null,
    },
    cross_entropy_class_weights: { name: "cross_entropy", label_smoothing: 0, class_weights: weights },
    bce_with_logits: { name: "bce_with_logits", pos_weight: null },
    bce_with_logits_pos_weight: { name: "bce_with_logits", pos_weight: weights },
    mse: { name: "mse" },
    half_squared_error: { name: "half_squared_error" },
    mae: { name: "mae" },
    "huber_delta_0.5": { name: "huber", delta: 0.5 },
    "smooth_l1_beta_0.5": { name: "smooth_l1", beta: 0.5 },
    poisson_nll_log_input: { name: "poisson_nll" },
    "quantile_0.9": { name: "quantile", quantile: 0.9 },
  };
  const loss = losses[name];
  if (!loss) throw new Error(`no spec for the golden loss ${name}`);
  return loss;
}

export function flat(values: Nested): Float64Array {
  const list = typeof values === "number" ? [values] : (values.flat(Infinity as 1) as number[]);
  return Float64Array.from(list);
}

export function shapeOf(values: Nested): number[] {
  return typeof values === "number" ? [] : [values.length, ...shapeOf(values[0]!)];
}

/** PyTorch's 64-bit numbers differ from ours by the order of sums alone: 1e-9 of each, zeros being 1e-15. */
const relative64 = 1e-9;
const zero64 = 1e-15;
/** 32 bit: 1e-4 of the largest. */
const relative32 = 1e-4;

export function expectGolden(
  what: string,
  precision: 32 | 64,
  actual: ArrayLike<number>,
  wanted: Nested,
): void {
  const expected = flat(wanted);
  expect(actual.length, what).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => {
    const bound =
      precision === 64 ? relative64 * Math.abs(value) + zero64 : relative32 * Math.max(largest, 1e-3);
    expect(Math.abs(actual[i]! - value), `${what}[${i}]: ${actual[i]} for ${value}`).toBeLessThanOrEqual(
      bound,
    );
  });
}
