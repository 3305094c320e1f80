/** Products beside PyTorch's: three shapes, three transposes, on one thread and on all. */
import { measurePeak, measureProduct, type ProductShape, productName } from "../src/cli/kernelSpeed.ts";
import { tryKernels } from "../src/engine/choose.ts";
import type { Peer } from "./peers/peer.ts";
import { median } from "./rounds.ts";

const sizes = [
  { m: 1024, n: 1024, k: 1024 },
  { m: 128, n: 512, k: 784 },
  { m: 32, n: 128, k: 784 },
];
export const productCases: readonly ProductShape[] = sizes.flatMap((size) =>
  (["NN", "NT", "TN"] as const).map((kind) => ({ ...size, kind })),
);

/** GFLOP/s of every side, and of one native thread's multiply-adds: medians over rounds. */
export async function measureProducts(
  shape: ProductShape,
  torch: Peer | null,
  rounds: number,
  threads: number,
): Promise<{ name: string; speeds: Record<string, number>; peak: number }> {
  const speeds: Record<string, number[]> = {};
  const peaks: number[] = [];
  const note = (side: string, speed: number) => {
    speeds[side] = [...(speeds[side] ?? []), speed];
  };
  const operations = 2 * shape.m * shape.n * shape.k;
  for (let round = 0; round < rounds; round++) {
    for (const kernels of ["native", "wasm"] as const)
      for (const count of [1, threads]) {
        const { backend } = await tryKernels({ kernels, threads: count });
        if (!backend) continue;
        if (kernels === "native" && count === 1) peaks.push((await measurePeak(backend))!);
        note(`${kernels} ${count}`, await measureProduct(backend, shape));
        await backend.close();
      }
    if (torch)
      for (const count of [1, threads]) {
        const steps = Math.ceil(1e10 / operations);
        const seconds = await torch.ask({ ...shape, threads: count, steps });
        if (seconds !== null) note(`PyTorch ${count}`, operations / seconds / 1e9);
      }
  }
  const medians = Object.fromEntries(Object.entries(speeds).map(([side, values]) => [side, median(values)]));
  return { name: productName(shape), speeds: medians, peak: median(peaks) };
}
