/** How fast a backend is on this machine: products beside the peak of multiply-adds, and training steps. */
import type { Backend, BackendName } from "../engine/backend.ts";
import { type KernelsChoice, tryKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import { table } from "../report/table.ts";
import { type StepShape, stepName, stepperOn, stepShapes } from "./stepSpeed.ts";

export interface Speed {
  readonly threads: number;
  /** GFLOP/s of multiply-adds alone, of these threads together, estimated from one of them. */
  readonly peak: number | null;
  /** GFLOP/s by product. */
  readonly products: Readonly<Record<string, number>>;
  /** Rows a second in training, by network. */
  readonly steps: Readonly<Record<string, number>>;
}

/** Measures every product; those that would take too long only on backends with a peak of their own. */
export async function speedOf(choice: KernelsChoice & { kernels: BackendName }): Promise<Speed> {
  const { backend } = (await tryKernels(choice)) as { backend: Backend };
  try {
    const one = await measurePeak(backend);
    const products: Record<string, number> = {};
    for (const shape of productShapes) {
      if (backend.peak || shape.m * shape.n * shape.k < 1e8)
        products[productName(shape)] = await measureProduct(backend, shape);
    }
    const steps: Record<string, number> = {};
    if (backend.peak)
      for (const shape of stepShapes) steps[stepName(shape)] = await measureStep(backend, shape);
    return { threads: backend.threads, peak: one && one * backend.threads, products, steps };
  } finally {
    await backend.close();
  }
}

export function drawSpeeds(
  report: readonly { name: string; speeds: readonly Speed[] }[],
  width: number,
): string[] {
  const names = productShapes.map(productName);
  const titles = ["GFLOP/s", "threads", "multiply-add peak", ...names];
  const rows = report.flatMap(({ name, speeds }) =>
    speeds.map(({ threads, peak, products }) => [
      name,
      String(threads),
      peak === null ? "" : peak.toFixed(1),
      ...names.map((product) => {
        const speed = products[product];
        if (speed === undefined) return "";
        const share = peak === null ? "" : ` (${Math.round((100 * speed) / peak)} %)`;
        return speed.toFixed(1) + share;
      }),
    ]),
  );
  const columns = titles.map((title, i) => (i === 0 ? { title } : { title, align: "right" as const }));
  return table(columns, rows, { width: Math.max(width, 100) });
}

/** Rows a second, and how many times those of the fewest threads that is. */
export function drawSteps(
  report: readonly { name: string; speeds: readonly Speed[] }[],
  width: number,
): string[] {
  const names = stepShapes.map(stepName);
  const rows = report.flatMap(({ name, speeds }) =>
    speeds
      .filter(({ steps }) => Object.keys(steps).length > 0)
      .map(({ threads, steps }) => [
        name,
        String(threads),
        ...names.map((step) => {
          const growth = steps[step]! / speeds[0]!.steps[step]!;
          return `${Math.round(steps[step]!)} (${growth.toFixed(2)}×)`;
        }),
      ]),
  );
  const columns = ["rows/s", "threads", ...names].map((title, i) =>
    i === 0 ? { title } : { title, align: "right" as const },
  );
  return table(columns, rows, { width: Math.max(width, 120) });
}

/** C [m,n] = A [m,k] · B [k,n]. */
export interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** How A and B lie in memory: NT is a forward pass, NN ∂L/∂X, TN ∂L/∂W. */
  readonly kind: "NN" | "NT" | "TN";
}

/** A large product, and the forward passes of a layer of 512 on 784 inputs with batches of 128 and of 32. */
export const productShapes = [
  { m: 1024, n: 1024, k: 1024, kind: "NN" },
  { m: 128, n: 512, k: 784, kind: "NT" },
  { m: 32, n: 128, k: 784, kind: "NT" },
] as const satisfies readonly ProductShape[];

export const productName = ({ m, n, k, kind }: ProductShape) => `${m}×${n}×${k} ${kind}`;

/**
 * Each figure is that of the best turn: what disturbs a turn only makes it slower. Turns go on until so many in a
 * row were no better: V8 compiles WebAssembly a second time while it runs. Between them events get their turn, which
 * workers need to start.
 */
const turns = { withoutGain: 6, most: 40, gain: 0.02 } as const;
const millisecondsPerTurn = 60;

/** Operations per nanosecond, one thread; null for a backend that has no peak of its own. */
export async function measurePeak(backend: Backend): Promise<number | null> {
  if (!backend.peak) return null;
  const rounds = 1e6;
  let operations = 0;
  const nanoseconds = await fastest(async () => {
    operations = backend.peak!(rounds);
  });
  return operations / nanoseconds;
}

/** Operations per nanosecond, on all threads of the backend. */
export async function measureProduct(backend: Backend, { m, n, k, kind }: ProductShape): Promise<number> {
  const on = new Kernels(backend);
  const filled = (rows: number, cols: number) => {
    const M = on.matrix(rows, cols);
    on.write(M, (values) => {
      for (let i = 0; i < values.length; i++) values[i] = (i % 17) / 17 - 0.5;
    });
    return M;
  };
  const A = kind === "TN" ? filled(k, m).T : filled(m, k);
  const B = kind === "NT" ? filled(n, k).T : filled(k, n);
  const C = on.matrix(m, n);
  const nanoseconds = await fastest(async () => {
    on.gemm(C, A, B, null);
    await on.sync();
  });
  return (2 * m * n * k) / nanoseconds;
}

/** Rows a second of whole training steps, on all threads of the backend. */
async function measureStep(backend: Backend, shape: StepShape): Promise<number> {
  const stepper = stepperOn(backend, shape);
  const nanoseconds = await fastest(async () => {
    await stepper.run(1);
  });
  return (1e9 * shape.batchSize) / nanoseconds;
}

/** Nanoseconds of one call at its best. */
async function fastest(call: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0, best = 0; turn < turns.most && turn - best <= turns.withoutGain; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    const started = performance.now();
    let calls = 0;
    let took = 0;
    for (; took < millisecondsPerTurn; took = performance.now() - started, calls++) await call();
    const nanoseconds = (took * 1e6) / calls;
    if (nanoseconds < (1 - turns.gain) * least) best = turn;
    least = Math.min(least, nanoseconds);
  }
  return least;
}
