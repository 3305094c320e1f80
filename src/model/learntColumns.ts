/** Layers with one learnt number a column: a factor, or how much of an activation is taken. */
import { type Layer, type SpecOf, sameWidth } from "./layer.ts";
import type { Parameter } from "./tensors.ts";

/** Y = X ∘ s, s [in] learnt: lets training choose among columns; Holzmüller, Grinsztajn and Steinwart 2024. */
export const scale: Layer<SpecOf<"scale">> = {
  width: sameWidth,
  tensors: (_, n) => [{ name: "weight", shape: [n], trained: true, start: 1, kind: "scales" }],
  plan({ k, X, parameters, take }) {
    const [s] = parameters as readonly [Parameter];
    const Y = take(X.rows, X.cols);
    return {
      Y,
      overwritable: true,
      forward: () => k.scaleColumns(Y, X, s.value, null), //      Y  = X ∘ s
      backward(dY, dX) {
        k.sumProducts(s.gradient, dY, X); //                      ds = Σ_rows dY ∘ X
        if (dX) k.scaleColumns(dX, dY, s.value, null); //         dX = dY ∘ s
      },
    };
  },
  inPlaceBackward: true,
};

/** Y = X + α ∘ (g(X) − X), α [in] learnt from 1: Holzmüller, Grinsztajn and Steinwart 2024. */
export const parametric: Layer<SpecOf<"parametric">> = {
  width: sameWidth,
  tensors: (_, n) => [{ name: "weight", shape: [n], trained: true, start: 1, kind: "activations" }],
  plan({ k, spec: { activation: g }, X, parameters, take }) {
    const [{ value: alpha, gradient: dAlpha }] = parameters as readonly [Parameter];
    const [A, T, Y] = [take(X.rows, X.cols), take(X.rows, X.cols), take(X.rows, X.cols)];
    const [minusOnes, ones, rest, s] = [take(1, X.cols), take(1, X.cols), take(1, X.cols), take(1, X.cols)];
    k.fill(minusOnes, -1);
    k.fill(ones, 1);
    return {
      Y,
      overwritable: true,
      forward() {
        k.activate(A, X, g); //                                   A  = g(X)
        k.scaleColumns(rest, alpha, minusOnes, ones);
        k.scaleColumns(T, A, alpha, null);
        k.scaleColumns(Y, X, rest, null);
        k.add(Y, Y, T); //                                        Y  = (1 − α) ∘ X + α ∘ A
      },
      backward(dY, dX) {
        k.sumProducts(dAlpha, dY, A);
        k.sumProducts(s, dY, X);
        k.scaleColumns(dAlpha, s, minusOnes, dAlpha); //          dα = Σ_rows dY ∘ (A − X)
        if (!dX) return;
        k.scaleColumns(T, dY, alpha, null);
        k.activateBackward(T, T, X, A, g);
        k.scaleColumns(dX, dY, rest, null);
        k.add(dX, dX, T); //                                      dX = (1 − α) ∘ dY + α ∘ dY ∘ g′(X)
      },
    };
  },
  inPlaceBackward: true,
};
