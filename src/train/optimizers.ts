/**
 * The optimizers of torch.optim: which state each keeps and what a step needs to know. The arithmetic is
 * the kernels' verb `optimize`. Adding one: a row here, a row in the kernels, a row in the spec's schema.
 */
import type { OptimizerSpec } from "../config/schema.ts";
import type { OptimizerStep } from "../engine/backend.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import type { Buffer } from "../model/tensors.ts";

/** An optimizer at work on a model's flat θ. */
export interface Optimizer {
  /** State by torch's names, each shaped as θ. */
  readonly slots: readonly Slot[];
  /** Update number `t`, from 0, with learning rate `lr`. */
  step(t: number, lr: number): void;
}

/** What an optimizer moves, and by what: a model, or one with another gradient. */
export interface Optimized {
  readonly theta: Matrix;
  readonly gradient: Matrix;
  /** The first part of θ, which `decay: weights` is about. */
  readonly weights: Matrix;
}

export interface Slot {
  readonly name: string;
  readonly value: Matrix;
}

interface Row<Options> {
  /** Names of the state vectors, in the order in which the kernel takes them. */
  slots(options: Options): string[];
  /** What the state starts as; 0 if absent. */
  start?(options: Options): number;
  step(options: Options, t: number, lr: number): OptimizerStep;
}

/** Those that step by the gradient alone; lbfgs.ts searches. */
export type SteppingSpec = Exclude<OptimizerSpec, { name: "lbfgs" }>;

type Named<Name extends SteppingSpec["name"]> = Extract<SteppingSpec, { name: Name }>;

const rows: { [Name in SteppingSpec["name"]]: Row<Named<Name>> } = {
  sgd: {
    slots: ({ momentum }) => (momentum > 0 ? ["momentum_buffer"] : []),
    step: ({ momentum, dampening, nesterov, weight_decay }, t, lr) => ({
      rule: "sgd",
      lr,
      weightDecay: weight_decay,
      momentum,
      dampening,
      nesterov,
      first: t === 0,
    }),
  },
  adam: {
    slots: adamSlots,
    step: (options, t, lr) => adamStep(options, t, lr, false),
  },
  adamw: {
    slots: adamSlots,
    step: (options, t, lr) => adamStep(options, t, lr, true),
  },
  adagrad: {
    slots: () => ["sum"],
    start: ({ initial_accumulator_value }) => initial_accumulator_value,
    step: ({ lr_decay, eps, weight_decay }, t, lr) => ({
      rule: "adagrad",
      lr: lr / (1 + t * lr_decay),
      weightDecay: weight_decay,
      eps,
    }),
  },
  adadelta: {
    slots: () => ["square_avg", "acc_delta"],
    step: ({ rho, eps, weight_decay }, _, lr) => ({
      rule: "adadelta",
      lr,
      weightDecay: weight_decay,
      rho,
      eps,
    }),
  },
  rmsprop: {
    slots: ({ momentum, centered }) => [
      "square_avg",
      ...(momentum > 0 ? ["momentum_buffer"] : []),
      ...(centered ? ["grad_avg"] : []),
    ],
    step: ({ alpha, eps, momentum, centered, weight_decay }, _, lr) => ({
      rule: "rmsprop",
      lr,
      weightDecay: weight_decay,
      alpha,
      eps,
      momentum,
      centered,
    }),
  },
  nadam: { slots: () => ["exp_avg", "exp_avg_sq"], step: nadamStep },
  adamax: {
    slots: () => ["exp_avg", "exp_inf"],
    step: ({ betas: [beta1, beta2], eps, weight_decay }, t, lr) => ({
      rule: "adamax",
      lr,
      weightDecay: weight_decay,
      beta1,
      beta2,
      eps,
      correction1: 1 - beta1 ** (t + 1),
    }),
  },
  radam: { slots: () => ["exp_avg", "exp_avg_sq"], step: radamStep },
};

