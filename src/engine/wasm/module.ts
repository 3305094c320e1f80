/** The compiled WebAssembly kernels: with fused multiply-add where V8 has relaxed SIMD, else without. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { ownFile } from "../../support/ownFile.ts";

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
  const binary = new Uint8Array(readFileSync(ownFile(`kernels/${files[variant]}`)));
  return { module: new WebAssembly.Module(binary), fused: variant === "relaxed", binary };
}

/**
 * The same module with its memory imported as not shared: one bit of its import section. For hosts without
 * shared memory.
 */
export function withPlainMemory({ binary }: WasmModule): WebAssembly.Module {
  const copy = binary.slice();
  copy[memoryFlagsAt(copy)]! &= ~2;
  return new WebAssembly.Module(copy);
}

/** Where the import section says how `env.memory` is limited: a byte whose bit 1 is "shared". */
function memoryFlagsAt(binary: Uint8Array): number {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const skipName = () => {
    const length = number();
    at += length;
  };
  while (at < binary.length) {
    const section = number();
    const size = number();
    if (section !== importSection) {
      at += size;
      continue;
    }
    for (let left = number(); left > 0; left--) {
      skipName();
      skipName();
      const kind = number();
      if (kind === memoryKind) return at;
      number(); // the type of a function
    }
  }
  throw new Error("no memory is imported");
}
const importSection = 2;
const memoryKind = 2;
