/** An optimizer's state cut into one tensor per parameter, as checkpoints name it. */
import type { Model } from "../model/model.ts";
import { type NamedTensor, valuesOf } from "../model/tensors.ts";
import type { Optimizer } from "./optimizers.ts";

/** `optimizer.<slot>.<parameter>` with live values, shaped as the parameter. */
export function parameterState({ slots }: Optimizer, { parameters, theta }: Model): NamedTensor[] {
  return slots.flatMap((slot) =>
    parameters.map(({ name, shape, value }) => ({
      name: `optimizer.${slot.name}.${name}`,
      shape,
      values: valuesOf(slot.value.view(value.rows, value.cols, value.offset - theta.offset)),
    })),
  );
}
