/** PyTorch's ten steps of every optimizer, as a person would run them: a table, a spec, given first weights. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { encodeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { endEpoch } from "../../src/run/endEpoch.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";
import golden from "../golden/optimizers.json" with { type: "json" };
import { expectGolden, flat, type Nested, shapeOf, type Tensors } from "../model/golden.ts";
import { goldenSpec } from "./goldenSpec.ts";
import { nobody, workOf } from "./support.ts";

interface GoldenCase {
  optimizer: string;
  options: Record<string, number | boolean>;
  x: Nested[];
  target: number[];
  initial: Tensors;
  losses: number[];
  final: Tensors;
}
const cases = golden.cases as unknown as GoldenCase[];
const batchesPerEpoch = 3;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nnt-golden-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(cases)("$optimizer", async ({ optimizer, options, x, target, initial, losses, final }) => {
  const [table, weights] = [join(folder, `${optimizer}.csv`), join(folder, `${optimizer}.safetensors`)];
  const lines = x.map((row, r) => [...flat(row), target[r]].join(","));
  writeFileSync(table, `a,b,c,d,e,class\n${lines.join("\n")}\n`);
  const tensors = Object.entries(initial).map(([name, values]) => ({
    name,
    shape: shapeOf(values),
    values: flat(values),
  }));
  const { head, data } = encodeSafetensors(tensors, new Map());
  writeFileSync(weights, Buffer.concat([head, ...data]));
  const { spec, train } = goldenSpec(optimizer, options);
  const work = await workOf(`
data: { path: ${table}, target: class, task: classification, scale: none, split: { validation: 0, test: 0 } }
model: { hidden: [7, 6], activation: tanh }
init: { from: ${weights} }
optimizer: ${JSON.stringify(spec)}
train: ${JSON.stringify({ max_steps: 10, batch_size: 4, shuffle: false, ...train })}
`);
  const epochLosses: number[] = [];
  while (!work.trainer.finished) {
    await trainEpoch(work, () => null, nobody);
    epochLosses.push((await endEpoch(work)).event.train.loss!);
  }
  const expected = [0, 1, 2, 3].map((epoch) => mean(losses.slice(3 * epoch, 3 * epoch + batchesPerEpoch)));
  expectGolden("losses of epochs", 32, epochLosses, expected);
  for (const { name, values } of await work.model.tensors()) expectGolden(name, 32, values, final[name]!);
});

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
