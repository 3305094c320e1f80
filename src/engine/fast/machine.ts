/** What the fast backend needs from the machine below it: memory with addresses, and running a command list. */
import type { BackendName } from "../backend.ts";

/** Bytes at a fixed address; the buffer may change as memory grows, the bytes stay where they are. */
export interface Region {
  readonly address: number;
  /** Where the region begins in `buffer()`. */
  readonly offset: number;
  buffer(): ArrayBufferLike;
}

export interface Machine {
  readonly name: BackendName;
  readonly description: string;
  readonly threads: number;
  readonly fused: boolean;
  /** How long a command takes here, relative to the native kernels. */
  readonly slowness: number;
  /** New zeros, aligned to 64 bytes. @throws UserError (exit code 5) when there is no more memory */
  allocate(bytes: number): Region;
  /** Memory that is there already; absent where commands reach this machine's own alone. */
  regionAt?(memory: ArrayBuffer): Region;
  /** Runs a list of `words` doubles at `address` and returns when it is done. */
  run(address: number, words: number): void;
  /** Runs `rounds` rounds of multiply-adds on one thread; returns how many floating-point operations they were. */
  peak(rounds: number): number;
  close(): Promise<void>;
}

/** Cache line, and the widest vector: no two blocks share one. */
export const alignment = 64;

export const aligned = (bytes: number) => Math.ceil(bytes / alignment) * alignment;
