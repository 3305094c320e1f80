/**
 * The optimizers of torch.optim: which state each keeps and what a step needs to know. The arithmetic is
 * the kernels' verb `optimize`. Adding one: a row here, a row in the kernels, a row in the spec's schema.
 */
import type { OptimizerName, OptimizerSpec } from "../config/schema.ts";
import type { Kernels, OptimizerStep } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";

/** An optimizer at work on one flat vector of parameters. */
export interface Optimizer {
  /** State by torch's names, each shaped as the parameters. */
  readonly slots: readonly { readonly name: string; readonly value: Matrix }[];
  /** Update number `t`, from 0, with learning rate `lr`. */
  step(t: number, lr: number): void;
}

interface Row<Options> {
  /** Names of the state vectors, in the order in which the kernel takes them. */
  slots(options: Options): string[];
  step(options: Options, t: number, lr: number): OptimizerStep;
}

type Named<Name extends OptimizerName> = Extract<OptimizerSpec, { name: Name }>;

const rows: { [Name in OptimizerName]: Row<Named<Name>> } = {
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
};

/** Plans the state of the optimizer that the spec asks for. */
export function createOptimizer(k: Kernels, spec: OptimizerSpec, theta: Matrix, gradient: Matrix): Optimizer {
  const row = rows[spec.name] as Row<OptimizerSpec>;
  const slots = row.slots(spec).map((name) => ({ name, value: k.matrix(theta.rows, theta.cols) }));
  const values = slots.map(({ value }) => value);
  return {
    slots,
    step: (t, lr) => k.optimize(theta, gradient, values, row.step(spec, t, lr)),
  };
}

function adamSlots({ amsgrad }: Named<"adam"> | Named<"adamw">): string[] {
  return ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])];
}

function adamStep(
  { betas: [beta1, beta2], eps, weight_decay }: Named<"adam"> | Named<"adamw">,
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
