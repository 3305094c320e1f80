/** docs/guide/relu-at-zero.md: what ReLU's derivative is at 0 changes no bit of a run, as it is never asked for there. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { activations } from "../../src/engine/activations.ts";
import { folder } from "../cli/program.ts";

const cwd = folder();
const spec = join(import.meta.dirname, "../../configs/curve-sum-of-relus.yaml");

test("0, 1/2 and 1 train the same", { timeout: 60_000 }, async () => {
  const relu: { dg: (z: number) => number; inPlace?: true } = activations.relu;
  delete relu.inPlace; // or backward would see a = 0 where z was below
  const { train } = await import("../../src/api/index.ts");
  const ends = [];
  for (const atZero of [0, 0.5, 1]) {
    let [asked, zeros] = [0, 0];
    relu.dg = (z) => {
      asked++;
      if (z === 0) zeros++;
      return z > 0 ? 1 : z < 0 ? 0 : atZero;
    };
    const settings = {
      kernels: "reference",
      out: join(cwd, String(atZero)),
      set: ["train.epochs=10"],
    } as const;
    const { summary } = await train(spec, settings).done;
    ends.push({ bits: summary.weights_sha256, asked, zeros });
  }
  expect(ends[0]).toMatchObject({ asked: 112_000, zeros: 0 });
  expect(ends[1]).toEqual(ends[0]);
  expect(ends[2]).toEqual(ends[0]);
});
