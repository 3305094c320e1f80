/** Embeddings: what they compute, how they start, and that a network learns them. */
import { expect, test } from "vitest";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { buildModel } from "../../src/model/model.ts";

const blocks = [
  { first: 1, count: 3, width: 2 },
  { first: 5, count: 2, width: 1 },
];

function build() {
  return buildModel(new Kernels(openReference(64)), [{ type: "embed", blocks }], {
    inputWidth: 8,
    outputWidth: 6,
    seed: 4,
    init: { name: "zeros" },
  });
}

test("a level becomes its column of W, an unseen one zeros, other inputs stay", () => {
  const model = build();
  expect(model.parameters.map(({ name, shape }) => [name, shape])).toEqual([
    ["layers.0.0.weight", [2, 3]],
    ["layers.0.1.weight", [1, 2]],
  ]);
  model.parameters[0]!.value.host.set([1, 2, 3, 10, 20, 30]);
  model.parameters[1]!.value.host.set([7, 8]);
  for (const rows of [3, 2]) {
    const pass = model.plan(rows); // the second plan shares memory with the first
    const seen = [0.5, 0, 0, 1, -2, 0, 1, 9];
    const unseen = [4, 0, 0, 0, 5, 1, 0, 6];
    pass.X.host.set([...seen, ...unseen]);
    pass.forward("evaluate");
    expect([...pass.S.host.subarray(0, 12)]).toEqual([0.5, 3, 30, -2, 8, 9, 4, 0, 0, 5, 7, 6]);
  }
});

test("the first vectors are normal, whatever init the spec has", () => {
  const [first] = build().parameters;
  const values = [...first!.value.host];
  expect(new Set(values).size).toBe(6);
  expect(Math.max(...values.map(Math.abs))).toBeLessThan(5);
});
