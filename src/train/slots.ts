/** An optimizer's state cut into one tensor per parameter, as checkpoints name it. */
import type { Model } from "../model/model.ts";
import type { Buffer } from "../model/tensors.ts";
import type { Optimizer } from "./optimizers.ts";

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
