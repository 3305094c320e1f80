/** How a spec says what a case of test/golden/optimizers.json does. */
import { optimizerSchema } from "../../src/config/schema/optimizer.ts";
import type { SteppingSpec } from "../../src/train/optimizers.ts";

interface GoldenOptions {
  readonly [name: string]: number | boolean;
}

/** `sgd_momentum`, `adam_amsgrad`, `sgd+clip_grad_norm`: the optimizer's name comes first. */
export function goldenSpec(optimizer: string, options: GoldenOptions) {
  const { max_norm, clip_value, ...own } = options;
  const name = optimizer.split(/[_+]/)[0];
  const spec = optimizerSchema.parse({ name, ...own }) as SteppingSpec;
  return {
    spec,
    train: {
      ...(max_norm !== undefined && { clip_grad_norm: Number(max_norm) }),
      ...(clip_value !== undefined && { clip_grad_value: Number(clip_value) }),
    },
  };
}
