/** A spec's optimizer at work: its state in memory, and its step over θ, all of it or a stretch. */
import type { OptimizerSpec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import { type OptimizerRow, optimizers } from "../engine/optimizers.ts";
import type { Model } from "../model/model.ts";
import type { Buffer, Parameter } from "../model/tensors.ts";
import { assert } from "../support/errors.ts";
import { type Part, partsOf } from "./groups.ts";

/** An optimizer at work on a model's flat θ. */
export interface Optimizer {
  /** State by torch's names, each shaped as θ. */
  readonly slots: readonly Slot[];
  /** Update number `t`, from 0, with learning rate `lr`, and `decay` times the weight decay: before its steps. */
  begin(t: number, lr: number, decay?: number): void;
  /** Plans the step of θ from element `first` up to `end` along its gradient: to be called once an update. */
  over(first: number, end: number, gradient: Matrix): () => void;
}

/** What an optimizer moves: a model's. */
export interface Optimized {
  readonly theta: Matrix;
  /** The first part of θ, which `decay: weights` is about. */
  readonly weights: Matrix;
  readonly parameters: readonly Parameter[];
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
export function createOptimizer(
  k: Kernels,
  spec: SteppingSpec,
  model: Optimized,
  isFrozen: (parameter: Parameter) => boolean = () => false,
): Optimizer {
  const row = rows[spec.name] as OptimizerRow<SteppingSpec>;
  const { theta } = model;
  const start = row.start?.(spec) ?? 0;
  const slots = row.slots(spec).map((name): Slot | null => {
    if (name === null) return null;
    const value = k.matrix(theta.rows, theta.cols);
    if (start !== 0) k.fill(value, start);
    return { name, value };
  });
  const parts = partsOf(spec, model, isFrozen).map((part) => ({
    ...part,
    options: { ...spec, ...optionsOf(spec, part) } as SteppingSpec,
    scalars: {} as Readonly<Record<string, number>>,
  }));
  return {
    slots: slots.filter((slot) => slot !== null),
    begin(t, lr, decay = 1) {
      for (const part of parts) {
        const { options } = part;
        const own: SteppingSpec =
          decay === 1 ? options : { ...options, weight_decay: options.weight_decay * decay };
        part.scalars = row.scalars(own, t + 1, lr * part.rate);
      }
    },
    over(first, end, gradient) {
      const pieces = parts.flatMap((part) => {
        const from = Math.max(first, part.first);
        const length = Math.min(end, part.first + part.length) - from;
        if (length <= 0) return [];
        const { rows, cols } = part.table?.value ?? { rows: 1, cols: length };
        assert(rows * cols <= length, "all of a table of rows");
        const cut = (M: Matrix, at = from) => M.view(rows, cols, at);
        const state = slots.map((slot) => slot && cut(slot.value));
        return [{ part, theta: cut(theta), gradient: cut(gradient, from - first), state }];
      });
      return () => {
        for (const { part, theta, gradient, state } of pieces) {
          const step = { rule: row.rule, scalars: part.scalars };
          const touched = part.table?.touched;
          if (touched) k.optimizeRows(theta, gradient, state, step, touched.latest);
          else k.optimize(theta, gradient, state, step);
        }
      };
    },
  };
}

/** Vectors as long as θ that an optimizer keeps. */
export function slotCount(spec: OptimizerSpec): number {
  if (spec.name === "lbfgs") return 2 * spec.history_size;
  const row = rows[spec.name] as OptimizerRow<SteppingSpec>;
  return row.slots(spec).filter((name) => name !== null).length;
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

/**
 * What moves θ = u·φ as `spec` would move φ: gradients of φ are u times those of θ, so that where steps are measured
 * in gradients' own size (all rules but sgd) lr shrinks by u, and what is added to gradients grows. The rate is set by
 * {@link partsOf}.
 */
function optionsOf(spec: SteppingSpec, { unit, decay }: Part): Partial<SteppingSpec> {
  const power = spec.name === "adamw" ? 1 : 2;
  const weight_decay = (spec.weight_decay * decay) / unit ** power;
  return "eps" in spec ? { weight_decay, eps: spec.eps / unit } : { weight_decay };
}
