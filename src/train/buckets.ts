/** Which stretches of a gradient are sent by themselves, as soon as the layers in them have had their backward pass. */
import type { Model } from "../model/model.ts";

/** A stretch of the gradient and of what lies behind it, complete after the backward pass of layer `layer`. */
export interface Bucket {
  readonly first: number;
  readonly end: number;
  readonly layer: number;
  /** Nothing but weights of linear layers. */
  readonly isWeights: boolean;
}

/** Floats that are worth a message of their own: 1 MB takes 8 ms at 1 Gbit/s, and 0.1 ms within a machine. */
const worthSending = 2 ** 18;

/**
 * In the order in which they are complete: layers' weights from the last layer on, then what all layers have a part in.
 * @param total length of the gradient with what lies behind it
 */
export function bucketsOf(
  { parameters, theta, weights }: Pick<Model, "parameters" | "theta" | "weights">,
  total: number,
): Bucket[] {
  const matrices = parameters
    .filter(({ shape }) => shape.length === 2)
    .map(({ name, value }) => ({ first: value.offset - theta.offset, layer: Number(name.split(".")[1]) }));
  const buckets: Bucket[] = [];
  let end = weights.size;
  for (let i = matrices.length - 1; i >= 0; i--) {
    const { first, layer } = matrices[i]!;
    const goesOn = i > 0 && (matrices[i - 1]!.layer === layer || end - first < worthSending);
    if (goesOn) continue;
    buckets.push({ first, end, layer, isWeights: true });
    end = first;
  }
  if (buckets.length < 2) return [{ first: 0, end: total, layer: 0, isWeights: false }];
  return [...buckets, { first: weights.size, end: total, layer: 0, isWeights: false }];
}