/** Plans the state of the optimizer that the spec asks for. */
export function createOptimizer(k: Kernels, spec: SteppingSpec, model: Optimized): Optimizer {
  const row = rows[spec.name] as Row<SteppingSpec>;
  const { theta } = model;
  const start = row.start?.(spec) ?? 0;
  const slots = row.slots(spec).map((name): Slot => {
    const value = k.matrix(theta.rows, theta.cols);
    if (start !== 0) value.values.fill(start);
    return { name, value };
  });
  const parts = partsOf(spec, model).map(({ first, length, options }) => {
    const part = (M: Matrix) => M.view(1, length, first);
    return {
      options,
      theta: part(theta),
      gradient: part(model.gradient),
      slots: slots.map((s) => part(s.value)),
    };
  });
  return {
    slots,
    step(t, lr) {
      for (const { options, theta, gradient, slots } of parts)
        k.optimize(theta, gradient, slots, row.step(options, t, lr));
    },
  };
}

/** `optimizer.<slot>.<parameter>`, shaped as the parameter: views of the optimizer's memory. */
export function parameterState({ slots }: Pick<Optimizer, "slots">, { parameters, theta }: Model): Buffer[] {
  return slots.flatMap((slot) =>
    parameters.map(({ name, shape, value }) => ({
      name: `optimizer.${slot.name}.${name}`,
      shape,
      value: slot.value.view(value.rows, value.cols, value.offset - theta.offset),
    })),
  );
}

/** All of θ at once; or its weights, which come first, and the rest without decay. */
function partsOf(spec: SteppingSpec, { theta, weights }: Optimized) {
  if (spec.decay === "all" || spec.weight_decay === 0)
    return [{ first: 0, length: theta.size, options: spec }];
  return [
    { first: 0, length: weights.size, options: spec },
    { first: weights.size, length: theta.size - weights.size, options: { ...spec, weight_decay: 0 } },
  ];
}

type Adam = Named<"adam"> | Named<"adamw">;

function adamSlots({ amsgrad }: Adam): string[] {
  return ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])];
}

function adamStep(
  { betas: [beta1, beta2], eps, weight_decay }: Adam,
  t: number,
  lr: number,
  decoupled: boolean,
): OptimizerStep {
  return {
    rule: "adam",
    lr,
    weightDecay: weight_decay,
    decoupled,
    beta1,
    beta2,
    eps,
    correction1: 1 - beta1 ** (t + 1),
    correction2: 1 - beta2 ** (t + 1),
  };
}

/**
 * Dozat 2016, with μ_t = β₁(1 − ½·0.96^(tψ)): g goes in with (1 − μ_t)/(1 − Πμ), m with μ_{t+1}/(1 − Πμ·μ_t·μ_{t+1}).
 * That second μ_t is torch 1.13's, whose numbers these are; Dozat has it not, and after 50 steps it makes no difference.
 */
function nadamStep(
  { betas: [beta1, beta2], eps, momentum_decay, weight_decay }: Named<"nadam">,
  t: number,
  lr: number,
): OptimizerStep {
  const mu = (n: number) => beta1 * (1 - 0.5 * 0.96 ** (n * momentum_decay));
  let product = 1;
  for (let n = 1; n <= t + 1 && product > 0; n++) product *= mu(n); // soon too small to be told from 0
  const next = mu(t + 2);
  return {
    rule: "nadam",
    weightDecay: weight_decay,
    beta1,
    beta2,
    eps,
    correction2: 1 - beta2 ** (t + 1),
    gradientRate: (lr * (1 - mu(t + 1))) / (1 - product),
    meanRate: (lr * next) / (1 - product * mu(t + 1) * next),
  };
}

/**
 * Liu et al. 2020: Adam, its rate rectified by the variance of the second moment; as long as that is unknown
 * (ρ ≤ 5), plain momentum, that is an Adam whose denominator is 1.
 */
function radamStep(
  { betas: [beta1, beta2], eps, weight_decay }: Named<"radam">,
  t: number,
  lr: number,
): OptimizerStep {
  const correction1 = 1 - beta1 ** (t + 1);
  const correction2 = 1 - beta2 ** (t + 1);
  const limit = 2 / (1 - beta2) - 1;
  const rho = limit - (2 * (t + 1) * beta2 ** (t + 1)) / correction2;
  const adam = { rule: "adam", lr, weightDecay: weight_decay, decoupled: false, beta1, beta2 } as const;
  if (rho <= 5) return { ...adam, eps: 1, correction1, correction2: Number.POSITIVE_INFINITY };
  const rectification = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
  const rate = (rectification * Math.sqrt(correction2)) / correction1;
  return { ...adam, eps, correction1: 1 / rate, correction2: 1 };
}
