/** The layers, one row each: width, tensors, and the two passes as the lecture notes write them. */
import type { ActivationType, LayerSpec } from "../config/schema.ts";
import { type Activation, type ActivationName, activationNames, activations } from "../engine/activations.ts";
import { streamKey } from "../support/random.ts";
import { blend } from "./blend.ts";
import { embed } from "./embed.ts";
import { embedNumbers } from "./embedNumbers.ts";
import { embedText } from "./embedText.ts";
import { ensemble } from "./ensemble.ts";
import { type Layer, type LayerType, type SpecOf, sameWidth, type TensorPlan } from "./layer.ts";
import { parametric, scale } from "./learntColumns.ts";
import { batchNorm, layerNorm, rmsNorm } from "./norms.ts";
import { planChain } from "./pass.ts";
import { type Parameter, within } from "./tensors.ts";

/**
 * Affine layer: X [B,in] → Z [B,out]; W [out,in], b [out], as torch.nn.Linear. In NTK parametrisation (Jacot et al. 2018)
 * W stands for V/√in with V and b standard normal at first, and the optimizer moves V.
 */
const linear: Layer<SpecOf<"linear">> = {
  width: (spec, _, outputWidth) => spec.width ?? outputWidth,
  tensors(spec, inputWidth, width) {
    const fans = { in: inputWidth, out: width };
    const isNtk = spec.parametrization === "ntk";
    const unit = 1 / Math.sqrt(inputWidth);
    const W: TensorPlan = {
      name: "weight",
      shape: [width, inputWidth],
      trained: true,
      start: isNtk ? { normal: unit } : { role: "weight", fans },
      ...(isNtk && { unit }),
    };
    const start = isNtk ? { normal: 1 } : ({ role: "bias", fans } as const);
    const b: TensorPlan = { name: "bias", shape: [width], trained: true, start };
    return spec.bias ? [W, b] : [W];
  },
  plan({ k, X, width, parameters, take }) {
    const [{ value: W, gradient: dW }, bias] = parameters as readonly [Parameter, Parameter?];
    const Z = take(X.rows, width);
    return {
      Y: Z,
      overwritable: true,
      forward: () => k.gemm(Z, X, W.T, bias?.value ?? null), // Z  = X Wᵀ + b
      backward(dZ, dX, learned) {
        k.gemm(dW, dZ.T, X); //                                 dW = dZᵀ X
        if (bias) k.sumRows(bias.gradient, dZ); //              db = Σ_rows dZ
        learned();
        if (dX) k.gemm(dX, dZ, W); //                           dX = dZ W
      },
    };
  },
  inPlaceBackward: false,
};

/** A = g(Z), elementwise; over Z itself where the derivative needs A alone. */
function activation<Spec>(g: ActivationName, { parameter, inPlace }: Activation<Spec>): Layer<Spec> {
  return {
    width: sameWidth,
    tensors: () => [],
    plan({ k, spec, X: Z, overwritable, take }) {
      if (g === "identity") return { Y: Z, overwritable, forward() {}, backward() {} };
      const alpha = parameter?.(spec) ?? 0;
      const A = overwritable && inPlace && alpha >= 0 ? Z : take(Z.rows, Z.cols);
      return {
        Y: A,
        overwritable: false,
        forward: () => k.activate(A, Z, g, alpha), //              A  = g(Z)
        backward(dA, dZ) {
          if (dZ) k.activateBackward(dZ, dA, Z, A, g, alpha); //   dZ = dA ⊙ g′(Z)
        },
      };
    },
    inPlaceBackward: true,
  };
}

/** A layer for every activation that a spec can name. */
function activationLayers(): { [Type in ActivationType]: Layer<SpecOf<Type>> } {
  const rows: { [Type in ActivationType]: Activation<SpecOf<Type>> } = activations;
  const layers = activationNames.map((g) => [g, activation(g, rows[g] as Activation<LayerSpec>)]);
  return Object.fromEntries(layers) as { [Type in ActivationType]: Layer<SpecOf<Type>> };
}

