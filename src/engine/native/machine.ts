/** The native machine: command lists run by the addon's threads, memory in ArrayBuffers that never move. */
import { exitCodes, UserError } from "../../support/errors.ts";
import { aligned, alignment, type Machine, type Region } from "../fast/machine.ts";
import type { Addon } from "./addon.ts";

/** Small blocks share buffers of this many bytes: fewer objects, and what a step uses together lies together. */
const arenaBytes = 1 << 20;

interface Arena {
  readonly buffer: ArrayBuffer;
  readonly address: number;
  used: number;
}

/** Opens `threads` threads for an instruction set of {@link Addon.sets}. */
export function openNative(addon: Addon, set: string, threads: number): Machine {
  const team = addon.open(set, threads);
  const count = addon.threads(team);
  const fused = addon.fused(set) === 1;
  let arena: Arena | null = null;

  function newArena(bytes: number): Arena {
    const buffer = newBuffer(bytes + alignment);
    const start = addon.address(buffer);
    return { buffer, address: start, used: (alignment - (start % alignment)) % alignment };
  }

  function take(from: Arena, bytes: number): Region {
    const offset = from.used;
    from.used += bytes;
    return { address: from.address + offset, offset, buffer: () => from.buffer };
  }

  return {
    name: "native",
    description: `native: ${set}${fused ? "" : ", not bit-identical to the others"}, ${count} ${count === 1 ? "thread" : "threads"}`,
    threads: count,
    slowness: 1,
    fused,
    allocate(wanted) {
      const bytes = aligned(wanted);
      if (bytes > arenaBytes / 8) return take(newArena(bytes), bytes);
      if (!arena || arena.used + bytes > arena.buffer.byteLength) arena = newArena(arenaBytes);
      return take(arena, bytes);
    },
    regionAt: (memory) => ({ address: addon.address(memory), offset: 0, buffer: () => memory }),
    run: (address, words) => addon.run(team, address, words),
    peak: (rounds) => addon.peak(set, rounds),
    async close() {
      addon.close(team);
    },
  };
}

function newBuffer(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    const wanted = `${Math.ceil(bytes / 2 ** 20)} MB`;
    throw new UserError(
      exitCodes.io,
      {
        message: `not enough memory: cannot allocate ${wanted} more`,
        hint: "a smaller model or batch needs less",
      },
      { cause },
    );
  }
}
