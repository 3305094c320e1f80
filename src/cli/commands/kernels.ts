/** `nnt kernels`: what can compute here, what cannot and why, and on request how fast it is. */
import { table } from "../../report/table.ts";
import { availableCores } from "../../support/cores.ts";
import { defineCommand } from "../command.ts";
import type { Speed } from "../kernelSpeed.ts";
import { computing, debug, json, kernelsChoice } from "../options.ts";

export const command = defineCommand({
  options: {
    threads: computing.threads,
    bench: {
      help: "measure matrix products against this machine's multiply-add peak, and training steps; takes a minute or two",
    },
    json,
    debug,
  },
  examples: [
    ["nnt kernels", "which kernels work, which do not and why"],
    [
      "nnt kernels --bench",
      "products and training steps on 1, 2, 4 … threads, as a share of the peak and of one thread",
    ],
    ["NNT_ISA=avx2 nnt kernels", "the same with an instruction set of your choice"],
  ],
  async run({ out, err, env }, _, { threads, bench, json }) {
    const { backendNames } = await import("../../engine/backend.ts");
    const { namesByChoice, tryKernels } = await import("../../engine/choose.ts");
    const { mpiHere } = await import("../../cluster/mpi.ts");
    const measured = bench ? await import("../kernelSpeed.ts") : null;
    const report = [];
    for (const name of backendNames) {
      const choice = { ...kernelsChoice({ kernels: name, threads }, env), kernels: name };
      const { attempt, backend } = await tryKernels(choice);
      const speeds: Speed[] = [];
      await backend?.close();
      if (backend && measured) {
        await err.line(`${name}: measuring …`);
        for (const count of doublings(backend.threads))
          speeds.push(await measured.speedOf({ ...choice, threads: count }));
      }
      report.push({ ...attempt, threads: backend?.threads ?? null, fused: backend?.fused ?? null, speeds });
    }
    const byChoice = namesByChoice();
    const chosen = report.find(({ name, opened }) => opened && byChoice.includes(name))!.name;
    if (json) {
      await out.json({ chosen, cores: availableCores(), kernels: report, mpi: mpiHere() });
      return 0;
    }
    const width = out.columns;
    const rows = report.map(({ name, opened, outcome }) => [
      name,
      opened ? (name === chosen ? "chosen" : "available") : "unavailable",
      outcome.replace(`${name}: `, ""),
    ]);
    for (const { opened, outcome } of mpiHere())
      rows.push(["mpi", opened ? "available" : "unavailable", outcome]);
    await out.lines(table([{}, {}, { least: 20 }], rows, { width }));
    if (measured) {
      await out.lines(["", ...measured.drawSpeeds(report, width)]);
      await out.lines(["", ...measured.drawSteps(report, width)]);
    }
    return 0;
  },
});

/** 1, 2, 4 … and the number itself: enough to see where more threads gain nothing. */
function doublings(most: number): number[] {
  const counts = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
}
