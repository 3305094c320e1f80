/** Activations A = g(Z) with their derivatives, one row each, as torch defines them. */
import type { ActivationName } from "../backend.ts";
import type { Matrix } from "../matrix.ts";
import { erf, logistic, softplus } from "./special.ts";

interface Activation {
  /** a = g(z); `parameter` is negative_slope (leaky_relu) or alpha (elu). */
  g(z: number, parameter: number): number;
  /** g′(z), given a = g(z) too. Rows that use `a` alone, or the sign that z shares with it, work in place. */
  dg(z: number, a: number, parameter: number): number;
}

/** Klambauer et al. 2017: the fixed point at which activations keep mean 0 and variance 1. */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** torch differentiates with 1/6 rounded to 32 bit, in 64 bit too; so do its golden numbers, and so do we. */
const hardSigmoidSlope = Math.fround(1 / 6);

const Phi = (z: number) => (1 + erf(z / Math.SQRT2)) / 2;
const phi = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

export const activations = {
  identity: { g: (z) => z, dg: () => 1 },
  sigmoid: { g: logistic, dg: (_, a) => a * (1 - a) },
  tanh: { g: Math.tanh, dg: (_, a) => 1 - a * a },
  relu: { g: (z) => Math.max(0, z), dg: (z) => (z > 0 ? 1 : 0) },
  leaky_relu: { g: (z, slope) => (z > 0 ? z : slope * z), dg: (z, _, slope) => (z > 0 ? 1 : slope) },
  elu: {
    g: (z, alpha) => (z > 0 ? z : alpha * Math.expm1(z)),
    dg: (z, _, alpha) => (z > 0 ? 1 : alpha * Math.exp(z)),
  },
  selu: {
    g: (z) => seluScale * (z > 0 ? z : seluAlpha * Math.expm1(z)),
    dg: (z) => seluScale * (z > 0 ? 1 : seluAlpha * Math.exp(z)),
  },
  gelu: { g: (z) => z * Phi(z), dg: (z) => Phi(z) + z * phi(z) },
  silu: { g: (z) => z * logistic(z), dg: (z, a) => logistic(z) * (1 + z - a) },
  softplus: { g: softplus, dg: logistic },
  hard_sigmoid: {
    g: (z) => Math.min(Math.max(z + 3, 0), 6) / 6,
    dg: (z) => (z > -3 && z < 3 ? hardSigmoidSlope : 0),
  },
  mish: {
    g: (z) => z * Math.tanh(softplus(z)),
    dg: (z) => {
      const t = Math.tanh(softplus(z));
      return t + z * (1 - t * t) * logistic(z);
    },
  },
} satisfies Record<ActivationName, Activation>;

/** A = g(Z). */
export function activate(A: Matrix, Z: Matrix, name: ActivationName, parameter: number): void {
  const { g }: Activation = activations[name];
  const a = A.block.values;
  const z = Z.block.values;
  for (let i = 0; i < A.size; i++) a[A.offset + i] = g(z[Z.offset + i]!, parameter);
}

/** dZ = dA ⊙ g′(Z). */
export function activateBackward(
  dZ: Matrix,
  dA: Matrix,
  Z: Matrix,
  A: Matrix,
  name: ActivationName,
  parameter: number,
): void {
  const { dg }: Activation = activations[name];
  const dz = dZ.block.values;
  const da = dA.block.values;
  const z = Z.block.values;
  const a = A.block.values;
  for (let i = 0; i < dZ.size; i++) {
    dz[dZ.offset + i] = da[dA.offset + i]! * dg(z[Z.offset + i]!, a[A.offset + i]!, parameter);
  }
}
