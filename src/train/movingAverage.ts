/**
 * Exponential moving average of a model's weights and running statistics. Between epochs the model holds the
 * average, which is what is evaluated and saved; the raw weights, with which training continues, are optimizer state.
 */
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Model } from "../model/model.ts";
import type { Buffer } from "../model/tensors.ts";
import { parameterState } from "./optimizers.ts";

interface Pair {
  /** The model's own memory. */
  readonly model: Matrix;
  readonly other: Matrix;
  readonly spare: Matrix;
}

export class MovingAverage {
  /** Between epochs: `optimizer.raw.<name>`, the weights that the optimizer moves. */
  readonly state: readonly Buffer[];
  private readonly pairs: readonly Pair[];

  constructor(
    private readonly k: Kernels,
    model: Model,
    private readonly decay: number,
  ) {
    const live = [model.theta, ...model.buffers.map(({ value }) => value)];
    this.pairs = live.map((M) => {
      const [other, spare] = [k.matrix(M.rows, M.cols), k.matrix(M.rows, M.cols)];
      k.copy(other, M);
      return { model: M, other, spare };
    });
    const [theta, ...buffers] = this.pairs.map(({ other }) => other);
    this.state = [
      ...parameterState({ slots: [{ name: "raw", value: theta! }] }, model),
      ...model.buffers.map(({ name, shape }, i) => ({
        name: `optimizer.raw.${name}`,
        shape,
        value: buffers[i]!,
      })),
    ];
  }

  /** Swaps the model's values with the average: before an epoch's updates, and after them. */
  exchange(): void {
    for (const { model, other, spare } of this.pairs) {
      this.k.copy(spare, model);
      this.k.copy(model, other);
      this.k.copy(other, spare);
    }
  }

  /** After update number `step`: early averages forget faster, decay being min(decay, (1 + t)/(10 + t)) as in TensorFlow. */
  take(step: number): void {
    const decay = Math.min(this.decay, (1 + step) / (10 + step));
    for (const { model, other } of this.pairs) this.k.lerp(other, model, 1 - decay);
  }
}
