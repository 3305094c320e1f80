/** Numbers are inferred, fitted and scaled in 64 bit: what a large constant is added to becomes the same inputs. */
import { describe, expect, test } from "vitest";
import { scaleNames } from "../../../src/config/schema/data.ts";
import type { CsvDataSpec } from "../../../src/config/schema.ts";
import type { Split } from "../../../src/data/dataset/dataset.ts";
import { isStreamed } from "../../../src/data/dataset/dataset.ts";
import { loadDataset, loadRows, openDataset } from "../../../src/data/dataset/load.ts";
import { loadNpy } from "../../../src/data/dataset/loadNpy.ts";
import { csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const rows = 300;
const offset = 1.6e9;
/** Thousandths that 32-bit floats beside the offset would merge, all exact in 64 bit. */
const small = Array.from({ length: rows }, (_, row) => ((row * 7919) % 6007) / 64);
const split = { validation: 0.1, test: 0.2, stratify: null, seed: null, fold: null };

const writers = {
  csv: (path: string, x: readonly number[], y: readonly number[]) =>
    file(path, `x,y\n${x.map((value, row) => `${value},${y[row]}`).join("\n")}`),
  jsonl: (path: string, x: readonly number[], y: readonly number[]) =>
    file(path, x.map((value, row) => JSON.stringify({ x: value, y: y[row] })).join("\n")),
};

/** An NPY file of doubles. */
function doubles(shape: readonly number[], values: readonly number[]): Buffer {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(",")},), }`.padEnd(117);
  const head = Buffer.from(`\x93NUMPY\x01\0\x76\0${text}\n`, "latin1");
  return Buffer.concat([head, new Uint8Array(Float64Array.from(values).buffer)]);
}

/** Inputs and targets of all rows. */
async function encoded(spec: CsvDataSpec): Promise<{ inputs: number[]; targets: number[] }> {
  const { splits } = await loadDataset(
    { ...spec, split: { ...split, validation: 0, test: 0 } },
    { seed: 0, baseDirectory: "." },
  );
  const { table, targets } = splits.train as Split;
  return { inputs: [...table.values], targets: [...targets] };
}

const close = (found: readonly number[], expected: readonly number[]) =>
  expect(Math.max(...found.map((value, at) => Math.abs(value - expected[at]!)))).toBeLessThan(2e-6);

describe.each(Object.keys(writers) as (keyof typeof writers)[])("%s", (format) => {
  const y = small.map((_, row) => row % 5);
  const specOf = (shift: number, scale: CsvDataSpec["scale"]) => {
    const path = writers[format](
      `${scale}-${shift}.${format}`,
      small.map((value) => value + shift),
      y,
    );
    return csvSpec({ path: [path], target: ["y"], scale });
  };

  test.each(scaleNames.filter((name) => name !== "none" && name !== "log"))(
    "features scaled by %s",
    async (scale) => {
      const [near, far] = [await encoded(specOf(0, scale)), await encoded(specOf(offset, scale))];
      expect(new Set(far.inputs).size).toBe(new Set(small).size);
      close(far.inputs, near.inputs);
    },
  );

  test("piecewise linear pieces", async () => {
    const pieces = (shift: number) => ({
      ...specOf(shift, "standard"),
      number_encoding: "piecewise_linear" as const,
    });
    close((await encoded(pieces(offset))).inputs, (await encoded(pieces(0))).inputs);
  });

  test("a target", async () => {
    const path = (shift: number) =>
      writers[format](
        `target-${shift}.${format}`,
        small,
        small.map((value) => value + shift),
      );
    const targets = async (shift: number) =>
      (await encoded(csvSpec({ path: [path(shift)], target: ["y"] }))).targets;
    close(await targets(offset), await targets(0));
  });

  test("rows that are streamed, and rows of a trained model's data", async () => {
    const spec = { ...specOf(offset, "standard"), split };
    const held = await loadDataset(spec, { seed: 0, baseDirectory: "." });
    const streamed = await openDataset(
      { ...spec, stream: { buffer_mb: 1 } },
      { seed: 0, baseDirectory: "." },
    );
    const { train } = streamed.splits;
    if (!isStreamed(train)) throw new Error("rows are streamed");
    const { inputs } = train.read(0, train.count);
    expect(new Set(inputs).size).toBe(train.count);
    streamed.close?.();
    const again = await loadRows(spec, spec.path!, held.preprocessing);
    expect([...again.split.table.values]).toEqual([...held.splits.train.table.values]);
  });
});

test("NPY of doubles, a table and images alike", async () => {
  const y = file(
    "y.npy",
    doubles(
      [rows],
      small.map((_, row) => row % 5),
    ),
  );
  const inputs = async (shape: number[], shift: number) => {
    const x = file(
      `x-${shape.length}-${shift}.npy`,
      doubles(
        shape,
        small.map((value) => value + shift),
      ),
    );
    const { delimiter, target, columns, missing_values, stream, path, ...common } = csvSpec({ target: [] });
    const spec = {
      ...common,
      format: "npy" as const,
      train: { features: x, targets: y },
      validation: null,
      test: null,
    };
    const { splits } = await loadNpy(spec, { seed: 0, baseDirectory: "." });
    return [...splits.train.table.values];
  };
  for (const shape of [
    [rows, 1],
    [rows, 1, 1],
  ])
    close(await inputs(shape, offset), await inputs(shape, 0));
});
