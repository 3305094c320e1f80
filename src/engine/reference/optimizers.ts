/** Update rules of the optimizers, as torch 1.13 states them, and gradient clipping. */
import type { OptimizerStep } from "../kernels.ts";
import { type Matrix, type Totals, totalCells } from "../matrix.ts";

type Rule<Name> = Extract<OptimizerStep, { rule: Name }>;

/** One step over all of θ. */
export function optimize(
  theta: Matrix,
  gradient: Matrix,
  slots: readonly Matrix[],
  step: OptimizerStep,
): void {
  if (step.rule === "sgd") sgd(theta, gradient, slots, step);
  else adam(theta, gradient, slots, step);
}

/** gradient ·= min(1, maxNorm / (‖gradient‖₂ + 1e-6)); the norm before clipping goes to `totals`. */
export function clipNorm(gradient: Matrix, maxNorm: number, totals: Totals): void {
  const g = gradient.block.values;
  const end = gradient.offset + gradient.size;
  let squares = 0;
  for (let i = gradient.offset; i < end; i++) squares += g[i]! ** 2;
  const norm = Math.sqrt(squares);
  totals.values[totalCells.gradientNorm] = norm;
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1) for (let i = gradient.offset; i < end; i++) g[i] = g[i]! * scale;
}

/** Every element into [−clipValue, clipValue]. */
export function clipValue(gradient: Matrix, limit: number): void {
  const g = gradient.block.values;
  const end = gradient.offset + gradient.size;
  for (let i = gradient.offset; i < end; i++) g[i] = Math.min(Math.max(g[i]!, -limit), limit);
}

/** g += λθ; v = μv + (1 − τ)g (the first time v = g); θ −= η v, or with Nesterov η (g + μv). */
function sgd(theta: Matrix, gradient: Matrix, slots: readonly Matrix[], step: Rule<"sgd">): void {
  const { lr, weightDecay, momentum, dampening, nesterov, first } = step;
  const t = theta.block.values;
  const g = gradient.block.values;
  const velocity = slots[0];
  const v = velocity?.block.values;
  for (let i = 0; i < theta.size; i++) {
    const at = theta.offset + i;
    let d = g[gradient.offset + i]! + weightDecay * t[at]!;
    if (v && velocity) {
      const moved = first ? d : momentum * v[velocity.offset + i]! + (1 - dampening) * d;
      v[velocity.offset + i] = moved;
      d = nesterov ? d + momentum * moved : moved;
    }
    t[at] = t[at]! - lr * d;
  }
}

/**
 * g += λθ (or, decoupled, θ −= ηλθ); m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²;
 * θ −= η m̂ / (√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ); AMSGrad takes the largest v so far.
 */
function adam(theta: Matrix, gradient: Matrix, slots: readonly Matrix[], step: Rule<"adam">): void {
  const { lr, weightDecay, decoupled, beta1, beta2, eps, correction1, correction2 } = step;
  const [M, V, L] = slots as readonly [Matrix, Matrix, Matrix?];
  const t = theta.block.values;
  const g = gradient.block.values;
  const m = M.block.values;
  const v = V.block.values;
  const largest = L?.block.values;
  const stepSize = lr / correction1;
  const root = Math.sqrt(correction2);
  const shrink = decoupled ? 1 - lr * weightDecay : 1;
  const decay = decoupled ? 0 : weightDecay;
  for (let i = 0; i < theta.size; i++) {
    const at = theta.offset + i;
    const d = g[gradient.offset + i]! + decay * t[at]!;
    const mean = beta1 * m[M.offset + i]! + (1 - beta1) * d;
    let square = beta2 * v[V.offset + i]! + (1 - beta2) * d * d;
    m[M.offset + i] = mean;
    v[V.offset + i] = square;
    if (largest && L) {
      square = Math.max(square, largest[L.offset + i]!);
      largest[L.offset + i] = square;
    }
    t[at] = shrink * t[at]! - (stepSize * mean) / (Math.sqrt(square) / root + eps);
  }
}
