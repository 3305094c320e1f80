/** The normalising layers: over the batch, over each row, or by each row's root mean square alone. */
import { type Layer, type SpecOf, sameWidth, type TensorPlan } from "./layer.ts";
import type { Buffer, Parameter } from "./tensors.ts";

/** Y = γ ⊙ (X − μ)/σ + β over the batch (training) or with running statistics; as torch.nn.BatchNorm1d. */
export const batchNorm: Layer<SpecOf<"batch_norm">> = {
  width: sameWidth,
  tensors: (_, n) => [
    scale(n),
    shift(n),
    { name: "running_mean", shape: [n], trained: false, start: 0 },
    { name: "running_var", shape: [n], trained: false, start: 1 },
  ],
  plan({ k, spec: { eps, momentum }, X, parameters, buffers, take }) {
    const [gamma, beta] = parameters as readonly [Parameter, Parameter];
    const [mean, variance] = buffers as readonly [Buffer, Buffer];
    const running = { mean: mean.value, variance: variance.value, momentum };
    const state = { mean: take(1, X.cols), inverseStd: take(1, X.cols) };
    const slope = take(1, X.cols);
    const Y = take(X.rows, X.cols);
    let isTraining = true;
    return {
      Y,
      overwritable: true,
      forward(mode) {
        isTraining = mode === "train";
        k.batchNorm(Y, X, gamma.value, beta.value, eps, state, running, isTraining);
      },
      backward(dY, dX) {
        if (isTraining)
          k.batchNormBackward(dX ?? dY, gamma.gradient, beta.gradient, dY, X, gamma.value, state);
        else if (dX) {
          k.scaleColumns(slope, gamma.value, state.inverseStd, null); // γ/σ
          k.scaleColumns(dX, dY, slope, null); //                        dX = dY ⊙ γ/σ
        }
      },
    };
  },
  inPlaceBackward: true,
};

/** Y = γ ⊙ (X − μ)/σ + β over each row; as torch.nn.LayerNorm. */
export const layerNorm: Layer<SpecOf<"layer_norm">> = {
  width: sameWidth,
  tensors: (_, n) => [scale(n), shift(n)],
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

/** Y = γ ⊙ X/√(mean(X²) + ε) over each row; as torch.nn.RMSNorm (Zhang and Sennrich 2019). */
export const rmsNorm: Layer<SpecOf<"rms_norm">> = {
  width: sameWidth,
  tensors: (_, n) => [scale(n)],
  plan({ k, spec: { eps }, X, parameters, take }) {
    const [gamma] = parameters as readonly [Parameter];
    const inverse = take(1, X.rows);
    const Y = take(X.rows, X.cols);
    return {
      Y,
      overwritable: true,
      forward: () => k.rmsNorm(Y, X, gamma.value, eps, inverse),
      backward: (dY, dX) => k.rmsNormBackward(dX ?? dY, gamma.gradient, dY, X, gamma.value, inverse),
    };
  },
  inPlaceBackward: true,
};

const scale = (n: number): TensorPlan => ({ name: "weight", shape: [n], trained: true, start: 1 });
const shift = (n: number): TensorPlan => ({ name: "bias", shape: [n], trained: true, start: 0 });
