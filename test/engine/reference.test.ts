/** The reference backend in 32 bit conforms to itself in 64; in 64 bit the plain verbs obey their formulas. */
import { describe, expect, test } from "vitest";
import { Kernels } from "../../src/engine/kernels.ts";
import type { Matrix } from "../../src/engine/matrix.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { erf, normalOf, softplus } from "../../src/engine/special.ts";
import { randomNormal, streamKey } from "../../src/support/random.ts";
import { describeBackend } from "./conformance.ts";

describeBackend("reference, 32 bit", async () => openReference(32));

const k = new Kernels(openReference(64));

function normal(rows: number, cols: number, seed = 1): Matrix {
  const M = k.matrix(rows, cols);
  for (let i = 0; i < M.size; i++) M.block.host[i] = randomNormal(streamKey(seed, "init"), i);
  return M;
}
const at = (M: Matrix, r: number, c: number) =>
  M.block.host[M.offset + (M.transposed ? c * M.rows + r : r * M.cols + c)]!;

describe("products", () => {
  const shapes = [0, 1, 2, 5, 9].flatMap((m) =>
    [0, 1, 3, 4].flatMap((n) => [0, 1, 6].map((p) => [m, n, p] as const)),
  );
  test.each([
    ["NN", (m: number, n: number, p: number) => [normal(m, p), normal(p, n, 2)]],
    ["NT", (m: number, n: number, p: number) => [normal(m, p), normal(n, p, 2).T]],
    ["TN", (m: number, n: number, p: number) => [normal(p, m).T, normal(p, n, 2)]],
  ] as const)("%s: C[i,j] = start + Σ_p A[i,p] B[p,j]", (_, factors) => {
    for (const [m, n, p] of shapes) {
      const [A, B] = factors(m, n, p) as [Matrix, Matrix];
      const [C, b] = [normal(m, n, 3), normal(1, n, 4)];
      const expected = (i: number, j: number, start: number) =>
        Array.from({ length: p }, (_, q) => at(A, i, q) * at(B, q, j)).reduce((sum, x) => sum + x, start);
      for (const start of [null, b, C]) {
        const before = Float64Array.from(C.block.host);
        k.gemm(C, A, B, start);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            const from = start === C ? before[i * n + j]! : start ? at(b, 0, j) : 0;
            expect(at(C, i, j)).toBeCloseTo(expected(i, j, from), 12);
          }
        }
      }
    }
  });

  test("shapes that do not fit are a bug, found before anything is computed", () => {
    expect(() => k.gemm(normal(2, 3), normal(2, 4), normal(5, 3))).toThrow("gemm: [2,3] = [2,4] · [5,3]");
  });
});

describe("dropout", () => {
  test("drops a share p, scales the rest by 1/(1 − p), and draws anew for each key", () => {
    const ones = k.matrix(100, 100);
    ones.block.host.fill(1);
    const [Y, Z] = [k.matrix(100, 100), k.matrix(100, 100)];
    k.dropout(Y, ones, 0.2, streamKey(0, "dropout", 1));
    k.dropout(Z, ones, 0.2, streamKey(0, "dropout", 2));
    const dropped = Y.block.host.filter((y) => y === 0).length;
    expect(dropped / 1e4).toBeCloseTo(0.2, 1);
    expect(new Set(Y.block.host)).toEqual(new Set([0, 1.25]));
    expect(Z.block.host).not.toEqual(Y.block.host);
  });
});

describe("special functions", () => {
  // Values of erf from Python's math.erf.
  test.each([
    [0, 0],
    [1e-8, 1.1283791670955126e-8],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.9999, 0.9953201979070294],
    [2.5, 0.999593047982555],
    [4, 0.9999999845827421],
    [7, 1],
    [Infinity, 1],
  ])("erf(±%d) within 1e-15", (x, value) => {
    expect(Math.abs(erf(x) - value)).toBeLessThanOrEqual(1e-15);
    expect(Math.abs(erf(-x) + value)).toBeLessThanOrEqual(1e-15);
  });

  test("erf and the activations hand NaN on, so that a diverged run is seen", () => {
    expect(erf(Number.NaN)).toBeNaN();
    const Z = k.matrix(1, 1);
    Z.block.host[0] = Number.NaN;
    k.activate(Z, Z, "relu");
    expect(Z.block.host[0]).toBeNaN();
  });

  test("normalOf inverts the normal distribution within 1e-6, out to the last of 24 bits", () => {
    for (let n = 1; n < 2 ** 24; n += 98_304 / 2) {
      const x = n / 2 ** 23 - 1;
      expect(Math.abs(erf(normalOf(x) / Math.SQRT2) - x)).toBeLessThanOrEqual(1e-6 * (1 - Math.abs(x)) * 5);
    }
    expect(normalOf(1 - 2 ** -24)).toBeCloseTo(5.41998317, 5); // Python: NormalDist().inv_cdf(1 - 2 ** -25)
  });

  test("gaussianNoise has the mean and the deviation asked for, and no correlation of neighbours", () => {
    const [X, Y] = [k.matrix(1000, 100), k.matrix(1000, 100)];
    k.gaussianNoise(Y, X, 2, streamKey(1, "noise", 2, 3));
    const values = Float64Array.from(Y.block.host);
    const mean = (of: (x: number, i: number) => number) =>
      values.reduce((sum, x, i) => sum + of(x, i), 0) / values.length;
    expect(Math.abs(mean((x) => x))).toBeLessThan(0.03);
    expect(mean((x) => x * x)).toBeCloseTo(4, 1);
    expect(mean((x) => x ** 4) / 16).toBeCloseTo(3, 0);
    expect(Math.abs(mean((x, i) => x * (values[i + 1] ?? 0)))).toBeLessThan(0.05);
  });

  test("softplus neither overflows nor loses small values", () => {
    expect(softplus(1000)).toBe(1000);
    expect(softplus(-40)).toBeCloseTo(Math.exp(-40), 30);
  });
});
