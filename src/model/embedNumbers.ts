/** Embeddings of numbers: each column becomes several by functions of its own, learnt or fixed. */
import type { ActivationName } from "../engine/activations.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Layer, SpecOf, TensorPlan } from "./layer.ts";
import type { Parameter } from "./tensors.ts";

type EmbedNumbersSpec = SpecOf<"embed_numbers">;

/** g of each kind. Pieces are counted in units of 6 around ½, as hard_sigmoid wants them. */
const functions = {
  periodic: "cosine",
  piecewise_linear: "hard_sigmoid",
} satisfies Record<EmbedNumbersSpec["kind"], ActivationName>;

/**
 * Column x becomes x and W g(f x + p) + c, with f, p [pieces], W [width − 1, pieces], c [width − 1] of its own; the
 * other columns stay. With g = cos that is PBLD of Holzmüller, Grinsztajn and Steinwart 2024; with pieces, f and p such
 * that g is how much of each piece lies below x, the piecewise-linear encoding of Gorishniy, Rubachev and Babenko
 * 2022. As products with block-diagonal matrices:
 *
 *     P = X F + p       C = g(P)       Y = X S + C Wᵀ + c      F [in, n·pieces], S [in, out], W [out, n·pieces]
 */
export const embedNumbers: Layer<EmbedNumbersSpec> = {
  width: ({ columns, width }, inputWidth) => inputWidth + columns.length * (width - 1),
  tensors({ kind, pieces, sigma, width, columns: { length: n } }): TensorPlan[] {
    if (n === 0) return [];
    const trained = kind === "periodic";
    const kindOf = { trained: true, kind: "embeddings" } as const;
    const bound = 1 / Math.sqrt(pieces);
    return [
      // Angles per unit of x; moved as the turns that they stand for.
      {
        name: "frequency",
        shape: [n, pieces],
        ...kindOf,
        trained,
        start: { normal: 2 * Math.PI * sigma },
        unit: 2 * Math.PI,
      },
      { name: "phase", shape: [n, pieces], ...kindOf, trained, start: { uniform: Math.PI } },
      { name: "weight", shape: [n * (width - 1), pieces], ...kindOf, start: { uniform: bound } },
      { name: "bias", shape: [n * (width - 1)], ...kindOf, start: { uniform: bound } },
    ];
  },
  plan({ k, spec, X, width: out, parameters, buffers, take }) {
    const { kind, pieces, columns } = spec;
    const n = columns.length;
    if (n === 0) return { Y: X, overwritable: false, forward() {}, backward() {} };
    const tensor = (name: string) => [...parameters, ...buffers].find((one) => one.name === name)!;
    const [f, p] = [tensor("frequency"), tensor("phase")];
    const [w, c] = [tensor("weight"), tensor("bias")] as [Parameter, Parameter];
    const [F, S, W, C0] = [take(X.cols, n * pieces), take(X.cols, out), take(out, n * pieces), take(1, out)];
    const [dF, dW, dC0] = [take(X.cols, n * pieces), take(out, n * pieces), take(1, out)];
    const [P, C, dC] = [take(X.rows, n * pieces), take(X.rows, n * pieces), take(X.rows, n * pieces)];
    const Y = take(X.rows, out);
    for (const M of [F, W, C0]) k.fill(M, 0);
    k.write(S, (s) => {
      s.fill(0);
      for (const [col, row] of outputsOf(spec, X.cols).entries()) s[col * out + row] = 1;
    });
    const places = placesOf(spec, X.cols);
    const blocks = [
      ...frequencyBlocks(F, f.value, places, spec),
      ...weightBlocks(W, C0, w.value, c.value, places, spec),
    ];
    const gradients = weightBlocks(dW, dC0, w.gradient, c.gradient, places, spec);
    const learnt =
      kind === "periodic" ? { df: (f as Parameter).gradient, dp: (p as Parameter).gradient } : null;
    const frequencies = learnt && frequencyBlocks(dF, learnt.df, places, spec);
    const phases = (of: Matrix) => of.view(1, n * pieces);
    const g = functions[kind];
    return {
      Y,
      overwritable: true,
      forward() {
        for (const { block, own } of blocks) k.copy(block, own);
        k.gemm(P, X, F, phases(p.value)); //                    P  = X F + p
        k.activate(C, P, g); //                                 C  = g(P)
        k.gemm(Y, X, S, C0);
        k.gemm(Y, C, W.T, Y); //                                Y  = X S + C Wᵀ + c
      },
      backward(dY, dX) {
        k.gemm(dW, dY.T, C);
        k.sumRows(dC0, dY);
        for (const { block, own } of gradients) k.copy(own, block);
        if (!learnt && !dX) return;
        k.gemm(dC, dY, W);
        k.activateBackward(dC, dC, P, C, g); //                 dP = dY W ∘ g′(P)
        if (learnt) {
          k.sumRows(phases(learnt.dp), dC);
          k.gemm(dF, X.T, dC);
          for (const { block, own } of frequencies!) k.copy(own, block);
        }
        if (!dX) return;
        k.gemm(dX, dY, S.T);
        k.gemm(dX, dC, F.T, dX); //                             dX = dY Sᵀ + dP Fᵀ
      },
    };
  },
  inPlaceBackward: false,
};

