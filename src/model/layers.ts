/** The layers, one row each: width, tensors, and the two passes as the lecture notes write them. */
import type { LayerSpec } from "../config/schema.ts";
import { type ActivationName, inPlaceActivations, type Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import { streamKey } from "../support/random.ts";
import type { Start } from "./initialise.ts";
import type { Buffer, Parameter } from "./tensors.ts";

export type LayerType = LayerSpec["type"];
type SpecOf<Type extends LayerType> = Extract<LayerSpec, { type: Type }>;

/** In training dropout drops and batch normalisation uses the batch; in evaluation a row's output is its own. */
export type Mode = "train" | "evaluate";

/** A tensor that a layer asks for; `name` is the part after `layers.<index>.`. */
export interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trained: boolean;
  readonly start: Start;
}

/** What a layer is given when its passes over B rows are planned. */
export interface LayerContext<Spec> {
  readonly k: Kernels;
  readonly spec: Spec;
  readonly index: number;
  readonly seed: number;
  /** Input [B, in]. */
  readonly X: Matrix;
  /** Outputs per row. */
  readonly width: number;
  /** Whether X may be overwritten: whoever wrote it needs it no more. */
  readonly overwritable: boolean;
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly Buffer[];
  /** Memory for the passes of this many rows, shared with passes of fewer rows. */
  take(rows: number, cols: number): Matrix;
}

/** One layer's passes over B rows. */
export interface LayerPass {
  /** Output [B, out]. */
  readonly Y: Matrix;
  /** Whether the next layer may overwrite Y. */
  readonly overwritable: boolean;
  forward(mode: Mode, step: number): void;
  /** Gradients of the parameters from dY, and dX unless null. After a forward pass of the same mode. */
  backward(dY: Matrix, dX: Matrix | null): void;
}

interface Layer<Spec> {
  /** Outputs per row; `outputWidth` is the whole network's. */
  width(spec: Spec, inputWidth: number, outputWidth: number): number;
  /** In the order of torch's `parameters()`, then `buffers()`. */
  tensors(spec: Spec, inputWidth: number, width: number): TensorPlan[];
  plan(context: LayerContext<Spec>): LayerPass;
  /** Whether `backward` may be given one matrix as dX and dY. */
  inPlaceBackward: boolean;
}

/** Affine layer: X [B,in] → Z [B,out]; W [out,in], b [out], as torch.nn.Linear. */
const linear: Layer<SpecOf<"linear">> = {
  width: (spec, _, outputWidth) => spec.width ?? outputWidth,
  tensors(spec, inputWidth, width) {
    const fans = { in: inputWidth, out: width };
    const W: TensorPlan = {
      name: "weight",
      shape: [width, inputWidth],
      trained: true,
      start: { role: "weight", fans },
    };
    const b: TensorPlan = { name: "bias", shape: [width], trained: true, start: { role: "bias", fans } };
    return spec.bias ? [W, b] : [W];
  },
  plan({ k, X, width, parameters, take }) {
    const [{ value: W, gradient: dW }, bias] = parameters as readonly [Parameter, Parameter?];
    const Z = take(X.rows, width);
    return {
      Y: Z,
      overwritable: true,
      forward: () => k.gemm(Z, X, W.T, bias?.value ?? null), // Z  = X Wᵀ + b
      backward(dZ, dX) {
        k.gemm(dW, dZ.T, X); //                                 dW = dZᵀ X
        if (bias) k.sumRows(bias.gradient, dZ); //              db = Σ_rows dZ
        if (dX) k.gemm(dX, dZ, W); //                           dX = dZ W
      },
    };
  },
  inPlaceBackward: false,
};

/** A = g(Z), elementwise; over Z itself where the derivative needs A alone. */
function activation<Type extends LayerType & ActivationName>(
  g: Type,
  parameterOf: (spec: SpecOf<Type>) => number = () => 0,
): Layer<SpecOf<Type>> {
  return {
    width: sameWidth,
    tensors: () => [],
    plan({ k, spec, X: Z, overwritable, take }) {
      if (g === "identity") return { Y: Z, overwritable, forward() {}, backward() {} };
      const parameter = parameterOf(spec);
      const inPlace = overwritable && inPlaceActivations.has(g) && parameter >= 0;
      const A = inPlace ? Z : take(Z.rows, Z.cols);
      return {
        Y: A,
        overwritable: false,
        forward: () => k.activate(A, Z, g, parameter), //              A  = g(Z)
        backward(dA, dZ) {
          if (dZ) k.activateBackward(dZ, dA, Z, A, g, parameter); //   dZ = dA ⊙ g′(Z)
        },
      };
    },
    inPlaceBackward: true,
  };
}

