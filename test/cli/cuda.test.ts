/** A graphics card on the command line, emulated on the processor: one run's bits, whoever computes which part of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { emulationIsHere } from "../engine/emulation.ts";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

/** Rows with weights and a category, and a network with what has state of its own: norms, dropout, momentum. */
const csv = ["a,b,town,w,y"]
  .concat(
    Array.from(
      { length: 48 },
      (_, i) => `${i % 7},${(i * i) % 11},${"xyz"[i % 3]},${1 + (i % 2)},${(i * 5) % 4}`,
    ),
  )
  .join("\n");
const spec = `
data:
  path: t.csv
  target: y
  task: classification
  columns: { w: weight, town: { encoding: embedding, width: 2 } }
  split: { test: 0.2, validation: 0.2 }
model: { layers: [{ linear: 19 }, batch_norm, gelu, { dropout: 0.2 }, { linear: 9 }, layer_norm, tanh, linear] }
optimizer: { name: adamw, lr: 0.01 }
train: { batch_size: 16, epochs: 3, clip_grad_norm: 1, shards: 2 }
`;
const emulated = { env: { NNT_ISA: "emulated" } };

describe.runIf(emulationIsHere())("emulated", () => {
  let cwd = "";
  const train = async (out: string, kernels: string, epochs: number) => {
    const argv = ["train", join(cwd, "t.yaml"), "--out", join(cwd, out), "--kernels", kernels, "--resume"];
    const { code, err } = await run(
      [...argv, "--set", `train.epochs=${epochs}`],
      kernels === "cuda" ? emulated : {},
    );
    expect([code, err]).toEqual([0, expect.not.stringContaining("nnt:")]);
    return readCheckpoint(join(cwd, out, "last.ckpt"), "none").digests.weights;
  };
  beforeAll(() => {
    cwd = folder();
    put(cwd, { "t.csv": csv, "t.yaml": spec });
  });

  test("a run on the card has the weights of one on the processor, and may go on there and back", async () => {
    const expected = await train("host", "wasm", 3);
    expect(await train("card", "cuda", 3)).toBe(expected);
    await train("both", "wasm", 1);
    await train("both", "cuda", 2);
    expect(await train("both", "wasm", 3)).toBe(expected);
  });

  test("eval and predict on the card answer what they answer on the processor", async () => {
    await train("model", "cuda", 1);
    const model = join(cwd, "model/best.ckpt");
    for (const argv of [
      ["eval", model, "--json"],
      ["predict", model, "--input", join(cwd, "t.csv"), "--proba"],
    ]) {
      const [card, host] = [
        await run([...argv, "--kernels", "cuda"], emulated),
        await run([...argv, "--kernels", "wasm"]),
      ];
      expect(card).toEqual(host);
      expect(card.code).toBe(0);
    }
  });
});

test("without a driver a card that is asked for is refused with the reason, and never chosen", async () => {
  const { out } = await run(["kernels", "--json"]);
  const { chosen, kernels } = JSON.parse(out);
  const card = kernels.find(({ name }: { name: string }) => name === "cuda");
  expect(chosen).not.toBe("cuda");
  if (existsSync("/dev/nvidiactl")) return;
  expect(card.opened).toBe(false);
  const cwd = folder();
  put(cwd, { "t.csv": csv, "t.yaml": spec });
  const { code, err } = await run(["train", join(cwd, "t.yaml"), "--kernels", "cuda"]);
  expect(code).toBe(5);
  expect(err).toMatch(
    new RegExp(`^nnt: the cuda kernels cannot be used: ${card.outcome.replace(/[.*+?^$()[\]]/g, "\\$&")}`),
  );
});
