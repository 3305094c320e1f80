/** Where a tree cuts a column into pieces, and that an embedding then says how much of each lies below a value. */
import { expect, test } from "vitest";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { buildModel } from "../../src/model/model.ts";
import { fitPieces, treeEdges } from "../../src/train/fitPieces.ts";

const n = 1000;
const x = Float64Array.from({ length: n }, (_, i) => i / n);
const columns = (...of: ((x: number) => number)[]) => ({
  x,
  y: Float64Array.from({ length: n * of.length }, (_, i) =>
    of[i % of.length]!(x[Math.floor(i / of.length)]!),
  ),
  outputs: of.length,
});
const step = (at: number) => (value: number) => (value < at ? 0 : 1);

test.each([
  ["at a step", columns(step(0.3)), [0, 0.2995, 0.999]],
  ["at the steps of each of two outputs", columns(step(0.3), step(0.7)), [0, 0.2995, 0.6995, 0.999]],
  ["nowhere, where the target stays the same", columns(() => 5), [0, 0.999]],
  ["nowhere, in a column of one value", { ...columns(step(0.3)), x: new Float64Array(n).fill(2) }, [2]],
])("a column is cut %s", (_, sample, edges) => {
  expect(treeEdges(sample, 8)).toEqual(edges.map((edge) => expect.closeTo(edge, 10)));
});

test("pieces are narrow where the target changes, and no more than were asked for", () => {
  const edges = treeEdges(
    columns((value) => (value < 0.8 ? 0 : Math.sin(40 * value))),
    8,
  );
  expect(edges).toHaveLength(9);
  expect(edges.filter((edge) => edge >= 0.79).length).toBeGreaterThanOrEqual(8);
});

test("an embedding's pieces are full below a value, empty above it, and partly full around it", async () => {
  const k = new Kernels(openReference());
  const layer = {
    type: "embed_numbers",
    kind: "piecewise_linear",
    pieces: 4,
    sigma: 1,
    width: 5,
    columns: [0],
  } as const;
  const model = buildModel(k, [{ ...layer, columns: [0] }], {
    ...{ inputWidth: 1, outputWidth: 5, seed: 0, init: { name: "default" } },
  });
  const table = { rows: n, cols: 1, values: Float32Array.from(x) };
  const targets = Float32Array.from(x, (value) => step(0.25)(value) + step(0.5)(value));
  fitPieces(k, model, { table, indices: Int32Array.from(x.keys()), targets, weights: null }, 0);
  const [, , W, c] = ["frequency", "phase", "weight", "bias"];
  const own = (name: string | undefined) =>
    model.parameters.find((one) => one.name.endsWith(`.${name}`))!.value;
  const identity = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
  k.write(own(W), (values) => values.set(identity));
  k.write(own(c), (values) => values.fill(0));
  const pass = model.plan(3);
  k.write(pass.X, (values) => values.set([0.1, 0.375, 0.8]));
  pass.forward("evaluate");
  const Y = await k.read(pass.S);
  const rows = [0, 1, 2].map((row) => [...Y.slice(5 * row + 1, 5 * row + 5)]);
  expect(rows[0]).toEqual([0.1 / 0.2495, 0, 0, 0].map((share) => expect.closeTo(share, 4)));
  expect(rows[1]).toEqual([1, 0.1255 / 0.25, 0, 0].map((share) => expect.closeTo(share, 4)));
  expect(rows[2]).toEqual([1, 1, 0.3005 / 0.4995, 0].map((share) => expect.closeTo(share, 4)));
});
