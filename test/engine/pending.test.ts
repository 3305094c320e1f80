/** Commands that have not run yet: what they point to stays where it is until they have. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { openKernels } from "../../src/engine/choose.ts";
import { Kernels } from "../../src/engine/kernels.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Lets the engine collect what nobody holds: finalizers and weak references look between turns of the event loop. */
async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test.each(["native", "wasm"] as const)(
  "%s: memory lives as long as a pending command, and no longer",
  async (kernels) => {
    const { backend } = await openKernels({ kernels, threads: 1 });
    const k = new Kernels(backend);
    const blocks = (() => {
      const [A, B, C] = [k.matrix(300, 300), k.matrix(300, 300), k.matrix(2, 300)];
      const rows = backend.ints(4);
      k.copy(A, B);
      k.gather(C, A, rows, 1);
      return [A.block, B.block, C.block, rows].map((block) => new WeakRef(block));
    })();
    await collect();
    expect(blocks.every((block) => block.deref() !== undefined)).toBe(true);
    await k.sync();
    await collect();
    expect(blocks.every((block) => block.deref() === undefined)).toBe(true);
    await backend.close();
  },
);