/** The layer for these columns of numbers: none are embedded where they are too many. */
export function embedding(layer: EmbedNumbersSpec, columns: readonly number[]): EmbedNumbersSpec {
  const isTooMany = columns.length > (layer.most_columns ?? Infinity);
  return { ...layer, columns: isTooMany ? [] : [...columns] };
}

interface Place {
  /** The column, of the inputs, and the first of its outputs. */
  readonly col: number;
  readonly row: number;
}

/** A column's part of a block-diagonal matrix, and of the tensor that has all parts one after the other. */
interface Block {
  readonly block: Matrix;
  readonly own: Matrix;
}

function frequencyBlocks(
  F: Matrix,
  f: Matrix,
  places: readonly Place[],
  { pieces }: EmbedNumbersSpec,
): Block[] {
  return places.map(({ col }, j) => ({
    block: F.view(1, pieces, col * F.cols + j * pieces),
    own: f.view(1, pieces, j * pieces),
  }));
}

function weightBlocks(
  W: Matrix,
  C0: Matrix,
  w: Matrix,
  c: Matrix,
  places: readonly Place[],
  { pieces, width }: EmbedNumbersSpec,
): Block[] {
  return places.flatMap(({ row }, j) => [
    { block: C0.view(1, width - 1, row + 1), own: c.view(1, width - 1, j * (width - 1)) },
    ...Array.from({ length: width - 1 }, (_, i) => ({
      block: W.view(1, pieces, (row + 1 + i) * W.cols + j * pieces),
      own: w.view(1, pieces, (j * (width - 1) + i) * pieces),
    })),
  ]);
}

/**
 * The layer as a linear one, activations of a share of its outputs, and another linear one: with weights [out, in], and
 * shares 1 where `g` is taken, 0 where a column passes.
 */
export function embeddingMatrices(
  spec: EmbedNumbersSpec,
  tensors: Readonly<Record<string, { readonly values: ArrayLike<number> }>>,
  inputs: number,
) {
  const { kind, pieces, width, columns } = spec;
  const [f, p, w, c] = ["frequency", "phase", "weight", "bias"].map((name) => tensors[name]!.values) as [
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
  ];
  const outputs = inputs + columns.length * (width - 1);
  const inner = inputs + columns.length * pieces;
  const into = { weight: new Float32Array(inner * inputs), bias: new Float32Array(inner) };
  const out = { weight: new Float32Array(outputs * inner), bias: new Float32Array(outputs) };
  const shares = new Float32Array(inner);
  shares.fill(1, inputs);
  for (const [col, row] of outputsOf(spec, inputs).entries()) {
    into.weight[col * inputs + col] = 1;
    out.weight[row * inner + col] = 1;
  }
  for (const [j, { col, row }] of placesOf(spec, inputs).entries()) {
    for (let piece = 0; piece < pieces; piece++) {
      const at = inputs + j * pieces + piece;
      into.weight[at * inputs + col] = f[j * pieces + piece]!;
      into.bias[at] = p[j * pieces + piece]!;
      for (let i = 0; i < width - 1; i++)
        out.weight[(row + 1 + i) * inner + at] = w[(j * (width - 1) + i) * pieces + piece]!;
    }
    for (let i = 0; i < width - 1; i++) out.bias[row + 1 + i] = c[j * (width - 1) + i]!;
  }
  return { into, g: functions[kind], shares, out };
}

/** Where each input goes: its own output, or the first of those of its column. */
function outputsOf({ columns, width }: EmbedNumbersSpec, inputs: number): number[] {
  const embedded = new Set(columns);
  let row = 0;
  return Array.from({ length: inputs }, (_, col) => {
    const at = row;
    row += embedded.has(col) ? width : 1;
    return at;
  });
}

function placesOf(spec: EmbedNumbersSpec, inputs: number): Place[] {
  const rows = outputsOf(spec, inputs);
  return spec.columns.map((col) => ({ col, row: rows[col]! }));
}