/** Y = X ⊙ mask/(1 − p) in training, Y = X in evaluation; as torch.nn.Dropout. Every step draws a new mask. */
const dropout: Layer<SpecOf<"dropout">> = {
  width: sameWidth,
  tensors: () => [],
  plan({ k, spec: { p }, index, seed, live, X, overwritable, take }) {
    if (p === 0) return { Y: X, overwritable, forward() {}, backward() {} };
    const Y = overwritable ? X : take(X.rows, X.cols);
    let key: ReturnType<typeof streamKey> | null = null;
    let share = p;
    return {
      Y,
      overwritable: true,
      forward(mode, step) {
        key = mode === "train" ? streamKey(seed, "dropout", step, index) : null;
        share = p * live.dropout;
        if (key) k.dropout(Y, X, share, key);
        else if (Y !== X) k.copy(Y, X);
      },
      backward(dY, dX) {
        if (dX && key) k.dropout(dX, dY, share, key);
      },
    };
  },
  inPlaceBackward: true,
};

/** Y = X + σ·ε in training, ε standard normal and drawn for each step; Y = X in evaluation. */
const gaussianNoise: Layer<SpecOf<"gaussian_noise">> = {
  width: sameWidth,
  tensors: () => [],
  plan({ k, spec: { std }, index, seed, X, overwritable, take }) {
    const Y = overwritable ? X : take(X.rows, X.cols);
    return {
      Y,
      overwritable: true,
      forward(mode, step) {
        if (mode === "train") k.gaussianNoise(Y, X, std, streamKey(seed, "noise", step, index));
        else if (Y !== X) k.copy(Y, X);
      },
      backward(dY, dX) {
        if (dX && dX !== dY) k.copy(dX, dY);
      },
    };
  },
  inPlaceBackward: true,
};

/**
 * Y = X + F(X), F being consecutive layers whose output is as wide as their input; He et al. 2016. In torch this is a
 * subclass of nn.Sequential, so that its tensors are `layers.<index>.<inner index>.<name>`.
 */
const residual: Layer<SpecOf<"residual">> = {
  width: sameWidth,
  tensors: (spec, n) =>
    innerLayers(spec, n).flatMap(({ row, spec, index, from, width }) =>
      row.tensors(spec, from, width).map((tensor) => ({ ...tensor, name: `${index}.${tensor.name}` })),
    ),
  plan({ k, spec, index, seed, live, X, parameters, buffers, take }) {
    const stack = innerLayers(spec, X.cols).map((inner) => ({
      ...inner,
      index: innerIndex(index, inner.index),
      seed,
      live,
      parameters: within(parameters, `${inner.index}`),
      buffers: within(buffers, `${inner.index}`),
    }));
    const F = planChain(k, stack, X, take, true);
    const Y = F.overwritable ? F.Y : take(X.rows, X.cols);
    return {
      Y,
      overwritable: true,
      forward(mode, step) {
        for (const pass of F.passes) pass.forward(mode, step);
        k.add(Y, F.Y, X); //                                    Y  = X + F(X)
      },
      backward(dY, dX) {
        k.copy(F.dY, dY); //                                    dF = dY
        F.backward();
        if (dX) k.add(dX, dY, F.dX!); //                        dX = dY + dX of F
      },
    };
  },
  inPlaceBackward: true,
};

/** The layers of a block, whose last linear one may leave open its width. */
function innerLayers({ layers }: SpecOf<"residual">, blockWidth: number) {
  let width = blockWidth;
  return layers.map((spec, index) => {
    const row = layerOf(spec);
    const from = width;
    width = row.width(spec, from, blockWidth);
    return { row, spec, index, from, width };
  });
}

/** A unique number, for the random numbers of a layer in a block. */
const innerIndex = (block: number, inner: number) => (block + 1) * 2 ** 16 + inner;

/** Every layer that a spec can name. */
export const layers = {
  linear,
  dropout,
  gaussian_noise: gaussianNoise,
  batch_norm: batchNorm,
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
  embed,
  embed_numbers: embedNumbers,
  embed_text: embedText,
  scale,
  parametric,
  residual,
  ensemble: ensemble(layerOf),
  blend: blend(layerOf),
  ...activationLayers(),
} satisfies { [Type in LayerType]: Layer<SpecOf<Type>> };

/** The row of a layer, for any spec of it. */
export function layerOf(spec: LayerSpec): Layer<LayerSpec> {
  return layers[spec.type] as Layer<LayerSpec>;
}
