/** What the first and the second signal do, by the process they are sent to. */
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import type { StopSignal } from "../../src/cli/signals.ts";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

vi.setConfig({ testTimeout: 60_000 }); // a training, also on a busy machine

const directory = folder();

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s ends a command that has nothing to save at once, with %d", async (signal, code) => {
  const left: number[] = [];
  await run(["inspect", "nowhere"], { signals: (send) => send(signal), leave: (code) => left.push(code) });
  expect(left).toEqual([code]);
});

test("one that has something to save is asked first, and left at once the second time", async () => {
  const rows = Array.from({ length: 30 }, (_, row) => `${row},${row % 2 ? "odd" : "even"}`);
  put(directory, {
    "table.csv": `x,y\n${rows.join("\n")}\n`,
    "spec.yaml": "data: { path: table.csv, target: y }\ntrain: { epochs: 1 }\n",
  });
  await run(["train", join(directory, "spec.yaml"), "--out", join(directory, "run"), "--quiet"]);
  const left: number[] = [];
  let send: (signal: StopSignal) => void = () => {};
  const leftAfterEach: number[][] = [];
  const stdin = new Readable({
    read() {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        send(signal);
        leftAfterEach.push([...left]);
      }
    },
  });
  const { code } = await run(["predict", join(directory, "run/best.ckpt")], {
    stdin,
    signals: (sender) => {
      send = sender;
    },
    leave: (code) => left.push(code),
  });
  expect(leftAfterEach[0]).toEqual([]);
  expect(leftAfterEach[1]).toEqual([143]);
  expect(code).toBe(130);
});
