/**
 * The optimizers as torch.optim 1.13 defines them: the state each keeps, the scalars of its update number t, and the
 * rule by which θ moves. Adding one: a row here, its rule's twin in kernels/optimizers.h, a row in
 * the spec's schema. η is the rate, λ the decay, ε stands beside a root.
 */
import type { Floats } from "./matrix.ts";

/** θ, its gradient and the optimizer's state, as numbers; element i of each belongs to the same parameter. */
interface Vectors {
  readonly theta: Floats;
  readonly gradient: Floats;
  /** In the order of the optimizer's `slots`. */
  readonly slots: readonly (Floats | undefined)[];
}

/** One pass over θ. */
export interface Rule {
  /** The names of the scalars, in the order in which the C kernels take them. */
  readonly scalars: readonly string[];
  readonly update: (vectors: Vectors, scalars: Readonly<Record<string, number>>) => void;
  /** Nanoseconds per parameter in the C kernels. */
  readonly cost: number;
}

/** A rule and its scalars for one update. */
export interface OptimizerStep {
  readonly rule: RuleName;
  readonly scalars: Readonly<Record<string, number>>;
}

/** An optimizer whose spec has `Settings`. */
export interface OptimizerRow<Settings> {
  readonly rule: RuleName;
  /** Names of the state vectors, shaped as θ; null where these settings need none. */
  readonly slots: (settings: Settings) => readonly (string | null)[];
  /** What the state starts as. Absent: 0. */
  readonly start?: (settings: Settings) => number;
  /** Of update number t, from 1, with rate `lr`; in 64 bit. */
  readonly scalars: (settings: Settings, t: number, lr: number) => Readonly<Record<string, number>>;
}

function rule<const Name extends string>(
  scalars: readonly Name[],
  update: (vectors: Vectors, scalars: Readonly<Record<Name, number>>) => void,
  cost = 1,
): Rule {
  return { scalars, update, cost };
}

