/** The compiled WebAssembly kernels: with fused multiply-add where V8 has relaxed SIMD, else without. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

export interface WasmModule {
  readonly module: WebAssembly.Module;
  readonly fused: boolean;
  /** The binary, for a host that has to change how memory is imported. */
  readonly binary: Uint8Array<ArrayBuffer>;
}

/** What kernels/wasm.c exports. */
export interface WasmExports {
  readonly __stack_pointer: WebAssembly.Global;
  readonly __heap_base: WebAssembly.Global;
  bytes(threads: number): number;
  open(team: number, threads: number): void;
  run(team: number, list: number, words: number): void;
  work(team: number, id: number): void;
  close(team: number): void;
  peak(rounds: number): number;
}

export type WasmVariant = "relaxed" | "plain";

const files = { relaxed: "nnt.wasm", plain: "nnt-plain.wasm" } satisfies Record<WasmVariant, string>;

/** @throws WebAssembly.CompileError where the variant's instructions are unknown */
export function compile(variant: WasmVariant): WasmModule {
  // Node 20 has relaxed SIMD behind this flag; from 22 on it is always there, and the flag may be unknown.
  if (variant === "relaxed") setFlagsFromString("--experimental-wasm-relaxed-simd");
  const url = new URL(`../../../kernels/${files[variant]}`, import.meta.url);
  const binary = new Uint8Array(readFileSync(url));
  return { module: new WebAssembly.Module(binary), fused: variant === "relaxed", binary };
}

/**
 * The same module with its memory imported as not shared: one bit of its import section. For hosts that have
 * no shared memory to give.
 */
export function withPlainMemory({ binary }: WasmModule): WebAssembly.Module {
  const copy = binary.slice();
  copy[memoryFlagsAt(copy)]! &= ~2;
  return new WebAssembly.Module(copy);
}

/** Where the import section says how its one import, `env.memory`, is limited. */
function memoryFlagsAt(binary: Uint8Array): number {
  let at = 8;
  while (at < binary.length) {
    const section = binary[at++]!;
    let size = 0;
    for (let shift = 0, byte = 128; byte & 128; shift += 7) {
      byte = binary[at++]!;
      size |= (byte & 127) << shift;
    }
    if (section === importSection) {
      const moduleLength = binary[at + 1]!; // after the count, which is 1
      const nameLength = binary[at + 2 + moduleLength]!;
      return at + 4 + moduleLength + nameLength; // after the kind
    }
    at += size;
  }
  throw new Error("no import section");
}
const importSection = 2;
