/** What a row's inputs add to an answer: the slopes are slopes, the parts make the whole, and answers are predict's. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { writeCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import type { Split } from "../../src/data/dataset/dataset.ts";
import { Decoder } from "../../src/data/preprocessing/decode.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { Attributor } from "../../src/evaluate/attribution.ts";
import { readModel, restoreModel, type SavedModel } from "../../src/evaluate/savedModel.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";
import { irisData, nobody, workOf } from "../train/support.ts";

const directory = mkdtempSync(join(tmpdir(), "nnt-attribution-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const diabetes = "data: { path: data/diabetes.csv, target: progression }\n";
const breast = "data: { path: data/breast_cancer.csv, target: diagnosis }\n";
const penguins =
  "data: { path: data/penguins.csv, target: [Species, Sex], columns: { Sex: { missing: drop }, Comments: ignore, Individual ID: ignore } }\n";
const norms =
  "{ layers: [{ linear: 6 }, batch_norm, silu, { dropout: 0.5 }, { linear: 5 }, layer_norm, tanh, { linear: 3 }] }";
const small = "hidden: [6], activation: tanh";

const specs = {
  "softmax, norms and dropout": `${irisData}model: ${norms}\n`,
  "softmax with a temperature": `# temperature\n${irisData}model: { ${small} }\n`,
  "members that share weights": `${irisData}model: { ${small}, members: 3 }\n`,
  "members that share nothing": `${irisData}model: { layers: [{ ensemble: { members: 2, shared: false, layers: [{ linear: 4 }, tanh, { linear: 3 }] } }] }\n`,
  "one output for two classes": `${breast}model: { ${small} }\nloss: bce_with_logits\n`,
  "two classes, averaged": `${breast}model: { ${small}, members: 2 }\nloss: bce_with_logits\n`,
  "a number": `${diabetes}model: { ${small} }\n`,
  "a normal distribution, averaged": `${diabetes}model: { ${small}, members: 2 }\nloss: gaussian_nll\n`,
  "a rate, averaged": `${diabetes}model: { ${small}, members: 2 }\nloss: poisson_nll\n`,
  "several targets of classes": `${penguins}model: { ${small} }\n`,
  "several targets of classes, averaged": `${penguins}model: { ${small}, members: 2 }\n`,
  "an embedded category": `data: { path: data/churn.csv, target: status, columns: { plan: { type: category, encoding: embedding } } }\nmodel: { ${small}, members: 2 }\n`,
};

async function trained(text: string): Promise<{ saved: SavedModel; rows: Float32Array[] }> {
  const work = await workOf(`${text}train: { epochs: 1 }\n`);
  await trainEpoch(work, () => null, nobody);
  const path = join(directory, "model.ckpt");
  const checkpoint = await work.checkpoint();
  const calibration = { temperature: 1.7, thresholds: null, conformal: null };
  const added = text.includes("temperature") ? { calibration } : {};
  writeCheckpoint(path, { ...checkpoint, preprocessing: { ...work.preprocessing, ...added } });
  const { table } = work.data.splits.train as Split;
  const row = (number: number) =>
    Float32Array.from(table.values.subarray(number * table.cols, (number + 1) * table.cols));
  return { saved: readModel(path), rows: [3, 40, 80].map(row) };
}

describe.each(Object.entries(specs))("%s", (_, text) => {
  test("values are those of predict, gradients are their slopes, and attributions sum up", async () => {
    const { saved, rows } = await trained(text);
    const attributor = new Attributor(saved);
    const baseline = new Float64Array(rows[0]!.length);
    for (const x of rows) {
      const [index, value] = predicted(saved, x);
      expect(await attributor.value(x, index)).toBeCloseTo(value, 5);

      const { gradient } = await attributor.gradient(x, index);
      const size = Math.max(...gradient.map(Math.abs));
      expect(size).toBeGreaterThan(0);
      for (const [j, slope] of gradient.entries()) {
        const at = (h: number) =>
          attributor.value(
            Float64Array.from(x, (value, i) => (i === j ? value + h : value)),
            index,
          );
        expect(Math.abs(slope - ((await at(1e-5)) - (await at(-1e-5))) / 2e-5) / size).toBeLessThan(1e-6);
      }

      const { value: f, baseline: f0, inputs } = await attributor.attribute(x, baseline, index, 100);
      const sum = inputs.reduce((total, part) => total + part, 0);
      expect(Math.abs(f - f0 - sum) / Math.abs(f - f0)).toBeLessThan(2e-3);
    }
  });
});

/** What predict says, and of which answer. */
function predicted(saved: SavedModel, x: Float32Array): [index: number, value: number] {
  const pass = restoreModel(new Kernels(openReference(32)), saved).plan(1);
  pass.X.host.set(x);
  pass.forward("evaluate");
  const decoder = new Decoder(saved.preprocessing);
  decoder.decode(pass.S.host as Float32Array, 0);
  const { probabilities, predictions } = decoder;
  return probabilities ? [predictions[0]!, probabilities[predictions[0]!]!] : [0, predictions[0]!];
}
