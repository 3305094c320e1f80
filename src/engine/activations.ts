/**
 * The activations A = g(Z) with their derivatives, one row each, as torch defines them. Adding one: a row here, its
 * twin in kernels/activations.h, a row in the spec's schema and one in the exports.
 */
import { erf, logistic, softplus } from "./special.ts";

/** An activation whose spec has `Settings`. */
export interface Activation<Settings> {
  /** a = g(z). */
  readonly g: (z: number, parameter: number) => number;
  /** g′(z), given a = g(z) too. */
  readonly dg: (z: number, a: number, parameter: number) => number;
  /** What g takes besides z. Absent: 0. */
  readonly parameter?: (settings: Settings) => number;
  /**
   * Whether `dg` uses `a` alone, or the sign that z shares with it (as long as the parameter is not negative): then
   * forward and backward may be given Z === A.
   */
  readonly inPlace?: true;
  /** Nanoseconds per element in the C kernels, if it is one of the cheap ones. */
  readonly cost?: number;
}

/** Klambauer et al. 2017: the fixed point at which activations keep mean 0 and variance 1. */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** torch differentiates with 1/6 rounded to 32 bit, in 64 bit too; so do its golden numbers, and so do we. */
const hardSigmoidSlope = Math.fround(1 / 6);

const Phi = (z: number) => (1 + erf(z / Math.SQRT2)) / 2;
const phi = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

export const activations = {
  identity: { g: (z) => z, dg: () => 1, inPlace: true, cost: 0.1 },
  sigmoid: { g: logistic, dg: (_, a) => a * (1 - a), inPlace: true },
  tanh: { g: Math.tanh, dg: (_, a) => 1 - a * a, inPlace: true },
  relu: { g: (z) => Math.max(0, z), dg: (z) => (z > 0 ? 1 : 0), inPlace: true, cost: 0.1 },
  leaky_relu: {
    g: (z, slope) => (z > 0 ? z : slope * z),
    dg: (z, _, slope) => (z > 0 ? 1 : slope),
    parameter: ({ negative_slope }: { negative_slope: number }) => negative_slope,
    inPlace: true,
    cost: 0.1,
  },
  elu: {
    g: (z, alpha) => (z > 0 ? z : alpha * Math.expm1(z)),
    dg: (z, _, alpha) => (z > 0 ? 1 : alpha * Math.exp(z)),
    parameter: ({ alpha }: { alpha: number }) => alpha,
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
    cost: 0.3,
  },
  mish: {
    g: (z) => z * Math.tanh(softplus(z)),
    dg: (z) => {
      const t = Math.tanh(softplus(z));
      return t + z * (1 - t * t) * logistic(z);
    },
  },
  cosine: { g: Math.cos, dg: (z) => -Math.sin(z) },
} satisfies Record<string, Activation<never>>;

export type ActivationName = keyof typeof activations;
export const activationNames = Object.keys(activations) as ActivationName[];

/** The row of an activation, its spec's settings left open. */
export function activationOf(name: ActivationName): Activation<never> {
  return activations[name];
}
