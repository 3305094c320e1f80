/** Update rules of the optimizers, as torch 1.13 states them: η rate, λ decay, ε beside a root. */
import type { OptimizerStep } from "../backend.ts";
import type { Floats, Matrix } from "../matrix.ts";

type RuleName = OptimizerStep["rule"];
type Step<Name> = Extract<OptimizerStep, { rule: Name }>;

/** θ, its gradient and the optimizer's state, as numbers; element i of each belongs to the same parameter. */
interface Vectors {
  readonly theta: Floats;
  readonly gradient: Floats;
  readonly slots: readonly Floats[];
}

type Rule<Name> = (vectors: Vectors, step: Step<Name>) => void;

/** One step over all of θ. */
export function optimize(
  theta: Matrix,
  gradient: Matrix,
  slots: readonly Matrix[],
  step: OptimizerStep,
): void {
  const rule = rules[step.rule] as Rule<RuleName>;
  rule({ theta: theta.values, gradient: gradient.values, slots: slots.map((slot) => slot.values) }, step);
}

const rules: { readonly [Name in RuleName]: Rule<Name> } = {
  /** g += λθ; v = μv + (1 − τ)g (the first time v = g); θ −= ηv, or with Nesterov η(g + μv). */
  sgd({ theta, gradient, slots: [v] }, { lr, weightDecay, momentum, dampening, nesterov, first }) {
    for (let i = 0; i < theta.length; i++) {
      let d = gradient[i]! + weightDecay * theta[i]!;
      if (v) {
        const moved = first ? d : momentum * v[i]! + (1 - dampening) * d;
        v[i] = moved;
        d = nesterov ? d + momentum * moved : moved;
      }
      theta[i] = theta[i]! - lr * d;
    }
  },

  /**
   * g += λθ (or, decoupled, θ −= ηλθ); m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²;
   * θ −= η m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ); AMSGrad takes the largest v so far.
   */
  adam({ theta, gradient, slots }, step) {
    const { lr, weightDecay, decoupled, beta1, beta2, eps, correction1, correction2 } = step;
    const [m, v, largest] = slots as readonly [Floats, Floats, Floats?];
    const stepSize = lr / correction1;
    const root = Math.sqrt(correction2);
    const shrink = decoupled ? 1 - lr * weightDecay : 1;
    const decay = decoupled ? 0 : weightDecay;
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

  /** g += λθ; s += g²; θ −= η g/(√s + ε). */
  adagrad({ theta, gradient, slots }, { lr, weightDecay, eps }) {
    const [s] = slots as readonly [Floats];
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]! + weightDecay * theta[i]!;
      const sum = s[i]! + g * g;
      s[i] = sum;
      theta[i] = theta[i]! - (lr * g) / (Math.sqrt(sum) + eps);
    }
  },

  /** g += λθ; v = ρv + (1 − ρ)g²; Δ = g √(u + ε)/√(v + ε); u = ρu + (1 − ρ)Δ²; θ −= ηΔ. */
  adadelta({ theta, gradient, slots }, { lr, weightDecay, rho, eps }) {
    const [v, u] = slots as readonly [Floats, Floats];
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]! + weightDecay * theta[i]!;
      const square = rho * v[i]! + (1 - rho) * g * g;
      const delta = (g * Math.sqrt(u[i]! + eps)) / Math.sqrt(square + eps);
      v[i] = square;
      u[i] = rho * u[i]! + (1 - rho) * delta * delta;
      theta[i] = theta[i]! - lr * delta;
    }
  },

  /**
   * g += λθ; v = αv + (1 − α)g²; d = g/(√v + ε), centered g/(√(v − w²) + ε) with w = αw + (1 − α)g;
   * θ −= ηd, with momentum θ −= ηb with b = μb + d.
   */
  rmsprop({ theta, gradient, slots }, { lr, weightDecay, alpha, eps, momentum, centered }) {
    const v = slots[0]!;
    const b = momentum > 0 ? slots[1] : undefined;
    const w = centered ? slots.at(-1) : undefined;
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]! + weightDecay * theta[i]!;
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

  /** Adam's m and v; θ −= (gradientRate·g + meanRate·m)/(√v̂ + ε). */
  nadam({ theta, gradient, slots }, step) {
    const { weightDecay, beta1, beta2, eps, correction2, gradientRate, meanRate } = step;
    const [m, v] = slots as readonly [Floats, Floats];
    const root = Math.sqrt(correction2);
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]! + weightDecay * theta[i]!;
      const mean = beta1 * m[i]! + (1 - beta1) * g;
      const square = beta2 * v[i]! + (1 - beta2) * g * g;
      m[i] = mean;
      v[i] = square;
      theta[i] = theta[i]! - (gradientRate * g + meanRate * mean) / (Math.sqrt(square) / root + eps);
    }
  },

  /** g += λθ; m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + ε); θ −= η/(1 − β₁ᵗ) · m/u. */
  adamax({ theta, gradient, slots }, { lr, weightDecay, beta1, beta2, eps, correction1 }) {
    const [m, u] = slots as readonly [Floats, Floats];
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]! + weightDecay * theta[i]!;
      const mean = beta1 * m[i]! + (1 - beta1) * g;
      const largest = Math.max(beta2 * u[i]!, Math.abs(g) + eps);
      m[i] = mean;
      u[i] = largest;
      theta[i] = theta[i]! - ((lr / correction1) * mean) / largest;
    }
  },
};
