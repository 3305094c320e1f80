/** The conformance suite for `npm run test:sanitize`: native kernels alone, by instruction set and number of threads. */
import { openKernels } from "../../src/engine/choose.ts";
import { describeBackend } from "../engine/conformance.ts";

for (const choice of [
  { kernels: "native", threads: 1, isa: "avx2" },
  { kernels: "native", threads: 1, isa: "sse2" },
  { kernels: "native", threads: 3, isa: null },
] as const)
  describeBackend(Object.values(choice).join(" "), async () => (await openKernels(choice)).backend);
