/**
 * What every backend must compute: each verb, on awkward shapes, against the reference in 64 bit. The
 * reference itself is held to PyTorch's numbers, to central differences and to the laws in reference.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { activationNames, activations } from "../../src/engine/activations.ts";
import type { Backend } from "../../src/engine/backend.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { type Bytes, type Matrix, type NamedRows, type Totals, totalCells } from "../../src/engine/matrix.ts";
import { type OptimizerRow, type OptimizerStep, optimizers, rules } from "../../src/engine/optimizers.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { randomBits, randomNormal, streamKey } from "../../src/support/random.ts";
import {
  type LossName,
  linkNames,
  losses,
  lossNames,
  outputsPerTargetOf,
  targetWidthOf,
} from "../../src/tasks/losses.ts";

/** Empty, one, odd, a vector's width and its neighbours, and more than any tile. */
const lengths = [0, 1, 3, 15, 16, 17, 130];
/** Rows × columns for elementwise verbs. */
const shapes = lengths.flatMap((rows) => [1, 5, 16, 33].map((cols) => [rows, cols] as const));
/** m, n, k of products: small ones in all combinations, and some larger than every block size. */
const small = [0, 1, 2, 5, 17];
const products = [
  ...small.flatMap((m) => small.flatMap((n) => small.map((k) => [m, n, k] as const))),
  [64, 48, 300],
  [33, 130, 515],
  [130, 33, 1030],
] as const;

/** Height × width. */
const imageSizes = [
  [1, 1],
  [1, 20],
  [8, 8],
  [17, 3],
  [5, 16],
  [28, 28],
] as const;
/** Rounding of a place in pixels, times a slope between neighbours: more than that of one operation. */
const imagePlaces = 20;

/** A verb prepared on one backend: run it, then look at what it may have changed. */
interface Prepared {
  run(): void;
  results: readonly (Matrix | Totals)[];
}

/** Makes matrices whose values are the same on every backend: 32-bit numbers, drawn by place and order. */
class Maker {
  private count = 0;

  constructor(
    readonly k: Kernels,
    private readonly seed: number,
  ) {}

  /** Standard normal, or as `shape` bends it. */
  matrix(rows: number, cols: number, shape: (x: number) => number = (x) => x): Matrix {
    const M = this.k.matrix(rows, cols);
    const key = streamKey(this.seed, "init", this.count++);
    const { host: values } = M.block;
    for (let i = 0; i < M.size; i++) values[i] = Math.fround(shape(randomNormal(key, i)));
    return M;
  }

  /** Random class numbers [rows, 1]. */
  classes(rows: number, count: number): Matrix {
    const M = this.k.matrix(rows, 1);
    const key = streamKey(this.seed, "shuffle", this.count++);
    const { host: values } = M.block;
    for (let i = 0; i < rows; i++) values[i] = randomBits(key, i) % count;
    return M;
  }

  totals(): Totals {
    return this.k.backend.doubles(totalCells.count);
  }
}

/** What the reference computed, by seed and case: the next backend of the same file is compared with it too. */
const truths = new Map<string, Float64Array[]>();

/**
 * Runs every verb on a new backend and on the reference.
 * @param tolerance of single roundings, relative to the largest expected number of a result (or 0.1)
 */
