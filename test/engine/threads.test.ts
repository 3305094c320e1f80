/** Threads: any number of them gives the same bits, and they come and go without anybody waiting for them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { openKernels } from "../../src/engine/choose.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import type { Matrix } from "../../src/engine/matrix.ts";

test.each([
  ["native", 30],
  ["wasm", 3],
] as const)("%s: a team that is closed as soon as it is opened, again and again", async (kernels, times) => {
  for (let i = 0; i < times; i++) {
    const { backend } = await openKernels({ kernels, threads: 4 });
    await backend.close();
  }
  expect.assertions(0);
});

test("products of any shape have the same bits on any number of threads", async () => {
  const backends = await Promise.all(
    [1, 2, 3, 4, 7].map(async (threads) => (await openKernels({ kernels: "native", threads })).backend),
  );
  const side = fc.integer({ min: 1, max: 170 });
  const kinds = fc.constantFrom("NN", "NT", "TN");
  await fc.assert(
    fc.asyncProperty(side, side, fc.integer({ min: 1, max: 900 }), kinds, async (m, n, k, kind) => {
      const results = await Promise.all(
        backends.map(async (backend) => {
          const on = new Kernels(backend);
          const A = kind === "TN" ? filled(on, k, m).T : filled(on, m, k);
          const B = kind === "NT" ? filled(on, n, k).T : filled(on, k, n);
          const C = filled(on, m, n);
          on.gemm(C, A, B, C);
          await on.sync();
          return C.host;
        }),
      );
      for (const result of results) expect(result).toEqual(results[0]);
    }),
    { numRuns: 25 },
  );
  await Promise.all(backends.map((backend) => backend.close()));
});

function filled(k: Kernels, rows: number, cols: number): Matrix {
  const M = k.matrix(rows, cols);
  M.host.forEach((_, i, values) => {
    values[i] = Math.fround(Math.sin(i));
  });
  return M;
}