export const rules = {
  /** g += λθ; v = μv + (1 − τ)g (the first time v = g); θ −= ηv, or with Nesterov η(g + μv). */
  sgd: rule(
    ["lr", "decay", "momentum", "dampening", "nesterov", "first"],
    ({ theta, gradient, slots: [v] }, { lr, decay, momentum, dampening, nesterov, first }) => {
      for (let i = 0; i < theta.length; i++) {
        let d = gradient[i]! + decay * theta[i]!;
        if (v) {
          const moved = first ? d : momentum * v[i]! + (1 - dampening) * d;
          v[i] = moved;
          d = nesterov ? d + momentum * moved : moved;
        }
        theta[i] = theta[i]! - lr * d;
      }
    },
    0.25,
  ),

  /**
   * g += λθ; m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; θ = shrink·θ − η m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ),
   * v̂ = v/(1 − β₂ᵗ); AMSGrad takes the largest v so far.
   */
  adam: rule(
    ["lr", "decay", "shrink", "beta1", "beta2", "eps", "correction1", "correction2"],
    ({ theta, gradient, slots }, { lr, decay, shrink, beta1, beta2, eps, correction1, correction2 }) => {
      const [m, v, largest] = slots as readonly [Floats, Floats, Floats?];
      const stepSize = lr / correction1;
      const root = Math.sqrt(correction2);
      for (let i = 0; i < theta.length; i++) {
        const g = gradient[i]! + decay * theta[i]!;
        const mean = beta1 * m[i]! + (1 - beta1) * g;
        let square = beta2 * v[i]! + (1 - beta2) * g * g;
        m[i] = mean;
        v[i] = square;
        if (largest) {
          square = Math.max(square, largest[i]!);
          largest[i] = square;
        }
        theta[i] = shrink * theta[i]! - (stepSize * mean) / (Math.sqrt(square) / root + eps);
      }
    },
  ),

  /** g += λθ; s += g²; θ −= η g/(√s + ε). */
  adagrad: rule(["lr", "decay", "eps"], ({ theta, gradient, slots }, { lr, decay, eps }) => {
    const [s] = slots as readonly [Floats];
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]! + decay * theta[i]!;
      const sum = s[i]! + g * g;
      s[i] = sum;
      theta[i] = theta[i]! - (lr * g) / (Math.sqrt(sum) + eps);
    }
  }),

  /** g += λθ; v = ρv + (1 − ρ)g²; Δ = g √(u + ε)/√(v + ε); u = ρu + (1 − ρ)Δ²; θ −= ηΔ. */
  adadelta: rule(["lr", "decay", "rho", "eps"], ({ theta, gradient, slots }, { lr, decay, rho, eps }) => {
    const [v, u] = slots as readonly [Floats, Floats];
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]! + decay * theta[i]!;
      const square = rho * v[i]! + (1 - rho) * g * g;
      const delta = (g * Math.sqrt(u[i]! + eps)) / Math.sqrt(square + eps);
      v[i] = square;
      u[i] = rho * u[i]! + (1 - rho) * delta * delta;
      theta[i] = theta[i]! - lr * delta;
    }
  }),

  /**
   * g += λθ; v = αv + (1 − α)g²; d = g/(√v + ε), centered g/(√(v − w²) + ε) with w = αw + (1 − α)g;
   * θ −= ηd, with momentum θ −= ηb with b = μb + d.
   */
  rmsprop: rule(
    ["lr", "decay", "alpha", "eps", "momentum"],
    ({ theta, gradient, slots }, { lr, decay, alpha, eps, momentum }) => {
      const [v, b, w] = slots as readonly [Floats, Floats?, Floats?];
      for (let i = 0; i < theta.length; i++) {
        const g = gradient[i]! + decay * theta[i]!;
        const square = alpha * v[i]! + (1 - alpha) * g * g;
        v[i] = square;
        let spread = square;
        if (w) {
          const mean = alpha * w[i]! + (1 - alpha) * g;
          w[i] = mean;
          spread = Math.max(0, square - mean * mean); // rounding may take it below
        }
        let d = g / (Math.sqrt(spread) + eps);
        if (b) {
          d += momentum * b[i]!;
          b[i] = d;
        }
        theta[i] = theta[i]! - lr * d;
      }
    },
  ),

  /** Adam's m and v; θ −= (gradientRate·g + meanRate·m)/(√v̂ + ε). */
  nadam: rule(
    ["decay", "beta1", "beta2", "eps", "correction2", "gradientRate", "meanRate"],
    ({ theta, gradient, slots }, { decay, beta1, beta2, eps, correction2, gradientRate, meanRate }) => {
      const [m, v] = slots as readonly [Floats, Floats];
      const root = Math.sqrt(correction2);
      for (let i = 0; i < theta.length; i++) {
        const g = gradient[i]! + decay * theta[i]!;
        const mean = beta1 * m[i]! + (1 - beta1) * g;
        const square = beta2 * v[i]! + (1 - beta2) * g * g;
        m[i] = mean;
        v[i] = square;
        theta[i] = theta[i]! - (gradientRate * g + meanRate * mean) / (Math.sqrt(square) / root + eps);
      }
    },
  ),

  /** g += λθ; m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + ε); θ −= η/(1 − β₁ᵗ) · m/u. */
  adamax: rule(
    ["lr", "decay", "beta1", "beta2", "eps", "correction1"],
    ({ theta, gradient, slots }, { lr, decay, beta1, beta2, eps, correction1 }) => {
      const [m, u] = slots as readonly [Floats, Floats];
      for (let i = 0; i < theta.length; i++) {
        const g = gradient[i]! + decay * theta[i]!;
        const mean = beta1 * m[i]! + (1 - beta1) * g;
        const largest = Math.max(beta2 * u[i]!, Math.abs(g) + eps);
        m[i] = mean;
        u[i] = largest;
        theta[i] = theta[i]! - ((lr / correction1) * mean) / largest;
      }
    },
  ),
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

interface Decaying {
  readonly weight_decay: number;
}
interface Moments extends Decaying {
  readonly betas: readonly [number, number];
  readonly eps: number;
}
interface Amsgrad extends Moments {
  readonly amsgrad: boolean;
}

const adamSlots = ({ amsgrad }: Amsgrad) => ["exp_avg", "exp_avg_sq", amsgrad ? "max_exp_avg_sq" : null];

