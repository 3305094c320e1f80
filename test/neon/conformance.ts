/** The conformance suite on this machine's best native kernels, on one thread and on three: bundled by `main.ts`. */
import { openKernels } from "../../src/engine/choose.ts";
import { describeBackend } from "../engine/conformance.ts";
import { runAll } from "./vitest.ts";

async function main(): Promise<void> {
  let failed = 0;
  for (const threads of [1, 3]) {
    const open = async () => (await openKernels({ kernels: "native", threads, isa: null })).backend;
    describeBackend(`native, ${threads}`, open);
    failed += await runAll((line) =>
      console.log(`${threads} ${threads === 1 ? "thread " : "threads"}  ${line}`),
    );
  }
  process.exitCode = failed > 0 ? 1 : 0;
}

void main();
