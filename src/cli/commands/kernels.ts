/** `nnt kernels`: what can compute here, what cannot and why, and on demand how fast it is. */

import type { Backend, BackendName } from "../../engine/backend.ts";
import { backendNames, type KernelsChoice, tryKernels } from "../../engine/choose.ts";
import { table } from "../../report/table.ts";
import { availableCores } from "../../support/cores.ts";
import type { Action } from "../actions.ts";
import { measurePeak, measureProduct, productName, productShapes } from "../kernelSpeed.ts";
import { kernelsChoice } from "../kernels.ts";

interface Speed {
  readonly threads: number;
  /** GFLOP/s of multiply-adds alone, of these threads together as far as one tells. */
  readonly peak: number | null;
  /** GFLOP/s by product. */
  readonly products: Readonly<Record<string, number>>;
}

export const kernels: Action<"kernels"> = async ({ out, err, env }, _, { threads, bench, json }) => {
  const report = [];
  for (const name of backendNames) {
    const choice = { ...kernelsChoice({ kernels: name, threads }, env), kernels: name };
    const { attempt, backend } = await tryKernels(choice);
    const speeds: Speed[] = [];
    await backend?.close();
    if (backend && bench) {
      await err.line(`${name}: measuring …`);
      const counts = [...new Set([1, backend.threads])];
      for (const count of counts) speeds.push(await speedOf({ ...choice, threads: count }));
    }
    report.push({ ...attempt, threads: backend?.threads ?? null, fused: backend?.fused ?? null, speeds });
  }
  const chosen = report.find(({ opened }) => opened)!.name;
  if (json) {
    await out.line(JSON.stringify({ chosen, cores: availableCores(), kernels: report }));
    return 0;
  }
  const width = out.columns;
  const rows = report.map(({ name, opened, outcome }) => [
    name,
    opened ? (name === chosen ? "chosen" : "opens") : "does not open",
    outcome.replace(`${name}: `, ""),
  ]);
  await out.line(table([{}, {}, { least: 20 }], rows, { width }).join("\n"));
  if (bench) await out.line(["", ...drawSpeeds(report, width)].join("\n"));
  return 0;
};

async function speedOf(choice: KernelsChoice & { kernels: BackendName }): Promise<Speed> {
  const { backend } = (await tryKernels(choice)) as { backend: Backend };
  try {
    const one = await measurePeak(backend);
    const products: Record<string, number> = {};
    for (const shape of productShapes) {
      if (backend.peak || shape.m * shape.n * shape.k < 1e8)
        products[productName(shape)] = await measureProduct(backend, shape);
    }
    return { threads: backend.threads, peak: one && one * backend.threads, products };
  } finally {
    await backend.close();
  }
}

function drawSpeeds(report: readonly { name: string; speeds: readonly Speed[] }[], width: number): string[] {
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
