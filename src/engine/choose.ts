/** Which backend computes: the first that opens, or the one that was asked for and no other. */

import { availableCores } from "../support/cores.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { type Backend, type BackendName, backendNames } from "./backend.ts";
import { FastBackend } from "./fast/backend.ts";
import { sourceHash } from "./fast/sourceHash.ts";
import { loadAddon } from "./native/addon.ts";
import { openNative } from "./native/machine.ts";
import { openReference } from "./reference/backend.ts";
import { openWasm } from "./wasm/machine.ts";
import { compile, type WasmModule } from "./wasm/module.ts";

export interface KernelsChoice {
  readonly kernels: "auto" | BackendName;
  /** null: as many as this process may use. */
  readonly threads: number | null;
  /**
   * An instruction set by name (environment variable NNT_ISA: avx512, avx2, sse2, neon; relaxed, plain for
   * wasm), for tests and measurements; null or absent: the best there is.
   */
  readonly isa?: string | null;
}

/** The result of trying to open one backend. */
export interface Attempt {
  readonly name: BackendName;
  /** Its description if it opened, else why it did not. */
  readonly outcome: string;
  readonly opened: boolean;
}

const openers = {
  native: nativeBackend,
  wasm: wasmBackend,
  reference: async () => openReference(),
} satisfies Record<BackendName, (threads: number, isa: string | null) => Promise<Backend>>;

/** More threads do not help: see MOST_THREADS in kernels/team_state.h. */
const mostThreads = 32;

/**
 * Opens a backend, and reports on those tried before it.
 * @throws UserError (exit code 5) if the named one does not open
 */
export async function openKernels(choice: KernelsChoice): Promise<{ backend: Backend; report: Attempt[] }> {
  const names = choice.kernels === "auto" ? backendNames : [choice.kernels];
  const report: Attempt[] = [];
  for (const name of names) {
    const { attempt, backend } = await tryKernels({ ...choice, kernels: name });
    report.push(attempt);
    if (backend) return { backend, report };
  }
  const [failure] = report as [Attempt];
  throw new UserError(exitCodes.io, {
    message: `the ${failure.name} kernels cannot be used: ${failure.outcome}`,
    hint: "--kernels auto uses the best available",
  });
}

/** Opens one backend, or says why it cannot be. */
export async function tryKernels(
  choice: KernelsChoice & { readonly kernels: BackendName },
): Promise<{ attempt: Attempt; backend: Backend | null }> {
  const { kernels: name, isa = null } = choice;
  const threads = Math.min(choice.threads ?? availableCores(), mostThreads);
  try {
    const backend = await openers[name](threads, isa);
    return { attempt: { name, outcome: backend.description, opened: true }, backend };
  } catch (error) {
    return { attempt: { name, outcome: (error as Error).message, opened: false }, backend: null };
  }
}

async function nativeBackend(threads: number, isa: string | null): Promise<Backend> {
  const addon = loadAddon(sourceHash);
  const sets = addon.sets().split("\n");
  const set = isa ?? sets[0]!;
  if (!sets.includes(set)) throw new Error(`this machine has no ${set}, but ${sets.join(", ")}`);
  return new FastBackend(openNative(addon, set, threads));
}

async function wasmBackend(threads: number, isa: string | null): Promise<Backend> {
  return new FastBackend(openWasm(wasmModule(isa), threads));
}

function wasmModule(isa: string | null): WasmModule {
  if (isa === "relaxed" || isa === "plain") return compile(isa);
  if (isa !== null) throw new Error(`wasm has no ${isa}, but relaxed, plain`);
  try {
    return compile("relaxed");
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return compile("plain");
  }
}
