/** The native and the wasm kernels compute what the reference computes, on one thread and on several. */
import { openKernels } from "../../src/engine/choose.ts";
import { describeBackend } from "./conformance.ts";

const choices = [
  { kernels: "native", threads: 1, isa: "avx2" },
  { kernels: "native", threads: 1, isa: "sse2" },
  { kernels: "native", threads: 3, isa: null },
  { kernels: "wasm", threads: 1, isa: "relaxed" },
  { kernels: "wasm", threads: 3, isa: "relaxed" },
  { kernels: "wasm", threads: 1, isa: "plain" },
] as const;

for (const choice of choices) {
  describeBackend(Object.values(choice).join(" "), async () => (await openKernels(choice)).backend);
}