export function describeBackend(name: string, create: () => Promise<Backend>, tolerance = 1e-5): void {
  describe(name, () => {
    let opened: Backend | undefined;
    let subject: Kernels;
    const truth = new Kernels(openReference(64));
    let seed = 0;
    beforeAll(async () => {
      opened = await create();
      subject = new Kernels(opened);
    });
    afterAll(() => opened?.close());

    function computeTruth(name: string, prepare: (make: Maker) => Prepared): Float64Array[] {
      const { run, results } = prepare(new Maker(truth, seed));
      run();
      const expected = results.map(numbers);
      truths.set(name, expected);
      return expected;
    }

    /** Runs a verb on both and compares everything it may have written. */
    async function agrees(what: string, prepare: (make: Maker) => Prepared, roundings = 1): Promise<void> {
      seed++;
      const actual = prepare(new Maker(subject, seed));
      actual.run();
      await subject.sync();
      const name = `${seed} ${what}`;
      const expected = truths.get(name) ?? computeTruth(name, prepare);
      actual.results.forEach((result, i) => {
        expectClose(`${what}, result ${i}`, numbers(result), expected[i]!, roundings * tolerance);
      });
    }

    test("gemm: NT, NN, TN; from zero, from a row, from C itself", async () => {
      for (const [m, n, k] of products) {
        for (const kind of ["NN", "NT", "TN"] as const) {
          for (const start of ["zero", "row", "C"] as const) {
            await agrees(`${kind} ${m}×${n}×${k} from ${start}`, (make) => {
              const A = kind === "TN" ? make.matrix(k, m).T : make.matrix(m, k);
              const B = kind === "NT" ? make.matrix(n, k).T : make.matrix(k, n);
              const C = make.matrix(m, n);
              const row = start === "row" ? make.matrix(1, n) : start === "C" ? C : null;
              return { run: () => make.k.gemm(C, A, B, row), results: [C] };
            });
          }
        }
      }
    });

    test("gemm writes its own elements only, wherever in a block they lie", () =>
      agrees("a view", (make) => {
        const block = make.matrix(1, 200);
        const C = block.view(5, 7, 33);
        const A = make.matrix(1, 100).view(5, 9, 3);
        const B = make.matrix(1, 100).view(7, 9, 16).T;
        return { run: () => make.k.gemm(C, A, B), results: [block] };
      }));

    test("sumRows, copy, add", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const [A, B, C, Y] = [0, 0, 0, 0].map(() => make.matrix(rows, cols)) as [
            Matrix,
            Matrix,
            Matrix,
            Matrix,
          ];
          const sums = make.matrix(1, cols);
          const run = () => {
            make.k.sumRows(sums, A);
            make.k.copy(Y, A);
            make.k.add(C, A, B);
            make.k.add(B, B, A);
          };
          return { run, results: [sums, Y, C, B] };
        });
      }
    });

    test("gather takes rows of floats, and of bytes scaled", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const table = make.matrix(20, cols);
          const block = make.k.backend.bytes(20 * cols);
          for (let i = 0; i < block.length; i++) block.host[i] = randomBits(streamKey(1, "init"), i);
          const bytes: Bytes = { block, rows: 20, cols, scale: 1 / 255, shift: -0.25 };
          const indices = make.k.backend.ints(rows + 3);
          for (let i = 0; i < indices.length; i++) indices.host[i] = (i * 7) % 20;
          const [X, Y] = [make.matrix(rows, cols), make.matrix(rows, cols)];
          const run = () => {
            make.k.gather(X, table, indices, 2);
            make.k.gather(Y, bytes, indices, 3);
          };
          return { run, results: [X, Y] };
        });
      }
    });

    test("warp reads images through maps, with and without displacements, far outside too", async () => {
      for (const rows of [0, 1, 3]) {
        for (const [height, width] of imageSizes) {
          await agrees(
            `${rows} images of ${height}×${width}`,
            (make) => {
              const X = make.matrix(rows, height * width);
              const maps = make.matrix(rows + 2, 6, (x) => 2 * x);
              const displacements = make.matrix(rows, 2 * height * width, (x) => 9 * x);
              const [Y, Z] = [make.matrix(rows, X.cols), make.matrix(rows, X.cols)];
              const rule = { maps, displacements: null, height, width, fill: -0.5 };
              const run = () => {
                make.k.warp(Y, X, rule, 2);
                make.k.warp(Z, X, { ...rule, displacements }, 0);
              };
              return { run, results: [Y, Z] };
            },
            imagePlaces,
          );
        }
      }
    });

    test("elastic smooths noise that is drawn by place", async () => {
      for (const rows of [0, 1, 3]) {
        for (const [height, width] of imageSizes) {
          for (const radius of [0, 1, 12]) {
            await agrees(`${rows} fields of ${height}×${width}, radius ${radius}`, (make) => {
              const D = make.matrix(rows, 2 * height * width);
              const bell = make.matrix(1, 2 * radius + 1, Math.abs);
              const run = () =>
                make.k.elastic(D, { bell, alpha: 3, height, width }, streamKey(5, "augment"), 2 ** 30);
              return { run, results: [D] };
            });
          }
        }
      }
    });

    test.each(activationNames)("%s and its derivative", async (g) => {
      const parameter = { leaky_relu: 0.01, elu: 0.7 }[g as string] ?? 0;
      const reach = [1, 10, 100];
      for (const [rows, cols] of shapes) {
        for (const factor of reach) {
          await agrees(`${rows}×${cols}, to ±${3 * factor}`, (make) => {
            const Z = make.matrix(rows, cols, (x) => factor * x);
            const [A, dA, dZ] = [make.matrix(rows, cols), make.matrix(rows, cols), make.matrix(rows, cols)];
            const run = () => {
              make.k.activate(A, Z, g, parameter);
              make.k.activateBackward(dZ, dA, Z, A, g, parameter);
              make.k.activateBackward(dA, dA, Z, A, g, parameter);
            };
            return { run, results: [A, dZ, dA] };
          });
        }
      }
    });

    test.each(activationNames.filter((g) => "inPlace" in activations[g]))(
      "%s over its own input",
      async (g) => {
        for (const [rows, cols] of shapes) {
          await agrees(`${rows}×${cols}`, (make) => {
            const [Z, dA] = [make.matrix(rows, cols), make.matrix(rows, cols)];
            const run = () => {
              make.k.activate(Z, Z, g, 0.01);
              make.k.activateBackward(dA, dA, Z, Z, g, 0.01);
            };
            return { run, results: [Z, dA] };
          });
        }
      },
    );

    const switches = [false, true];
    const parametersOf: Partial<Record<LossName, number[]>> = {
      cross_entropy: [0, 0.1],
      focal: [0, 2],
      quantile: [1, 3],
    };
    const lossCases = lossNames.flatMap((loss) =>
      switches.flatMap((rowWeighted) => switches.map((weighted) => ({ loss, rowWeighted, weighted }))),
    );
    test.each(lossCases)(
      "loss $loss, row weights $rowWeighted, weights $weighted",
      async ({ loss, rowWeighted, weighted }) => {
        for (const [rows, n] of shapes) {
          for (const parameter of parametersOf[loss] ?? [0.3]) {
            const cols = n * outputsPerTargetOf(loss, parameter);
            await agrees(`${rows}×${cols}, parameter ${parameter}`, (make) => {
              const S = make.matrix(rows, cols, (x) => 3 * x);
              const Y = lossTargets(make, loss, rows, cols, parameter);
              const rowWeights = rowWeighted ? make.matrix(rows, 1, Math.abs) : null;
              const weights = weighted ? make.matrix(1, cols, (x) => Math.abs(x) + 0.1) : null;
              const dS = make.matrix(rows, cols);
              const [totals, evaluated] = [make.totals(), make.totals()];
              const rule = { name: loss, parameter, weights };
              const run = () => {
                make.k.loss(dS, S, Y, rowWeights, rule, totals);
                make.k.loss(null, S, Y, rowWeights, rule, evaluated);
              };
              return { run, results: [dS, totals, evaluated] };
            });
          }
        }
      },
    );

    const blocks = [3, 1, 17, 2];
    test.each([
      { loss: "cross_entropy", parameter: 0, rowWeighted: false },
      { loss: "cross_entropy", parameter: 0.1, rowWeighted: true },
      { loss: "focal", parameter: 2, rowWeighted: true },
    ] as const)(
      "$loss of several targets, parameter $parameter",
      async ({ loss, parameter, rowWeighted }) => {
        const cols = blocks.reduce((sum, n) => sum + n);
        for (const rows of [1, 7, 16, 33, 1000]) {
          await agrees(`${rows} rows`, (make) => {
            const S = make.matrix(rows, cols, (x) => 3 * x);
            const Y = make.matrix(rows, blocks.length);
            const classes = blocks.map((n) => Float64Array.from(make.classes(rows, n).host));
            Y.host.set(Y.host.map((_, i) => classes[i % blocks.length]![Math.floor(i / blocks.length)]!));
            const widths = make.matrix(1, blocks.length);
            widths.host.set(blocks);
            const rowWeights = rowWeighted ? make.matrix(rows, 1, Math.abs) : null;
            const dS = make.matrix(rows, cols);
            const [totals, evaluated] = [make.totals(), make.totals()];
            const rule = { name: loss, parameter, weights: null, blocks: widths };
            const run = () => {
              make.k.loss(dS, S, Y, rowWeights, rule, totals);
              make.k.loss(null, S, Y, rowWeights, rule, evaluated);
            };
            return { run, results: [dS, totals, evaluated] };
          });
        }
      },
    );

    test("logits of ±1000 overflow nothing in cross-entropy and logistic loss", async () => {
      for (const loss of ["cross_entropy", "focal", "bce_with_logits"] as const) {
        await agrees(loss, (make) => {
          const S = make.matrix(17, 5, (x) => (x > 0 ? 1000 : -1000));
          const Y = lossTargets(make, loss, 17, 5);
          const [dS, totals] = [make.matrix(17, 5), make.totals()];
          const rule = { name: loss, parameter: 0, weights: null };
          return { run: () => make.k.loss(dS, S, Y, null, rule, totals), results: [dS, totals] };
        });
      }
    });

    test("dropout drops the same elements, also in place", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const [X, Y] = [make.matrix(rows, cols), make.matrix(rows, cols)];
          const run = () => {
            make.k.dropout(Y, X, 0.3, streamKey(7, "dropout", 3, 1));
            make.k.dropout(X, X, 0.5, streamKey(7, "dropout", 4, 1));
          };
          return { run, results: [Y, X] };
        });
      }
    });

    test("noise is the same normal numbers, also in place", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const [X, Y] = [make.matrix(rows, cols), make.matrix(rows, cols)];
          const run = () => {
            make.k.gaussianNoise(Y, X, 0.3, streamKey(7, "noise", 3, 1));
            make.k.gaussianNoise(X, X, 2, streamKey(7, "noise", 4, 1));
          };
          return { run, results: [Y, X] };
        });
      }
    });

    test("batchNorm in training and evaluation, and its backward pass", async () => {
      for (const [rows, cols] of shapes.filter(([rows]) => rows > 0)) {
        await agrees(`${rows}×${cols}`, (make) => {
          const { k } = make;
          const X = make.matrix(rows, cols, (x) => 5 + 2 * x);
          const [gamma, beta, dGamma, dBeta] = rowVectors(make, cols);
          const state = { mean: make.matrix(1, cols), inverseStd: make.matrix(1, cols) };
          const running = {
            mean: make.matrix(1, cols),
            variance: make.matrix(1, cols, Math.abs),
            momentum: 0.1,
          };
          const [Y, E, dY, dX] = [0, 0, 0, 0].map(() => make.matrix(rows, cols)) as [
            Matrix,
            Matrix,
            Matrix,
            Matrix,
          ];
          const run = () => {
            k.batchNorm(E, X, gamma, beta, 1e-3, state, running, false);
            k.batchNorm(Y, X, gamma, beta, 1e-3, state, running, true);
            k.batchNormBackward(dX, dGamma, dBeta, dY, X, gamma, state);
            k.batchNormBackward(dY, dGamma, dBeta, dY, X, gamma, state);
          };
          const results = [E, Y, state.mean, state.inverseStd, running.mean, running.variance];
          return { run, results: [...results, dX, dY, dGamma, dBeta] };
        });
      }
    });

    test("layerNorm and its backward pass", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const { k } = make;
          const X = make.matrix(rows, cols, (x) => 5 + 2 * x);
          const [gamma, beta, dGamma, dBeta] = rowVectors(make, cols);
          const state = { mean: make.matrix(1, rows), inverseStd: make.matrix(1, rows) };
          const [Y, dY, dX] = [make.matrix(rows, cols), make.matrix(rows, cols), make.matrix(rows, cols)];
          const run = () => {
            k.layerNorm(Y, X, gamma, beta, 1e-3, state);
            k.layerNormBackward(dX, dGamma, dBeta, dY, X, gamma, state);
            k.layerNormBackward(dY, dGamma, dBeta, dY, X, gamma, state);
          };
          return { run, results: [Y, state.mean, state.inverseStd, dX, dY, dGamma, dBeta] };
        });
      }
    });

    test("rmsNorm and its backward pass", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const { k } = make;
          // A row of one number near 0 would leave nothing of its gradient but rounding.
          const X = make.matrix(rows, cols, (x) => x + Math.sign(x));
          const [gamma, dGamma] = rowVectors(make, cols);
          const inverse = make.matrix(1, rows);
          const [Y, dY, dX] = [make.matrix(rows, cols), make.matrix(rows, cols), make.matrix(rows, cols)];
          const run = () => {
            k.rmsNorm(Y, X, gamma, 1e-3, inverse);
            k.rmsNormBackward(dX, dGamma, dY, X, gamma, inverse);
            k.rmsNormBackward(dY, dGamma, dY, X, gamma, inverse);
          };
          return { run, results: [Y, inverse, dX, dY, dGamma] };
        });
      }
    });

    test.each(optimizerCases())("optimizer $name", async ({ slots, step }) => {
      for (const length of lengths) {
        await agrees(`${length} parameters`, (make) => {
          const [theta, gradient] = [make.matrix(1, length), make.matrix(1, length)];
          const state = slots.map((slot) => (slot === null ? null : make.matrix(1, length, Math.abs)));
          return {
            run: () => make.k.optimize(theta, gradient, state, step),
            results: [theta, ...state.filter((slot) => slot !== null)],
          };
        });
      }
    });

    /** Rows of a batch, slots, rows of the table, its width. */
    const bags = [
      [0, 1, 3, 2],
      [1, 1, 1, 1],
      [5, 3, 4, 16],
      [33, 7, 20, 17],
      [20, 40, 300, 5],
    ] as const;
    const kept = 5;

    test("bag sums the rows that inputs name, and its backward pass leaves all others", async () => {
      for (const [rows, slots, count, width] of bags) {
        await agrees(`${rows} rows of ${slots} slots, ${count}×${width}`, (make) => {
          const { k } = make;
          const [X, named] = namingInputs(make, rows, kept, slots, count);
          const [E, dE] = [make.matrix(count, width), make.matrix(count, width)];
          const [Y, dY] = [make.matrix(rows, width + kept), make.matrix(rows, width + kept)];
          const [dX, dW] = [make.matrix(rows, X.cols), make.matrix(count, width)];
          const run = () => {
            k.bag(Y, X, E, slots);
            k.indexRows(named, X, slots);
            k.bagBackward(dE, dX, dY, X, E, slots, named);
            k.bagBackward(dW, null, dY, X, E, slots, named);
            k.clearRows(E, named);
          };
          return { run, results: [Y, named.first, named.next, dE, dX, dW, E] };
        });
      }
    });

    test.each(optimizerCases())(
      "optimizer $name of rows that have a gradient",
      async ({ slots: state, step }) => {
        for (const [rows, slots, count, width] of bags) {
          await agrees(`${rows} rows of ${slots} slots, ${count}×${width}`, (make) => {
            const { k } = make;
            const [X, named] = namingInputs(make, rows, 0, slots, count);
            const gradient = make.matrix(count, width);
            const of = [0, 1].map(() => ({
              theta: make.matrix(count, width),
              state: state.map((slot) => (slot === null ? null : make.matrix(count, width, Math.abs))),
            }));
            const run = () => {
              k.indexRows(named, X, slots);
              k.clearRows(gradient, { first: named.first.view(1, (rows * slots) >> 1) });
              for (const [i, { theta, state }] of of.entries())
                k.optimizeRows(theta, gradient, state, step, i === 0 ? named : null);
            };
            return {
              run,
              results: of.flatMap((one) => [one.theta, ...one.state.filter((slot) => slot !== null)]),
            };
          });
        }
      },
    );

    test("every rule of an optimizer is among the cases", () => {
      expect(new Set(optimizerCases().map(({ step }) => step.rule))).toEqual(new Set(Object.keys(rules)));
    });

    test("lerp goes a share of the way, all of it at 1; penalize adds the slope of both penalties", async () => {
      for (const length of lengths) {
        await agrees(`${length} elements`, (make) => {
          const [Y, Z, X] = [make.matrix(1, length), make.matrix(1, length), make.matrix(1, length)];
          const [gradient, theta] = [make.matrix(1, length), make.matrix(1, length, (x) => (x > 1 ? 0 : x))];
          const run = () => {
            make.k.lerp(Y, X, 0.3);
            make.k.lerp(Z, X, 1);
            make.k.penalize(gradient, theta, 0.1, 0.01);
          };
          return { run, results: [Y, Z, gradient] };
        });
      }
    });

    test("scaleColumns scales and shifts, also in place; sumProducts is its gradient", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const [X, Y, a, b] = [make.matrix(rows, cols), make.matrix(rows, cols), ...rowVectors(make, cols)];
          const [s, A, B] = [make.matrix(1, cols), make.matrix(rows, cols), make.matrix(rows, cols)];
          const run = () => {
            make.k.scaleColumns(Y, X, a, b);
            make.k.scaleColumns(X, X, b, null);
            make.k.sumProducts(s, A, B);
          };
          return { run, results: [X, Y, s] };
        });
      }
    });

    test.each(linkNames)("average of members' outputs: %s", async (kind) => {
      for (const [rows, n] of shapes) {
        for (const [members, size] of [
          [1, 1],
          [3, 3],
          [5, 60],
        ] as const) {
          await agrees(`${members} × ${rows}×${n}, of size ${size}`, (make) => {
            const cols = kind === "gaussian" ? 2 * n : n;
            const P = make.matrix(members * rows, cols, (x) => (kind === "exp" ? x : size * x));
            const S = make.matrix(rows, cols);
            return { run: () => make.k.average(S, P, kind), results: [S] };
          });
        }
      }
    });

    test("limitRows shortens the rows that are too long, and those alone", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const [W, zeros] = [make.matrix(rows, cols), make.matrix(rows, cols, () => 0)];
          const run = () => {
            make.k.limitRows(W, Math.sqrt(cols));
            make.k.limitRows(zeros, 1);
          };
          return { run, results: [W, zeros] };
        });
      }
    });

    test("fill overwrites everything, NaN and infinity too", async () => {
      for (const [rows, cols] of shapes) {
        await agrees(`${rows}×${cols}`, (make) => {
          const Y = make.matrix(rows, cols, (x) => (x > 0 ? Number.NaN : 1 / 0));
          const block = make.matrix(1, 100);
          const run = () => {
            make.k.fill(Y, -0.5);
            make.k.fill(block.view(5, 7, 33), 0);
          };
          return { run, results: [Y, block] };
        });
      }
    });

    test("clipNorm shortens to the given length and tells the old one; clipValue cuts elements", async () => {
      for (const length of lengths) {
        for (const limit of [0.5, 1e3]) {
          await agrees(`${length} elements, limit ${limit}`, (make) => {
            const [long, wide, totals] = [make.matrix(1, length), make.matrix(1, length), make.totals()];
            const run = () => {
              make.k.clipNorm(long, limit, totals);
              make.k.clipValue(wide, limit);
            };
            return { run, results: [long, wide, totals] };
          });
        }
      }
    });
  });
}

