/** `nnt kernels`: every backend is accounted for, by name and reason. */
import { expect, test } from "vitest";
import { backendNames } from "../../src/engine/choose.ts";
import { run } from "./host.ts";

interface Answer {
  chosen: string;
  kernels: {
    name: string;
    opened: boolean;
    outcome: string;
    threads: number | null;
  }[];
}

test("every backend opens or says why it does not, and the first that opens is chosen", async () => {
  const { code, out } = await run(["kernels", "--json", "--threads", "2"]);
  const { chosen, kernels } = JSON.parse(out) as Answer;
  expect(code).toBe(0);
  expect(kernels.map(({ name }) => name)).toEqual(backendNames);
  expect(chosen).toBe(kernels.find(({ opened }) => opened)?.name);
  for (const { opened, threads, outcome } of kernels) {
    expect(threads !== null).toBe(opened);
    expect(outcome).not.toBe("");
  }
});

test("an instruction set that no machine has is refused by name, and the reference is left", async () => {
  const { out } = await run(["kernels"], { env: { NNT_ISA: "abacus" } });
  expect(out).toMatch(/native +does not open +.*(no abacus|C compiler)/);
  expect(out).toMatch(/wasm +does not open +wasm has no abacus, but relaxed, plain/);
  expect(out).toMatch(/reference +chosen/);
});