export const optimizers = {
  sgd: {
    rule: "sgd",
    slots: ({ momentum }: { momentum: number }) => [momentum > 0 ? "momentum_buffer" : null],
    scalars: (
      {
        momentum,
        dampening,
        nesterov,
        weight_decay,
      }: Decaying & { momentum: number; dampening: number; nesterov: boolean },
      t,
      lr,
    ) => ({
      lr,
      decay: weight_decay,
      momentum,
      dampening,
      nesterov: Number(nesterov),
      first: Number(t === 1),
    }),
  },
  adam: {
    rule: "adam",
    slots: adamSlots,
    scalars: (settings: Amsgrad, t, lr) => ({ ...adam(settings, t), lr, decay: settings.weight_decay }),
  },
  /** θ shrinks by ηλθ beforehand, instead of the gradient growing. */
  adamw: {
    rule: "adam",
    slots: adamSlots,
    scalars: (settings: Amsgrad, t, lr) => ({
      ...adam(settings, t),
      lr,
      shrink: 1 - lr * settings.weight_decay,
    }),
  },
  adagrad: {
    rule: "adagrad",
    slots: () => ["sum"],
    start: ({ initial_accumulator_value }: { initial_accumulator_value: number }) =>
      initial_accumulator_value,
    scalars: ({ lr_decay, eps, weight_decay }: Decaying & { lr_decay: number; eps: number }, t, lr) => ({
      lr: lr / (1 + (t - 1) * lr_decay),
      decay: weight_decay,
      eps,
    }),
  },
  adadelta: {
    rule: "adadelta",
    slots: () => ["square_avg", "acc_delta"],
    scalars: ({ rho, eps, weight_decay }: Decaying & { rho: number; eps: number }, _, lr) => ({
      lr,
      decay: weight_decay,
      rho,
      eps,
    }),
  },
  rmsprop: {
    rule: "rmsprop",
    slots: ({ momentum, centered }: { momentum: number; centered: boolean }) => [
      "square_avg",
      momentum > 0 ? "momentum_buffer" : null,
      centered ? "grad_avg" : null,
    ],
    scalars: (
      { alpha, eps, momentum, weight_decay }: Decaying & { alpha: number; eps: number; momentum: number },
      _,
      lr,
    ) => ({ lr, decay: weight_decay, alpha, eps, momentum }),
  },
  nadam: {
    rule: "nadam",
    slots: () => ["exp_avg", "exp_avg_sq"],
    scalars: nadam,
  },
  adamax: {
    rule: "adamax",
    slots: () => ["exp_avg", "exp_inf"],
    scalars: ({ betas: [beta1, beta2], eps, weight_decay }: Moments, t, lr) => ({
      lr,
      decay: weight_decay,
      beta1,
      beta2,
      eps,
      correction1: 1 - beta1 ** t,
    }),
  },
  radam: {
    rule: "adam",
    slots: () => ["exp_avg", "exp_avg_sq"],
    scalars: radam,
  },
} satisfies Record<string, OptimizerRow<never>>;

/** Adam's scalars but for the rate, with neither kind of decay. */
function adam({ betas: [beta1, beta2], eps }: Moments, t: number) {
  const [correction1, correction2] = [1 - beta1 ** t, 1 - beta2 ** t];
  return { decay: 0, shrink: 1, beta1, beta2, eps, correction1, correction2 };
}

/**
 * Dozat 2016, with μ_t = β₁(1 − ½·0.96^(tψ)): g goes in with (1 − μ_t)/(1 − Πμ), m with μ_{t+1}/(1 − Πμ·μ_t·μ_{t+1}).
 * The second μ_t is in torch 1.13 and not in Dozat's paper; after 50 steps it makes no difference.
 */
function nadam(
  { betas: [beta1, beta2], eps, momentum_decay, weight_decay }: Moments & { momentum_decay: number },
  t: number,
  lr: number,
) {
  const mu = (n: number) => beta1 * (1 - 0.5 * 0.96 ** (n * momentum_decay));
  let product = 1;
  for (let n = 1; n <= t && product > 0; n++) product *= mu(n); // soon indistinguishable from 0
  const next = mu(t + 1);
  return {
    decay: weight_decay,
    beta1,
    beta2,
    eps,
    correction2: 1 - beta2 ** t,
    gradientRate: (lr * (1 - mu(t))) / (1 - product),
    meanRate: (lr * next) / (1 - product * mu(t) * next),
  };
}

/**
 * Liu et al. 2020: Adam, its rate rectified by the variance of the second moment; as long as that is unknown
 * (ρ ≤ 5), plain momentum, that is an Adam whose denominator is 1.
 */
function radam(settings: Moments, t: number, lr: number) {
  const scalars = { ...adam(settings, t), lr, decay: settings.weight_decay };
  const { beta2, correction1, correction2 } = scalars;
  const limit = 2 / (1 - beta2) - 1;
  const rho = limit - (2 * t * beta2 ** t) / correction2;
  if (rho <= 5) return { ...scalars, eps: 1, correction2: Number.POSITIVE_INFINITY };
  const rectification = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
  const rate = (rectification * Math.sqrt(correction2)) / correction1;
  return { ...scalars, correction1: 1 / rate, correction2: 1 };
}
