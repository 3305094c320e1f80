/** Embeddings of categories: the first layer where columns ask for them. */
import type { Layer, SpecOf } from "./layer.ts";

/**
 * Y = X Eᵀ with E = block_diag(I, W₀, I, W₁, …): a block of inputs, one of which is 1, becomes the column of its W
 * [width, levels] for that level, and all other inputs stay. A block of zeros, an unseen level's, becomes zeros.
 * W starts as torch.nn.Embedding's, normal.
 */
export const embed: Layer<SpecOf<"embed">> = {
  width: ({ blocks }, inputWidth) =>
    blocks.reduce((sum, { count, width }) => sum - count + width, inputWidth),
  tensors: ({ blocks }) =>
    blocks.map(({ count, width }, index) => ({
      name: `${index}.weight`,
      shape: [width, count],
      trained: true,
      start: { normal: 1 },
    })),
  plan({ k, spec: { blocks }, X, width, parameters, take }) {
    const E = take(width, X.cols);
    const dE = take(width, X.cols);
    const Y = take(X.rows, width);
    const { ones, rows } = layOut(blocks, X.cols);
    k.write(E, (e) => {
      e.fill(0);
      for (const { row, col } of ones) e[row * X.cols + col] = 1;
    });
    const parts = rows.map(({ block, line, row, col }) => {
      const { count } = blocks[block]!;
      const { value, gradient } = parameters[block]!;
      const part = (of: typeof E) => of.view(1, count, row * X.cols + col);
      const lineOf = (of: typeof E) => of.view(1, count, line * count);
      return { E: part(E), dE: part(dE), W: lineOf(value), dW: lineOf(gradient) };
    });
    return {
      Y,
      overwritable: true,
      forward() {
        for (const { E, W } of parts) k.copy(E, W);
        k.gemm(Y, X, E.T); //                                   Y  = X Eᵀ
      },
      backward(dY, dX) {
        k.gemm(dE, dY.T, X); //                                 dE = dYᵀ X, of which
        for (const { dE, dW } of parts) k.copy(dW, dE); //      dW are the blocks
        if (dX) k.gemm(dX, dY, E); //                           dX = dY E
      },
    };
  },
  inPlaceBackward: false,
};

interface Place {
  readonly row: number;
  readonly col: number;
}

/** Where E [outputs, inputs] has its ones, and where the lines of every W are in it. */
export function layOut(blocks: SpecOf<"embed">["blocks"], inputs: number) {
  const ones: Place[] = [];
  const rows: (Place & { readonly block: number; readonly line: number })[] = [];
  let [row, col] = [0, 0];
  const pass = (end: number) => {
    for (; col < end; row++, col++) ones.push({ row, col });
  };
  for (const [block, { first, count, width }] of blocks.entries()) {
    pass(first);
    for (let line = 0; line < width; line++, row++) rows.push({ block, line, row, col });
    col += count;
  }
  pass(inputs);
  return { ones, rows };
}
