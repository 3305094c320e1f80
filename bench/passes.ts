/** Verbs that are bound by memory: bytes they have to read and write per second, on one thread and on all. */
import { tryKernels } from "../src/engine/choose.ts";
import { Kernels } from "../src/engine/kernels.ts";
import type { Matrix } from "../src/engine/matrix.ts";
import { optimizers } from "../src/engine/optimizers.ts";
import { interleave } from "./rounds.ts";

interface Pass {
  readonly name: string;
  /** Bytes read and written per element. */
  readonly bytes: number;
  run(on: Kernels, matrices: readonly Matrix[]): void;
}

/** Elements: 16 MB a matrix, more than a second-level cache holds. */
const rows = 2048;
const cols = 2048;
/** Milliseconds of a side before it is measured. */
const warmUp = 400;

export const passes: readonly Pass[] = [
  { name: "relu", bytes: 8, run: (on, [A, Z]) => on.activate(A!, Z!, "relu") },
  { name: "sigmoid", bytes: 8, run: (on, [A, Z]) => on.activate(A!, Z!, "sigmoid") },
  { name: "gelu", bytes: 8, run: (on, [A, Z]) => on.activate(A!, Z!, "gelu") },
  {
    name: "SGD, momentum",
    bytes: 20,
    run: (on, [theta, gradient, momentum]) =>
      on.optimize(theta!, gradient!, [momentum!], {
        rule: "sgd",
        scalars: optimizers.sgd.scalars(
          { momentum: 0.9, dampening: 0, nesterov: false, weight_decay: 0 },
          2,
          1e-3,
        ),
      }),
  },
  {
    name: "Adam",
    bytes: 28,
    run: (on, [theta, gradient, ...slots]) =>
      on.optimize(theta!, gradient!, slots, {
        rule: "adam",
        scalars: optimizers.adam.scalars(
          { betas: [0.9, 0.999], eps: 1e-8, amsgrad: false, weight_decay: 0 },
          2,
          1e-3,
        ),
      }),
  },
];

/** GB/s by kernels and threads. */
export async function measurePasses(
  pass: Pass,
  rounds: number,
  threads: number,
): Promise<Record<string, number>> {
  const sides: Record<string, (count: number) => Promise<number | null>> = {};
  for (const kernels of ["native", "wasm"] as const)
    for (const count of [1, threads])
      sides[`${kernels} ${count}`] = async (calls) => {
        const { backend } = await tryKernels({ kernels, threads: count });
        if (!backend) return null;
        const on = new Kernels(backend);
        const matrices = Array.from({ length: 4 }, () => on.matrix(rows, cols));
        // Workers need events to start.
        for (const started = performance.now(); performance.now() - started < warmUp; ) {
          pass.run(on, matrices);
          await on.sync();
          await new Promise((resolve) => setImmediate(resolve));
        }
        const started = performance.now();
        for (let i = 0; i < calls; i++) pass.run(on, matrices);
        await on.sync();
        const took = (performance.now() - started) / 1000 / calls;
        await backend.close();
        return took;
      };
  const seconds = await interleave(sides, rounds);
  return Object.fromEntries(
    Object.entries(seconds).map(([side, took]) => [side, (pass.bytes * rows * cols) / took / 1e9]),
  );
}
