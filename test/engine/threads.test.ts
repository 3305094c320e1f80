/** Threads: any number of them gives the same bits, and they come and go without anybody waiting for them. */
import { expect, test } from "vitest";
import { openKernels } from "../../src/engine/choose.ts";

test.each([
  ["native", 30],
  ["wasm", 3],
] as const)("%s: a team that is closed as soon as it is opened, again and again", async (kernels, times) => {
  for (let i = 0; i < times; i++) {
    const { backend } = await openKernels({ kernels, threads: 4 });
    await backend.close();
  }
  expect.assertions(0);
});
