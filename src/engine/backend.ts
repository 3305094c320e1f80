/** What a backend is: memory, and a way to compute every verb. Formulas and shapes are in verbs.ts. */
import type { Block, Floats, Indices, Totals } from "./matrix.ts";
import type { Verbs } from "./verbs.ts";

/** In the order in which `--kernels auto` tries them. */
export const backendNames = ["cuda", "native", "wasm", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

/** New zeros, so many bytes, that other processes on this machine can reach; null: there is no such memory. */
export type SharedMemory = (bytes: number) => ArrayBuffer | null;

export interface Backend {
  readonly name: BackendName;
  /** One line for people: instruction set, threads, why this one. */
  readonly description: string;
  readonly precision: 32 | 64;
  readonly threads: number;
  /** Whether multiply-add rounds once: then a run's bits are those of every other fused backend. */
  readonly fused: boolean;
  readonly verbs: Verbs;
  /** The graphics card that computes, and what is free of its memory; absent where the host does. */
  readonly card?: { readonly name: string; readonly freeBytes: number };

  /** @param isShared where others on this machine can reach them, if the backend was opened with such memory */
  floats(length: number, isShared?: boolean): Block<Floats>;
  doubles(length: number): Totals;
  ints(length: number): Indices;
  bytes(length: number): Block<Uint8Array>;
  /** The floats of memory that is there already, such as another process's; absent where verbs reach their own alone. */
  floatsAt?(memory: ArrayBuffer): Block<Floats>;
  /** The numbers of a block or a matrix, once the verbs before are done; see `Kernels.read`. */
  read<Values>(from: Block<Values>): Promise<Values>;
  /** Sets all numbers of a block or a matrix after the verbs before; see `Kernels.write`. */
  write<Values>(to: Block<Values>, fill: (values: Values) => void): void;
  /** Resolves when all enqueued verbs are done. */
  sync(): Promise<void>;
  /**
   * Runs `rounds` rounds of multiply-adds that wait for nothing on one thread, to measure the machine's peak. Returns
   * their floating-point operations. Absent in the reference.
   */
  peak?(rounds: number): number;
  /** Frees memory and threads. No verb may follow. */
  close(): Promise<void>;
}
