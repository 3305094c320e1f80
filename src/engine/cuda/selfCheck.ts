/** Whether a card computes what it should: every verb, on shapes that fit nothing, bit for bit as a processor does. */
import { randomBits, randomNormal, streamKey } from "../../support/random.ts";
import { linkNames, losses, lossNames, targetWidthOf } from "../../tasks/losses.ts";
import { activationNames } from "../activations.ts";
import type { Backend } from "../backend.ts";
import { Kernels } from "../kernels.ts";
import { type Block, type Matrix, type Totals, totalCells } from "../matrix.ts";
import { type OptimizerStep, rules } from "../optimizers.ts";
import { type VerbName, verbNames } from "../verbs.ts";

/** What a verb may have changed. */
type Results = readonly (Matrix | Totals)[];

/** Neither is a multiple of a vector, a warp or a tile. */
const [rows, cols] = [37, 29];
const image = { height: 9, width: 13 };
const key = streamKey(1, "dropout");

/** Makes matrices with the same numbers on every backend. */
class Maker {
  private count = 0;

  constructor(readonly k: Kernels) {}

  drawn(height = rows, width = cols, shape: (x: number) => number = (x) => x): Matrix {
    const M = this.k.matrix(height, width);
    const stream = streamKey(2, "init", this.count++);
    this.k.write(M, (values) => {
      for (let i = 0; i < values.length; i++) values[i] = shape(randomNormal(stream, i));
    });
    return M;
  }
  row = (shape?: (x: number) => number) => this.drawn(1, cols, shape);
  totals = () => this.k.backend.doubles(totalCells.count);
}

/** A verb of one matrix that is changed, and a second one that is read. */
const pair = (run: (k: Kernels, Y: Matrix, X: Matrix) => void) => (make: Maker) => {
  const [Y, X] = [make.drawn(), make.drawn()];
  run(make.k, Y, X);
  return [Y, X];
};

function norms(make: Maker, run: (matrices: Matrix[], state: { mean: Matrix; inverseStd: Matrix }) => void) {
  const matrices = [make.drawn(), make.drawn(), make.drawn(), make.row(), make.row(), make.row(), make.row()];
  const state = { mean: make.drawn(1, cols), inverseStd: make.drawn(1, cols, Math.abs) };
  run(matrices, state);
  return [...matrices, state.mean, state.inverseStd];
}

/** Few rows, so that a batch names many of them twice. */
const slots = 4;
const tableRows = 50;

/** Inputs of which the last name rows of a table, each up to a first number that names none. */
function bags(make: Maker) {
  const [X, E] = [make.drawn(), make.drawn(tableRows, 11)];
  make.k.write(X, (values) => {
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < slots; k++)
        values[(r + 1) * cols - 2 * slots + k] = (randomBits(key, r * slots + k) % (tableRows + 5)) - 1;
  });
  const vector = () => make.drawn(1, rows * slots);
  const named = { first: vector(), next: vector(), marks: make.drawn(1, tableRows, () => 0) };
  make.k.indexRows(named, X, slots);
  return { X, E, Y: make.drawn(rows, E.cols + cols - 2 * slots), named };
}

