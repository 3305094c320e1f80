/** The options that say what computes, as the engine takes them. */
import type { KernelsChoice } from "../engine/choose.ts";
import type { Environment } from "../report/style.ts";

/** NNT_ISA names an instruction set, for tests and measurements. */
export function kernelsChoice(
  { kernels, threads }: { kernels: KernelsChoice["kernels"] | null; threads: number | null },
  env: Environment,
): KernelsChoice {
  return { kernels: kernels ?? "auto", threads, isa: env.NNT_ISA ?? null };
}
