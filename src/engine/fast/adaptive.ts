/** The scalars that kernels/adaptive.h takes for each rule, in its order. */
import type { OptimizerStep } from "../backend.ts";

/** In the order of `enum adaptive` in kernels/adaptive.h. */
export const adaptiveRules = ["adagrad", "adadelta", "rmsprop", "nadam", "adamax"] as const;

export type AdaptiveStep = Extract<OptimizerStep, { rule: (typeof adaptiveRules)[number] }>;

/** How many there are at most; the others are 0. */
export const scalarCount = 8;

export function scalarsOf(step: AdaptiveStep): readonly number[] {
  switch (step.rule) {
    case "adagrad":
      return [step.lr, step.eps];
    case "adadelta":
      return [step.lr, step.rho, 1 - step.rho, step.eps];
    case "rmsprop":
      return [step.lr, step.alpha, 1 - step.alpha, step.eps, step.momentum];
    case "nadam": {
      const { gradientRate, meanRate, beta1, beta2, correction2, eps } = step;
      return [gradientRate, meanRate, beta1, 1 - beta1, beta2, 1 - beta2, 1 / Math.sqrt(correction2), eps];
    }
    case "adamax":
      return [step.lr / step.correction1, step.beta1, 1 - step.beta1, step.beta2, step.eps];
  }
}
