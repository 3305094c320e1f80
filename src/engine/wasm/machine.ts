/** The WebAssembly machine: command lists run by workers over one shared memory, which grows as needed. */
import { Worker } from "node:worker_threads";
import { exitCodes, UserError } from "../../support/errors.ts";
import { aligned, type Machine } from "../fast/machine.ts";
import { type WasmExports, type WasmModule, withPlainMemory } from "./module.ts";

const pageBytes = 65536;
/** Everything a 32-bit address reaches, and less for systems that do not let so much address space be reserved. */
const reservations = [65536, 16384, 4096];
const stackBytes = 65536;

/**
 * What a worker runs; the work itself is in C. Plain JavaScript, because not every loader can give TypeScript to a
 * worker of Node 20.
 */
const workerSource = `
  const { module, memory, stack, team, id } = require("node:worker_threads").workerData;
  const { exports } = new WebAssembly.Instance(module, { env: { memory, now: () => 0 } });
  exports.__stack_pointer.value = stack;
  exports.work(team, id);
`;

/** Nanoseconds. Thread 0 judges by them whether the other threads still have cores; results never depend on them. */
const now = () => Number(process.hrtime.bigint());

/** Opens up to `threads` threads; one, with the reason in the description, where memory cannot be shared. */
export function openWasm(wasm: WasmModule, threads: number): Machine {
  const shared = threads > 1 ? sharedMemory() : null;
  const memory = shared ?? plainMemory();
  const module = shared ? wasm.module : withPlainMemory(wasm);
  const { exports } = new WebAssembly.Instance(module, { env: { memory, now } });
  const calls = exports as unknown as WasmExports;
  const count = shared ? threads : 1;

  let top = aligned(calls.__heap_base.value as number);
  function take(bytes: number): number {
    const address = top;
    const end = top + aligned(bytes);
    const missing = Math.ceil(end / pageBytes) - memory.buffer.byteLength / pageBytes;
    if (missing > 0) grow(memory, missing, bytes);
    top = end;
    return address;
  }

  const team = take(calls.bytes(count));
  calls.open(team, count);
  const workers = Array.from({ length: count - 1 }, (_, i) => {
    const stack = take(stackBytes) + stackBytes;
    const workerData = { module, memory, stack, team, id: i + 1 };
    const worker = new Worker(workerSource, { eval: true, workerData, execArgv: [], env: {} });
    worker.unref();
    return worker;
  });

  const kind = wasm.fused ? "relaxed SIMD" : "plain SIMD, not bit-identical to the others";
  const crew = count === 1 ? "1 thread" : `${count} threads`;
  const why = threads > 1 && !shared ? " (no shared memory available)" : "";
  return {
    name: "wasm",
    description: `wasm: ${kind}, ${crew}${why}`,
    threads: count,
    slowness: 2.5,
    fused: wasm.fused,
    allocate(bytes) {
      const address = take(bytes);
      return { address, offset: address, buffer: () => memory.buffer };
    },
    run: (address, words) => calls.run(team, address, words),
    peak: (rounds) => calls.peak(rounds),
    async close() {
      calls.close(team);
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function sharedMemory(): WebAssembly.Memory | null {
  for (const maximum of reservations) {
    try {
      return new WebAssembly.Memory({ initial: 2, maximum, shared: true });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return null;
}

function plainMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 2, maximum: reservations[0]! });
}

function grow(memory: WebAssembly.Memory, pages: number, bytes: number): void {
  try {
    memory.grow(pages);
  } catch (cause) {
    const used = `${Math.round(memory.buffer.byteLength / 2 ** 20)} MB`;
    throw new UserError(
      exitCodes.io,
      {
        message: `not enough memory: ${Math.ceil(bytes / 2 ** 20)} MB more than the ${used} in use cannot be allocated`,
        expected: "at most 4096 MB in all with the wasm kernels",
        hint: "a smaller model or batch needs less; native kernels have no such limit",
      },
      { cause },
    );
  }
}