const cases = {
  gemm: (make) => {
    const results: Matrix[] = [];
    for (const [m, n, k] of [
      [rows, cols, 53],
      [131, 67, 300],
      [5, 3, 1000],
    ] as const) {
      const C = [make.drawn(m, n), make.drawn(m, n), make.drawn(m, n)] as const;
      make.k.gemm(C[0], make.drawn(m, k), make.drawn(n, k).T, make.drawn(1, n));
      make.k.gemm(C[1], make.drawn(k, m).T, make.drawn(k, n), C[1]);
      make.k.gemm(C[2], make.drawn(m, k), make.drawn(k, n));
      results.push(...C);
    }
    return results;
  },
  sumRows: (make) => {
    const sums = make.row();
    make.k.sumRows(sums, make.drawn());
    return [sums];
  },
  gather: (make) => {
    const indices = make.k.backend.ints(rows);
    make.k.write(indices, (values) => {
      for (let i = 0; i < rows; i++) values[i] = randomBits(key, i) % 20;
    });
    const block = make.k.backend.bytes(20 * cols);
    make.k.write(block, (values) => {
      for (let i = 0; i < values.length; i++) values[i] = randomBits(key, i);
    });
    const [X, Y] = [make.drawn(), make.drawn()];
    make.k.gather(X, make.drawn(20, cols), indices, 0);
    make.k.gather(Y, { block, rows: 20, cols, scale: 1 / 255, shift: -0.25 }, indices, 0);
    return [X, Y];
  },
  bag: (make) => {
    const { X, E, Y } = bags(make);
    make.k.bag(Y, X, E, slots);
    return [Y];
  },
  indexRows: (make) => {
    const { named } = bags(make);
    return [named.first, named.next];
  },
  bagBackward: (make) => {
    const { X, E, Y, named } = bags(make);
    const [dX, dE] = [make.drawn(), make.drawn(E.rows, E.cols)];
    make.k.bagBackward(dE, dX, Y, X, E, slots, named);
    return [dE, dX];
  },
  clearRows: (make) => {
    const { E, named } = bags(make);
    make.k.clearRows(E, named);
    return [E];
  },
  warp: (make) => {
    const X = make.drawn(5, image.height * image.width);
    const displacements = make.drawn(5, 2 * X.cols);
    const [Y, maps] = [make.drawn(5, X.cols), make.drawn(5, 6)];
    make.k.warp(Y, X, { maps, displacements, fill: 0.5, ...image }, 0);
    return [Y];
  },
  elastic: (make) => {
    const D = make.drawn(5, 2 * image.height * image.width);
    make.k.elastic(D, { bell: make.drawn(1, 7, Math.abs), alpha: 3, ...image }, key, 5);
    return [D];
  },
  activate: (make) =>
    activationNames.map((g) => {
      const A = make.drawn();
      make.k.activate(A, make.drawn(), g, 0.1);
      return A;
    }),
  activateBackward: (make) =>
    activationNames.map((g) => {
      const dZ = make.drawn();
      make.k.activateBackward(dZ, make.drawn(), make.drawn(), make.drawn(), g, 0.1);
      return dZ;
    }),
  loss: (make) =>
    lossNames.flatMap((name) => {
      const outputs = cols - 1;
      const takesClasses = losses[name].learns === "classes";
      const [dS, totals] = [make.drawn(rows, outputs), make.totals()];
      const Y = make.drawn(rows, targetWidthOf(name, outputs), (x) =>
        takesClasses ? Math.floor(Math.abs(3 * x)) : Math.abs(x),
      );
      const weights = make.drawn(1, outputs, (x) => Math.abs(x) + 0.1);
      const rowWeights = make.drawn(rows, 1, Math.abs);
      make.k.loss(dS, make.drawn(rows, outputs), Y, rowWeights, { name, parameter: 0.3, weights }, totals);
      return [dS, totals];
    }),
  dropout: pair((k, Y, X) => k.dropout(Y, X, 0.3, key)),
  gaussianNoise: pair((k, Y, X) => k.gaussianNoise(Y, X, 0.3, key)),
  batchNorm: (make) =>
    norms(make, ([Y, X, Z, gamma, beta, mean, variance], state) => {
      const running = { mean: mean!, variance: variance!, momentum: 0.1 };
      make.k.batchNorm(Y!, X!, gamma!, beta!, 1e-5, state, running, true);
      make.k.batchNorm(
        Z!,
        X!,
        gamma!,
        beta!,
        1e-5,
        state,
        { ...running, variance: make.row(Math.abs) },
        false,
      );
    }),
  batchNormBackward: (make) =>
    norms(make, ([dX, dY, X, gamma, dGamma, dBeta], state) =>
      make.k.batchNormBackward(dX!, dGamma!, dBeta!, dY!, X!, gamma!, state),
    ),
  layerNorm: (make) => {
    const state = { mean: make.drawn(1, rows), inverseStd: make.drawn(1, rows) };
    const Y = make.drawn();
    make.k.layerNorm(Y, make.drawn(), make.row(), make.row(), 1e-5, state);
    return [Y, state.mean, state.inverseStd];
  },
  layerNormBackward: (make) => {
    const state = { mean: make.drawn(1, rows), inverseStd: make.drawn(1, rows, Math.abs) };
    const [dX, dGamma, dBeta] = [make.drawn(), make.row(), make.row()];
    make.k.layerNormBackward(dX, dGamma, dBeta, dX, make.drawn(), make.row(), state);
    return [dX, dGamma, dBeta];
  },
  rmsNorm: (make) => {
    const [Y, inverse] = [make.drawn(), make.drawn(1, rows)];
    make.k.rmsNorm(Y, make.drawn(), make.row(), 1e-5, inverse);
    return [Y, inverse];
  },
  rmsNormBackward: (make) => {
    const [dX, dGamma] = [make.drawn(), make.row()];
    make.k.rmsNormBackward(dX, dGamma, dX, make.drawn(), make.row(), make.drawn(1, rows, Math.abs));
    return [dX, dGamma];
  },
  fill: pair((k, Y) => k.fill(Y, 0.3)),
  copy: pair((k, Y, X) => k.copy(Y, X)),
  add: pair((k, Y, X) => k.add(Y, Y, X)),
  scaleColumns: (make) => {
    const [Y, Z] = [make.drawn(), make.drawn()];
    make.k.scaleColumns(Y, make.drawn(), make.row(), make.row());
    make.k.scaleColumns(Z, make.drawn(), make.row(), null);
    return [Y, Z];
  },
  sumProducts: (make) => {
    const sums = make.row();
    make.k.sumProducts(sums, make.drawn(), make.drawn());
    return [sums];
  },
  average: (make) =>
    linkNames.map((kind) => {
      const S = make.drawn(rows, 6);
      make.k.average(S, make.drawn(3 * rows, 6), kind);
      return S;
    }),
  optimize: (make) =>
    ofEachRule((step) => {
      const [theta, ...state] = [make.drawn(), ...[0, 0, 0].map(() => make.drawn(rows, cols, Math.abs))];
      make.k.optimize(theta!, make.drawn(), state, step);
      return [theta!, ...state];
    }),
  optimizeRows: (make) =>
    ofEachRule((step) => {
      const { E: theta, named } = bags(make);
      const gradient = make.drawn(tableRows, theta.cols);
      make.k.clearRows(gradient, { first: named.first.view(1, rows) });
      const state = [0, 0, 0].map(() => make.drawn(tableRows, theta.cols, Math.abs));
      make.k.optimizeRows(theta, gradient, state, step, named);
      make.k.optimizeRows(theta, gradient, state, step, null);
      return [theta, ...state];
    }),
  lerp: pair((k, Y, X) => k.lerp(Y, X, 0.3)),
  penalize: pair((k, Y, X) => k.penalize(Y, X, 0.1, 0.2)),
  limitRows: pair((k, Y) => k.limitRows(Y, 4)),
  clipNorm: (make) => {
    const [G, totals] = [make.drawn(100, 100), make.totals()];
    make.k.clipNorm(G, 10, totals);
    return [G, totals];
  },
  clipValue: pair((k, Y) => k.clipValue(Y, 0.5)),
} satisfies Record<VerbName, (make: Maker) => Results>;

function ofEachRule(run: (step: OptimizerStep) => Matrix[]): Matrix[] {
  return Object.entries(rules).flatMap(([rule, { scalars }]) =>
    run({ rule, scalars: Object.fromEntries(scalars.map((name) => [name, 0.3])) } as OptimizerStep),
  );
}

/** The first verb whose numbers are not, to the bit, those of the other backend; null: there is none. */
export async function differingVerb(backend: Backend, other: Backend): Promise<VerbName | null> {
  for (const verb of verbNames) {
    const [got, wanted] = [
      cases[verb](new Maker(new Kernels(backend))),
      cases[verb](new Maker(new Kernels(other))),
    ];
    for (const [i, result] of got.entries()) {
      const [a, b] = [await bytesOf(backend, result), await bytesOf(other, wanted[i]!)];
      if (!a.equals(b)) return verb;
    }
  }
  return null;
}

async function bytesOf(backend: Backend, result: Matrix | Totals): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = await backend.read(result as Block<Float32Array | Float64Array>);
  return Buffer.from(buffer, byteOffset, byteLength);
}
