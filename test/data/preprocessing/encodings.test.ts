/** Columns as several inputs: numbers cut at quantiles or as waves, categories for the network to embed. */
import { expect, test } from "vitest";
import { loadDataset } from "../../../src/data/dataset/load.ts";
import { expand, fitExpansion } from "../../../src/data/preprocessing/expansion.ts";
import {
  embeddedInputs,
  inputNames,
  inputWidth,
  type Preprocessing,
} from "../../../src/data/preprocessing/preprocessing.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const write = temporaryFiles();

const inputsOf = (expansion: ReturnType<typeof fitExpansion>, x: number, width: number) => {
  const out = new Float32Array(width);
  expand(expansion, x, out, 0);
  return [...out];
};

test("pieces end at quantiles; a number fills those below it and goes on beyond the ends", () => {
  const expansion = fitExpansion("piecewise_linear", 2, Float32Array.of(4, 0, 10, Number.NaN));
  expect(expansion).toEqual({ name: "piecewise_linear", edges: [0, 4, 10] });
  expect(inputsOf(expansion, 2, 2)).toEqual([0.5, 0]);
  expect(inputsOf(expansion, 7, 2)).toEqual([1, 0.5]);
  expect(inputsOf(expansion, -4, 2)).toEqual([-1, 0]);
  expect(inputsOf(expansion, 16, 2)).toEqual([1, 2]);
});

test("a number that is mostly one value has fewer pieces, a constant one has one", () => {
  const mostly = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 5, 9);
  expect(fitExpansion("piecewise_linear", 3, mostly)).toMatchObject({ edges: [0, 9] });
  expect(fitExpansion("piecewise_linear", 3, Float32Array.of(7, 7))).toMatchObject({ edges: [7, 8] });
  expect(fitExpansion("piecewise_linear", 3, Float32Array.of(Number.NaN))).toMatchObject({ edges: [0, 1] });
});

test("waves are sines, then cosines, each twice as fast as the one before", () => {
  const expansion = fitExpansion("periodic", 2, new Float32Array(0));
  const [a, b] = [2 * Math.PI * (1 / 8) * 0.7, 2 * Math.PI * (1 / 4) * 0.7];
  const wanted = [Math.sin(a), Math.sin(b), Math.cos(a), Math.cos(b)];
  expect(inputsOf(expansion, 0.7, 4)).toEqual(wanted.map(Math.fround));
});

test("inputs are named, counted, and embedded where the spec says so", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 7},${"abcde"[i % 5]},${i % 3}`);
  const file = write("rows.csv", `x,wave,town,y\n${rows.join("\n")}\n`);
  const spec = csvSpec({
    path: [file],
    target: ["y"],
    columns: {
      x: columnSpec({ encoding: "piecewise_linear", width: 3, indicator: true }),
      wave: columnSpec({ encoding: "periodic", width: 1 }),
      town: columnSpec({ encoding: "embedding", width: 2, indicator: true }),
    },
  });
  const { preprocessing } = await loadDataset(spec, { seed: 0, baseDirectory: "" });
  expect(inputNames(preprocessing)).toEqual([
    "x 0…13",
    "x 13…26",
    "x 26…39",
    "x=missing",
    "sin 2π·0.125·wave",
    "cos 2π·0.125·wave",
    ...["a", "b", "c", "d", "e"].map((town) => `town=${town}`),
    "town=missing",
  ]);
  expect(inputWidth(preprocessing)).toBe(12);
  expect(embeddedInputs(preprocessing)).toEqual([{ first: 6, count: 5, width: 2 }]);
});

test("number_encoding is for all numbers that have none of their own", async () => {
  const file = write(
    "numbers.csv",
    `a,b,y\n${Array.from({ length: 30 }, (_, i) => `${i},${i},${i}.5\n`).join("")}`,
  );
  const spec = csvSpec({
    path: [file],
    target: ["y"],
    number_encoding: "piecewise_linear",
    columns: { b: columnSpec({ encoding: "periodic" }) },
  });
  const { inputs } = (await loadDataset(spec, { seed: 0, baseDirectory: "" })).preprocessing as Preprocessing;
  expect(inputs).toMatchObject({
    columns: [{ expansion: { name: "piecewise_linear" } }, { expansion: { name: "periodic" } }],
  });
});