/** X [rows, kept + 2 · slots] whose slots name rows of a table of `count`, or none, and memory for which they are. */
function namingInputs(
  make: Maker,
  rows: number,
  kept: number,
  slots: number,
  count: number,
): [Matrix, NamedRows] {
  const X = make.matrix(rows, kept + 2 * slots);
  const numbers = Float64Array.from(make.classes(rows * slots, count + 2).host);
  const values = X.host;
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < slots; k++) values[r * X.cols + kept + k] = numbers[r * slots + k]! - 1;
  const [first, next] = [make.matrix(1, rows * slots), make.matrix(1, rows * slots)];
  return [X, { first, next, marks: make.matrix(1, count, () => 0) }];
}

function lossTargets(make: Maker, loss: LossName, rows: number, cols: number, parameter = 1): Matrix {
  if (losses[loss].learns === "classes") return make.classes(rows, cols);
  if (losses[loss].learns === "labels") return make.matrix(rows, cols, (x) => (x > 0 ? 1 : 0));
  if (loss === "poisson_nll") return make.matrix(rows, cols, (x) => Math.round(Math.abs(x) * 3));
  return make.matrix(rows, targetWidthOf(loss, cols, 1, parameter));
}

function rowVectors(make: Maker, cols: number): [Matrix, Matrix, Matrix, Matrix] {
  return [make.matrix(1, cols), make.matrix(1, cols), make.matrix(1, cols), make.matrix(1, cols)];
}

