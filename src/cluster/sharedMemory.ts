/** Memory of processes on one machine that each of them maps: files without a name, opened by way of their owner's /proc. */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import type { SharedMemory } from "./peers.ts";

/** What maps files: see kernels/mpi/memory.h. */
interface Mapper {
  memoryFile(): number;
  map(file: number, bytes: number): ArrayBuffer;
}

/** Bytes that are worth it: messages of so many take 0.1 ms. */
const worthSharing = 2 ** 20;

/** @param pidOf a process's number on its machine */
export function sharedMemory(mapper: Mapper, pidOf: (rank: number) => number): SharedMemory {
  const files = new WeakMap<ArrayBufferLike, number>();
  const unused = new FinalizationRegistry(closeSync);
  return {
    allocate(bytes) {
      if (bytes < worthSharing) return null;
      const file = mapper.memoryFile();
      if (file < 0) return null;
      ftruncateSync(file, bytes);
      const memory = mapper.map(file, bytes);
      files.set(memory, file);
      unused.register(memory, file);
      return memory;
    },
    nameOf(memory) {
      const file = files.get(memory);
      return file === undefined ? null : `${file} ${memory.byteLength} ${identityOf(file)}`;
    },
    reach(rank, name) {
      const [number, bytes] = name.split(" ");
      let file: number | null = null;
      try {
        file = openSync(`/proc/${pidOf(rank)}/fd/${number}`, "r+");
        return name.endsWith(` ${identityOf(file)}`) ? mapper.map(file, Number(bytes)) : null;
      } catch {
        return null; // another machine, or a container that sees no processes but its own
      } finally {
        if (file !== null) closeSync(file);
      }
    },
  };
}

/** Of an open file, among all of all machines: which start of which kernel it is of, and its number there. */
function identityOf(file: number): string {
  const { dev, ino } = fstatSync(file, { bigint: true });
  return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${dev} ${ino}`;
}
