/** Training on rows that stay on disk, a few buffers to an epoch: every row once, the same bits however it goes on. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isStreamed, type StreamedSplit } from "../../src/data/dataset/dataset.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { openReference } from "../../src/engine/reference/backend.ts";
import { StreamedRows } from "../../src/train/streamedRows.ts";
import { trainEpoch } from "../../src/train/trainEpoch.ts";
import { nobody, outcome, workOf } from "../train/support.ts";

const directory = mkdtempSync(join(tmpdir(), "nnt-streaming-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Row i holds i, its target 10 · i; 4 bytes a row in a buffer's account for each, and for a weight. */
function numbered(count: number, bufferRows: number): StreamedSplit {
  return {
    count,
    width: 1,
    targetWidth: 1,
    hasWeights: false,
    rowBytes: 8,
    bufferBytes: 12 * bufferRows,
    classCounts: [],
    read: (first, rows) => ({
      inputs: Float32Array.from({ length: rows }, (_, i) => first + i),
      targets: Float32Array.from({ length: rows }, (_, i) => 10 * (first + i)),
      weights: null,
    }),
    rowAt: (position) => position,
  };
}

/** The rows of an epoch in the order in which batches of `size` get them. */
async function epochOf(rows: StreamedRows, size: number): Promise<number[]> {
  const seen: number[] = [];
  for (let first = 0; first < rows.count; first += size) {
    if (rows.find(first) === null) rows.load(first);
    const at = rows.find(first)!;
    for (let i = 0; i < Math.min(size, rows.count - first); i++) {
      const place = rows.order.host[at + i]!;
      const row = rows.table.host[place]!;
      expect(rows.targets.host[place]).toBe(10 * row);
      expect(await rows.numberOf(first + i)).toBe(row);
      seen.push(row);
    }
  }
  return seen;
}

const k = new Kernels(openReference());
const ascending = (count: number) => Array.from({ length: count }, (_, row) => row);

describe("an epoch of rows on disk", () => {
  test.each([
    [1000, 100, 32],
    [1000, 1000, 32],
    [97, 10, 7],
    [33, 1, 1],
    [5, 100, 8],
    [64, 16, 16],
  ])("has each of %i rows once, %i in memory, in batches of %i", async (count, bufferRows, size) => {
    const rows = new StreamedRows(k, numbered(count, bufferRows), size);
    expect(rows.table.rows).toBeLessThanOrEqual(Math.max(size, bufferRows));
    const epochs: number[][] = [];
    for (const epoch of [0, 1]) {
      rows.startEpoch(7, epoch);
      epochs.push(await epochOf(rows, size));
    }
    for (const seen of epochs) expect(seen.toSorted((a, b) => a - b)).toEqual(ascending(count));
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[0]).not.toEqual(ascending(count));
  });

  test("is the files' order where nothing is to be shuffled", async () => {
    const rows = new StreamedRows(k, numbered(97, 10), 7);
    rows.startEpoch(null, 3);
    expect(await epochOf(rows, 7)).toEqual(ascending(97));
  });

  test("is the same when it is begun in the middle", async () => {
    const whole = new StreamedRows(k, numbered(200, 20), 5);
    whole.startEpoch(1, 4);
    const seen = await epochOf(whole, 5);
    for (const first of [0, 5, 100, 195]) {
      const rows = new StreamedRows(k, numbered(200, 20), 5);
      rows.startEpoch(1, 4);
      rows.load(first);
      expect(rows.table.host[rows.order.host[rows.find(first)!]!]).toBe(seen[first]);
    }
  });

  test("cuts the file elsewhere each time, and shuffles each buffer in its own way", () => {
    const rows = new StreamedRows(k, numbered(320, 32), 32);
    const firsts = (epoch: number) => {
      rows.startEpoch(2, epoch);
      return Array.from({ length: 10 }, (_, buffer) => {
        rows.load(32 * buffer);
        return { order: rows.order.host.join(), rows: [...rows.table.host] };
      });
    };
    const [one, two] = [firsts(0), firsts(1)];
    expect(new Set(one.map(({ order }) => order)).size).toBe(10);
    // Pieces are of two rows: whether they begin at even ones depends on where the epoch began.
    const pairs = (buffers: typeof one) =>
      new Set(buffers.flatMap(({ rows: of }) => of.filter((_, i) => i % 2 === 0)));
    const starts = [one, two, firsts(2), firsts(3), firsts(4)].map((epoch) => [...pairs(epoch)][0]! % 2);
    expect(new Set(starts).size).toBe(2);
  });

  test("brings rows from all over the file together", async () => {
    const rows = new StreamedRows(k, numbered(10_000, 500), 50);
    rows.startEpoch(1, 0);
    const seen = await epochOf(rows, 50);
    const quarters = new Set(seen.slice(0, 500).map((row) => Math.floor(row / 2500)));
    expect(quarters.size).toBe(4);
    const neighbours = seen.filter((row, i) => i > 0 && Math.abs(row - seen[i - 1]!) === 1);
    expect(neighbours.length).toBeLessThan(1000); // 10,000 × 2 / 31 rows of a piece, about
  });
});

const iris = (data: string) => `
data: { path: data/iris.csv, target: species, ${data} }
model: { layers: [{ linear: 5 }, tanh, { linear: 3 }] }
train: { epochs: 3, batch_size: 10 }
`;

test("in the files' order, training ends with the bits of training in memory", async () => {
  const rows = Array.from({ length: 90 }, (_, i) => `${Math.sin(i)},${Math.cos(i * i)},${i % 3 ? "a" : "b"}`);
  const put = (name: string, some: readonly string[]) => {
    writeFileSync(join(directory, name), `x,z,y\n${some.join("\n")}\n`);
    return join(directory, name);
  };
  const train = put("train.csv", rows.slice(0, 65));
  const validation = put("validation.csv", rows.slice(65));
  const spec = (stream: string) => `
data: { train: ${train}, validation: ${validation}, target: y, stream: ${stream} }
model: { hidden: [6], dropout: 0.2 }
train: { epochs: 3, batch_size: 8, shuffle: false }
`;
  const memory = await outcome(spec("false"));
  const disk = await outcome(spec("{ buffer_mb: 0.0005 }"));
  expect(disk.events).toEqual(memory.events);
  expect(disk.steps).toBe(memory.steps);
});

test("buffers hold a part of the rows, and all rows train", async () => {
  const work = await workOf(iris("stream: { buffer_mb: 0.0005 }"));
  const { train } = work.data.splits;
  if (!isStreamed(train)) throw new Error("not streamed");
  expect((await work.trainer.order()).length).toBeLessThan(train.count / 3);
  await trainEpoch(work, () => null, nobody);
  expect(work.trainer.state.totals[3]).toBe(train.count);
  await work.close();
});