/** Y = X ⊙ mask/(1 − p) in training, Y = X in evaluation; as torch.nn.Dropout. The mask is drawn anew each step. */
const dropout: Layer<SpecOf<"dropout">> = {
  width: sameWidth,
  tensors: () => [],
  plan({ k, spec: { p }, index, seed, X, overwritable, take }) {
    if (p === 0) return { Y: X, overwritable, forward() {}, backward() {} };
    const Y = overwritable ? X : take(X.rows, X.cols);
    let key: ReturnType<typeof streamKey> | null = null;
    return {
      Y,
      overwritable: true,
      forward(mode, step) {
        key = mode === "train" ? streamKey(seed, "dropout", step, index) : null;
        if (key) k.dropout(Y, X, p, key);
        else if (Y !== X) k.copy(Y, X);
      },
      backward(dY, dX) {
        if (dX && key) k.dropout(dX, dY, p, key);
      },
    };
  },
  inPlaceBackward: true,
};

/** Y = γ ⊙ (X − μ)/σ + β over the batch (training) or with running statistics; as torch.nn.BatchNorm1d. */
const batchNorm: Layer<SpecOf<"batch_norm">> = {
  width: sameWidth,
  tensors: (_, n) => [
    ...scaleAndShift(n),
    { name: "running_mean", shape: [n], trained: false, start: 0 },
    { name: "running_var", shape: [n], trained: false, start: 1 },
  ],
  plan({ k, spec: { eps, momentum }, X, parameters, buffers, take }) {
    const [gamma, beta] = parameters as readonly [Parameter, Parameter];
    const [mean, variance] = buffers as readonly [Buffer, Buffer];
    const running = { mean: mean.value, variance: variance.value, momentum };
    const state = { mean: take(1, X.cols), inverseStd: take(1, X.cols) };
    const Y = take(X.rows, X.cols);
    return {
      Y,
      overwritable: true,
      forward: (mode) => k.batchNorm(Y, X, gamma.value, beta.value, eps, state, running, mode === "train"),
      backward: (dY, dX) =>
        k.batchNormBackward(dX ?? dY, gamma.gradient, beta.gradient, dY, X, gamma.value, state),
    };
  },
  inPlaceBackward: true,
};

/** Y = γ ⊙ (X − μ)/σ + β over each row; as torch.nn.LayerNorm. */
const layerNorm: Layer<SpecOf<"layer_norm">> = {
  width: sameWidth,
  tensors: (_, n) => scaleAndShift(n),
  plan({ k, spec: { eps }, X, parameters, take }) {
    const [gamma, beta] = parameters as readonly [Parameter, Parameter];
    const state = { mean: take(1, X.rows), inverseStd: take(1, X.rows) };
    const Y = take(X.rows, X.cols);
    return {
      Y,
      overwritable: true,
      forward: () => k.layerNorm(Y, X, gamma.value, beta.value, eps, state),
      backward: (dY, dX) =>
        k.layerNormBackward(dX ?? dY, gamma.gradient, beta.gradient, dY, X, gamma.value, state),
    };
  },
  inPlaceBackward: true,
};

/** Every layer that a spec can name. */
export const layers = {
  linear,
  dropout,
  batch_norm: batchNorm,
  layer_norm: layerNorm,
  identity: activation("identity"),
  sigmoid: activation("sigmoid"),
  tanh: activation("tanh"),
  relu: activation("relu"),
  leaky_relu: activation("leaky_relu", (spec) => spec.negative_slope),
  elu: activation("elu", (spec) => spec.alpha),
  selu: activation("selu"),
  gelu: activation("gelu"),
  silu: activation("silu"),
  softplus: activation("softplus"),
  hard_sigmoid: activation("hard_sigmoid"),
  mish: activation("mish"),
} satisfies { [Type in LayerType]: Layer<SpecOf<Type>> };

/** The row of a layer, for any spec of it. */
export function layerOf(spec: LayerSpec): Layer<LayerSpec> {
  return layers[spec.type] as Layer<LayerSpec>;
}

function sameWidth(_: unknown, inputWidth: number): number {
  return inputWidth;
}

function scaleAndShift(n: number): TensorPlan[] {
  return [
    { name: "weight", shape: [n], trained: true, start: 1 },
    { name: "bias", shape: [n], trained: true, start: 0 },
  ];
}
