/** First weights: one row per initialisation, drawn from counter-based random numbers, as torch.nn.init. */
import type { InitSpec } from "../config/schema.ts";
import type { Floats } from "../engine/matrix.ts";
import { randomNormal, randomUniform, streamKey } from "../support/random.ts";

/** Inputs and outputs of the linear layer that a tensor belongs to. */
interface Fans {
  readonly in: number;
  readonly out: number;
}

/**
 * What a tensor starts as: a number, 1 and −1 at random, normal with that deviation or uniform between that and its
 * opposite whatever the spec says, or drawn as a linear layer's weight or bias.
 */
export type Start =
  | number
  | "signs"
  | { readonly normal: number }
  | { readonly uniform: number }
  | { readonly role: "weight" | "bias"; readonly fans: Fans };

type InitOf<Name> = Extract<InitSpec, { name: Name }>;
type Kaiming = InitOf<"kaiming_uniform" | "kaiming_normal">;

/** Element `index` of a tensor whose stream is `key`. */
type Draw = (key: ReturnType<typeof streamKey>, index: number) => number;

interface Initialisation {
  readonly weight: Draw;
  readonly bias: Draw;
}

/** All but torch's default start biases at zero, as torchvision does with these. */
const initialisations = {
  default: (_, fans) => ({ weight: uniform(1 / Math.sqrt(fans.in)), bias: uniform(1 / Math.sqrt(fans.in)) }),
  kaiming_uniform: (init, fans) => ({ weight: uniform(Math.sqrt(3) * kaimingStd(init, fans)), bias: zero }),
  kaiming_normal: (init, fans) => ({ weight: normal(kaimingStd(init, fans)), bias: zero }),
  xavier_uniform: ({ gain }, fans) => ({ weight: uniform(Math.sqrt(3) * xavierStd(gain, fans)), bias: zero }),
  xavier_normal: ({ gain }, fans) => ({ weight: normal(xavierStd(gain, fans)), bias: zero }),
  zeros: () => ({ weight: zero, bias: zero }),
  constant: ({ value }) => ({ weight: () => value, bias: zero }),
  /** The file's values follow by `Model.load`. */
  file: () => ({ weight: zero, bias: zero }),
} satisfies { [Name in InitSpec["name"]]: (init: InitOf<Name>, fans: Fans) => Initialisation };

/** Fills parameter number `index` of a model; equal arguments give equal values on every backend. */
export function initialise(values: Floats, start: Start, init: InitSpec, seed: number, index: number): void {
  if (typeof start === "number") {
    values.fill(start);
    return;
  }
  const key = streamKey(seed, "init", index);
  if (start === "signs") {
    for (let i = 0; i < values.length; i++) values[i] = randomUniform(key, i) < 0.5 ? -1 : 1;
    return;
  }
  if ("normal" in start || "uniform" in start) {
    const draw = "normal" in start ? normal(start.normal) : uniform(start.uniform);
    for (let i = 0; i < values.length; i++) values[i] = draw(key, i);
    return;
  }
  const row = initialisations[init.name] as (init: InitSpec, fans: Fans) => Initialisation;
  const draw = row(init, start.fans)[start.role];
  for (let i = 0; i < values.length; i++) values[i] = draw(key, i);
}

/** The factor that makes up for an activation shrinking its input; torch.nn.init.calculate_gain. */
const gains = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
} satisfies Record<Kaiming["nonlinearity"], (slope: number) => number>;

/** He et al. 2015: gain/√fan. */
function kaimingStd({ mode, nonlinearity, a }: Kaiming, fans: Fans): number {
  return gains[nonlinearity](a) / Math.sqrt(mode === "fan_in" ? fans.in : fans.out);
}

/** Glorot and Bengio 2010: gain·√(2/(in + out)). */
const xavierStd = (gain: number, fans: Fans) => gain * Math.sqrt(2 / (fans.in + fans.out));

const zero: Draw = () => 0;
const uniform =
  (bound: number): Draw =>
  (key, i) =>
    bound * (2 * randomUniform(key, i) - 1);
const normal =
  (std: number): Draw =>
  (key, i) =>
    std * randomNormal(key, i);
