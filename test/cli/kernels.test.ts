/** `nnt kernels`: every backend is accounted for, by name and reason. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { backendNames } from "../../src/engine/backend.ts";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

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
  expect(out).toMatch(/native +unavailable +.*(no abacus|C compiler)/);
  expect(out).toMatch(/wasm +unavailable +wasm has no abacus, but relaxed, plain/);
  expect(out).toMatch(/reference +chosen/);
});

test("lr-find honours the instruction set that was asked for, too", async () => {
  const cwd = folder();
  put(cwd, { "t.csv": "x,y\n1,2.5\n2,3.5\n3,4.5\n4,5.5\n", "t.yaml": spec });
  const argv = ["lr-find", join(cwd, "t.yaml"), "--steps", "10", "--kernels", "wasm"];
  const { code, err } = await run(argv, { env: { NNT_ISA: "abacus" } });
  expect([code, err]).toEqual([5, expect.stringContaining("wasm has no abacus")]);
  expect(await run(argv, { env: { NNT_ISA: "plain" } })).toMatchObject({ code: 0 });
});

test("a run on kernels that do not fuse multiply-adds says that its bits differ", async () => {
  const cwd = folder();
  put(cwd, { "t.csv": "x,y\n1,2.5\n2,3.5\n3,4.5\n4,5.5\n", "t.yaml": spec });
  const train = (out: string, kernels: string, NNT_ISA: string) =>
    run(["train", join(cwd, "t.yaml"), "--out", join(cwd, out), "--kernels", kernels], { env: { NNT_ISA } });
  const plain = await train("plain", "wasm", "plain");
  expect(plain.err).toMatch(
    /, wasm on \d+ threads?, without fused multiply-add: bits differ from other kernels\n/,
  );
  const relaxed = await train("relaxed", "wasm", "relaxed");
  expect(relaxed.err).toMatch(/, wasm on \d+ threads?\n/);
  expect(readFileSync(join(cwd, "plain/metrics.jsonl"), "utf8")).toMatch(
    /^\{"event":"start",.*"fused":false/,
  );
});

const spec = "data: { path: t.csv, target: y, split: { test: 0 } }\ntrain: { epochs: 1 }\n";
