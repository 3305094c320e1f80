/** A spec's optimizer at work: its state in memory, and a step over all of θ or over its parts. */
import type { OptimizerSpec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import { type OptimizerRow, optimizers } from "../engine/optimizers.ts";
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

/** Those that step by the gradient alone; lbfgs.ts searches. */
export type SteppingSpec = Exclude<OptimizerSpec, { name: "lbfgs" }>;

/** Every optimizer of a spec has what its row asks for. */
const rows: { readonly [Name in SteppingSpec["name"]]: OptimizerRow<Extract<SteppingSpec, { name: Name }>> } =
  optimizers;

/** Plans the state of the optimizer that the spec asks for. */
export function createOptimizer(k: Kernels, spec: SteppingSpec, model: Optimized): Optimizer {
  const row = rows[spec.name] as OptimizerRow<SteppingSpec>;
  const { theta } = model;
  const start = row.start?.(spec) ?? 0;
  const slots = row.slots(spec).map((name): Slot | null => {
    if (name === null) return null;
    const value = k.matrix(theta.rows, theta.cols);
    if (start !== 0) k.fill(value, start);
    return { name, value };
  });
  const parts = partsOf(spec, model).map(({ first, length, options }) => {
    const part = (M: Matrix) => M.view(1, length, first);
    return {
      options,
      theta: part(theta),
      gradient: part(model.gradient),
      slots: slots.map((slot) => slot && part(slot.value)),
    };
  });
  return {
    slots: slots.filter((slot) => slot !== null),
    step(t, lr) {
      for (const { options, theta, gradient, slots } of parts) {
        const scalars = row.scalars(options, t + 1, lr);
        k.optimize(theta, gradient, slots, { rule: row.rule, scalars });
      }
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