/** Every optimizer in the first update and in a later one, by all settings that take another way. */
function optimizerCases(): { name: string; slots: readonly (string | null)[]; step: OptimizerStep }[] {
  const common = {
    betas: [0.9, 0.999],
    eps: 1e-3,
    weight_decay: 0.1,
    dampening: 0.1,
    lr_decay: 0.1,
    initial_accumulator_value: 0,
    rho: 0.9,
    alpha: 0.9,
    momentum_decay: 0.004,
  } as const;
  const flags = [false, true];
  const settings = flags.flatMap((flag) =>
    flags.flatMap((other) =>
      [0, 0.1].map((weight_decay) => ({
        ...common,
        weight_decay,
        momentum: flag ? 0.9 : 0,
        nesterov: flag && other,
        amsgrad: flag,
        centered: other,
      })),
    ),
  );
  const cases = Object.entries(optimizers).flatMap(([optimizer, row]) =>
    settings.flatMap((given) =>
      [1, 10].map((t) => {
        const { rule, slots, scalars } = row as OptimizerRow<typeof given>;
        const step = { rule, scalars: scalars(given, t, 0.01) };
        const name = `${optimizer}, ${JSON.stringify(step.scalars)}`;
        return { name: `${name}, ${slots(given).join()}`, slots: slots(given), step };
      }),
    ),
  );
  return [...new Map(cases.map((one) => [one.name, one])).values()];
}

function numbers(result: Matrix | Totals): Float64Array {
  if (!("block" in result)) return Float64Array.from(result.host);
  return Float64Array.from(result.block.host.subarray(result.offset, result.offset + result.size));
}

function expectClose(what: string, actual: Float64Array, expected: Float64Array, tolerance: number): void {
  const largest = expected.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  const bound = tolerance * Math.max(largest, 0.1);
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (!(apart <= bound)) expect.fail(`${what}[${i}]: ${actual[i]} for ${expected[i]}, bound ${bound}`);
  }
}
