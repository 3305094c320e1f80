/** Sparse inputs of texts: the layer that reads them, before all others. */
import { assert } from "../support/errors.ts";
import type { Layer, SpecOf } from "./layer.ts";
import type { Parameter } from "./tensors.ts";

/** Deviation of the first weights: small, as most words are too rare to be learnt, and stay as they start. */
const start = 0.01;

/**
 * Y = [X₂ E | X₁], where X₂ [B, count] is the sparse matrix that the last 2 · slots inputs hold: of each row the numbers
 * of its columns, up to the first below 0, then what stands in them. E [count, width], as torch.nn.EmbeddingBag's with
 * weights of its own for each row. All other inputs, X₁, are passed on behind.
 */
export const embedText: Layer<SpecOf<"embed_text">> = {
  width: ({ slots, width }, inputWidth) => inputWidth - 2 * slots + width,
  tensors: ({ count, width }) => [
    {
      name: "weight",
      shape: [count, width],
      trained: true,
      start: { normal: start },
      kind: "embeddings",
      isSparse: true,
    },
  ],
  plan({ k, spec: { slots }, X, width, parameters, take }) {
    const [E] = parameters as readonly [Parameter];
    const { touched } = E;
    assert(touched !== null, "a table whose rows are moved one by one");
    const named = touched.plan(X.rows * slots);
    const Y = take(X.rows, width);
    return {
      Y,
      overwritable: true,
      forward: () => k.bag(Y, X, E.value, slots),
      backward(dY, dX) {
        if (touched.latest) k.clearRows(E.gradient, touched.latest);
        else k.fill(E.gradient, 0);
        k.indexRows(named, X, slots);
        k.bagBackward(E.gradient, dX, dY, X, E.value, slots, named);
        touched.latest = named;
      },
    };
  },
  inPlaceBackward: false,
};
