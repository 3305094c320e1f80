/** Which backend computes: the first that opens, or the one that was asked for and no other. */

import { availableCores } from "../support/cores.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { isThere } from "../support/files.ts";
import { type Backend, type BackendName, backendNames, type SharedMemory } from "./backend.ts";
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
   * wasm, emulated for cuda), for tests and measurements; null or absent: the best there is.
   */
  readonly isa?: string | null;
  /** A folder for what is compiled for this machine; null or absent: nothing is kept. */
  readonly cache?: string | null;
  /** Multiply-adds that are to be computed, roughly; `auto` takes a card from {@link worthACard} on. Absent: few. */
  readonly work?: number;
  /** Where matrices that other processes are to reach lie; null or absent: there are no others. */
  readonly sharedMemory?: SharedMemory | null;
}

/** The result of trying to open one backend. */
export interface Attempt {
  readonly name: BackendName;
  /** Its description if it opened, else why it did not. */
  readonly outcome: string;
  readonly opened: boolean;
}

interface Wanted {
  readonly threads: number;
  readonly isa: string | null;
  readonly cache: string | null;
  readonly sharedMemory: SharedMemory | null;
}

const openers = {
  cuda: cardBackend,
  native: nativeBackend,
  wasm: wasmBackend,
  reference: async ({ sharedMemory }) => openReference(32, sharedMemory),
} satisfies Record<BackendName, (wanted: Wanted) => Promise<Backend>>;

/**
 * Multiply-adds from which `auto` takes a card: some 20 s of a processor at 50 GFLOP/s. Opening a card takes about a
 * second, and compiling its program several the first time. A guess: no card was at hand.
 */
const worthACard = 5e11;

/** More threads do not help: see MOST_THREADS in kernels/team_state.h. */
const mostThreads = 32;

/**
 * Opens a backend, and reports on those tried before it.
 * @throws UserError (exit code 5) if the named one does not open
 */
export async function openKernels(choice: KernelsChoice): Promise<{ backend: Backend; report: Attempt[] }> {
  const names = choice.kernels === "auto" ? namesByChoice(choice.work) : [choice.kernels];
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

/** Whether `auto` has to know the work to choose: where there may be a card. */
export function dependsOnWork({ kernels }: KernelsChoice): boolean {
  return kernels === "auto" && ["/dev/nvidiactl", "/dev/dxg"].some(isThere);
}

/** What `auto` tries, in this order. `work` as in {@link KernelsChoice}. */
export function namesByChoice(work = 0): readonly BackendName[] {
  return backendNames.filter((name) => name !== "cuda" || work >= worthACard);
}

/** Opens one backend, or says why it cannot be. */
export async function tryKernels(
  choice: KernelsChoice & { readonly kernels: BackendName },
): Promise<{ attempt: Attempt; backend: Backend | null }> {
  const { kernels: name, isa = null, cache = null, sharedMemory = null } = choice;
  const threads = Math.min(choice.threads ?? availableCores(), mostThreads);
  try {
    const backend = await openers[name]({ threads, isa, cache, sharedMemory });
    return { attempt: { name, outcome: backend.description, opened: true }, backend };
  } catch (error) {
    return { attempt: { name, outcome: (error as Error).message, opened: false }, backend: null };
  }
}

async function cardBackend({ isa, cache }: Wanted): Promise<Backend> {
  if (isa !== null && isa !== "emulated") throw new Error(`cuda has no ${isa}, but emulated`);
  // Few runs are on a card: the others need not wait for what opens one.
  const { openCard } = await import("./cuda/open.ts");
  const processor = async () => (await openKernels({ kernels: "auto", threads: 1 })).backend;
  return openCard({ emulated: isa === "emulated", cache, processor });
}

async function nativeBackend({ threads, isa, sharedMemory }: Wanted): Promise<Backend> {
  const addon = loadAddon(sourceHash);
  const sets = addon.sets().split("\n");
  const set = isa ?? sets[0]!;
  if (!sets.includes(set)) throw new Error(`this machine has no ${set}, but ${sets.join(", ")}`);
  return new FastBackend(openNative(addon, set, threads), sharedMemory);
}

async function wasmBackend({ threads, isa }: Wanted): Promise<Backend> {
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
