/** Model files whose digest is right and whose network is not: what somebody would send who knows the format. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { decodeCheckpoint, writeCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { readModel, restoreModel } from "../../src/evaluate/savedModel.ts";
import { memorySource } from "../../src/support/byteSource.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import { fileOf, irisData, workOf } from "../train/support.ts";

const directory = mkdtempSync(join(tmpdir(), "nnt-model-"));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, "model.ckpt");
const work = await workOf(`${irisData}model: { layers: [{ linear: 4 }, relu, { linear: 3 }] }`);
const honest = decodeCheckpoint(memorySource("model.ckpt", await fileOf(work)));
const { data: honestData } = honest.spec as { data: object };

function restore(spec: object): unknown {
  writeCheckpoint(path, { ...honest, spec: { ...honest.spec, ...spec } });
  return restoreModel(new Kernels(openReference()), readModel(path));
}

const linear = (width: unknown) => ({ type: "linear", width, bias: true });
const layers = (...list: unknown[]) => ({ model: { layers: list } });
const ensemble = (options: object) =>
  layers({ type: "ensemble", members: 2, average: "identity", layers: [linear(3)], ...options });
const nested = (depth: number): object =>
  depth === 0 ? linear(4) : { type: "residual", layers: [nested(depth - 1)] };

test("an honest model is restored", () => {
  expect(() => restore({})).not.toThrow();
});

describe("refused as no network's:", () => {
  test.each<[string, object, string]>([
    ["no model", { model: 3 }, "it lists no layers"],
    ["no layers", layers(), "it lists no layers"],
    ["layers that are none", { model: { layers: "linear" } }, "it lists no layers"],
    ["a layer of no type", layers({ width: 3 }), "layer 0 has an unknown type"],
    ["a layer of an object's own name", layers({ type: "constructor" }), "layer 0 has an unknown type"],
    ["a layer that is none", layers(linear(4), null), "layer 1 has an unknown type"],
    ["a width that is none", layers(linear(-1)), "layer 0 has no valid width"],
    ["a broken width", layers(linear(2.5)), "layer 0 has no valid width"],
    ["a width beyond all", layers(linear(2 ** 24 + 1)), "layer 0 has no valid width"],
    ["a text for a number", layers({ type: "dropout", p: "0.5" }), "spec.model.layers.0.p: a number"],
    ["an object for a number", layers({ ...linear(3), bias: {} }), "spec.model.layers.0.bias: true or false"],
    ["an ensemble of nobody", ensemble({ members: 0 }), "layer 0 is not a valid ensemble"],
    ["an ensemble of a crowd", ensemble({ members: 4097 }), "layer 0 is not a valid ensemble"],
    ["an ensemble without an average", ensemble({ average: "toString" }), "layer 0 is not a valid ensemble"],
    ["an ensemble without layers", ensemble({ layers: [] }), "it lists no layers"],
    ["blocks without end", layers(nested(20), linear(3)), "has an unknown type"],
    [
      "an embedding of no columns",
      layers({ type: "embed", blocks: [1] }, linear(3)),
      "spec.model.layers.0.blocks.0",
    ],
    ["an embedding in a block", layers({ type: "residual", layers: [{ type: "embed" }] }), "its embeddings"],
    ["no loss", { loss: null }, "it has no loss"],
    ["a loss of an object's own name", { loss: { name: "valueOf" } }, "spec.loss.name"],
    ["no data", { data: null }, "spec.data"],
    ["data of no known format", { data: { ...honestData, format: "xxx" } }, "spec.data.format"],
    ["a delimiter that is a number", { data: { ...honestData, delimiter: 7 } }, "spec.data.delimiter"],
    ["a name that a terminal obeys", { name: "\u001b]0;x\u0007" }, "spec.name"],
    ["what no spec has", { extra: 1 }, "spec."],
    ["a loss of another task", { loss: { name: "mse" } }, "mse is a loss for regression"],
    [
      "weights for other outputs",
      { loss: { name: "cross_entropy", label_smoothing: 0, class_weights: [1] } },
      "one weight for each output",
    ],
    ["another task", { data: { ...honestData, task: "multilabel" } }, "data.task is multilabel"],
    [
      "a task of its loss, and not of its target",
      { data: { ...honestData, task: "multioutput" } },
      "only one target",
    ],
  ])("%s", (_, spec, why) => {
    const error = problemOf(spec);
    expect(error.exitCode).toBe(exitCodes.model);
    expect(error.message).toContain(`${path}: the model file describes no valid network: `);
    expect(error.message).toContain(why);
  });
});

test.each([
  ["a link that its loss has not", { link: "sigmoid", classes: ["a", "b"] }, "its loss and its target"],
  ["classes that no loss reads", { encoding: "one_hot" }, "encoded as no loss reads them"],
])("%s is refused", (_, target, why) => {
  const preprocessing = structuredClone(honest.preprocessing) as { target: object };
  Object.assign(preprocessing.target, target);
  writeCheckpoint(path, { ...honest, preprocessing });
  expect(() => readModel(path)).toThrow(why);
});

test("layers too large to be true are refused for their tensors, before memory is taken for them", () => {
  const error = problemOf(layers(linear(2 ** 24), { type: "relu" }, linear(2 ** 24), linear(3)));
  expect(error.exitCode).toBe(exitCodes.model);
  expect(error.message).toContain("layers.0.weight");
});

function problemOf(spec: object): UserError {
  try {
    restore(spec);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
