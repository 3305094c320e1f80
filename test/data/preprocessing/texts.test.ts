/** Columns of texts: hashed parts weighted by inverse document frequency, alike from every format, streamed and predicted. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import type { ColumnSpec } from "../../../src/config/schema.ts";
import { loadDataset, openDataset } from "../../../src/data/dataset/load.ts";
import { openRows } from "../../../src/data/formats/rows.ts";
import { createEncoder } from "../../../src/data/prediction/recordEncoder.ts";
import { columnSpec, csvSpec, temporaryFiles } from "../support.ts";

const file = temporaryFiles();
const options = { seed: 0, baseDirectory: "." };

const texts = ["the cat sat", "the dog sat down", "The CAT, the cat!", null, "a ﬁne dog 🙂", ""] as const;
const csv = `text,y\n${texts.map((text, row) => `${text === null ? "" : `"${text}"`},${row % 2}`).join("\n")}\n`;
const specOf = (path: string, text: Partial<ColumnSpec> = {}, more = {}) =>
  csvSpec({ path: [path], target: ["y"], columns: { text: columnSpec({ type: "text", ...text }) }, ...more });

/** Of each row the parts' weights, largest first. */
async function weightsOf(path: string, text: Partial<ColumnSpec> = {}): Promise<number[][]> {
  const { values, cols } = (await loadDataset(specOf(path, text), options)).splits.train.table;
  return Array.from({ length: values.length / cols }, (_, row) => {
    const [numbers, weights] = [0, cols / 2].map((at) =>
      values.slice(row * cols + at, row * cols + at + cols / 2),
    );
    const used = numbers!.indexOf(-1);
    return [...weights!].slice(0, used < 0 ? undefined : used).sort((a, b) => b - a);
  });
}

test("a text is its words' frequencies times ln((1 + n)/(1 + df)) + 1, of length 1", async () => {
  const wordsOf = (text: string): string[] =>
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/\w+|🙂/gu) ?? [];
  const rows = texts.map((text) => wordsOf(text ?? ""));
  const present = rows.filter((words) => words.length > 0).length;
  const idf = (word: string) =>
    Math.log((1 + present) / (1 + rows.filter((words) => words.includes(word)).length)) + 1;
  const expected = rows.map((words) => {
    const weights = [...new Set(words)].map(
      (word) => idf(word) * words.filter((other) => other === word).length,
    );
    return weights.map((weight) => weight / Math.hypot(...weights)).sort((a, b) => b - a);
  });
  const found = await weightsOf(file("words.csv", csv), { words: 1 });
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [row, weights] of found.entries())
    for (const [i, weight] of weights.entries()) expect(weight).toBeCloseTo(expected[row]![i]!, 3);
});

test.each<[string, Partial<ColumnSpec>, string, number]>([
  ["words", { words: 1 }, "one two three", 3],
  ["pairs of words, too", {}, "one two three", 5],
  ["words twice", { words: 1 }, "one one", 1],
  ["letters within a word, its ends among them", { words: 0, letters: 3 }, "abc", 3],
  ["words in several rows alone", { words: 1, min_count: 2 }, "same here", 1],
  ["all alike", { words: 1, encoding: "hashed" }, "one two", 2],
])("parts that count: %s", async (_, text, first, count) => {
  const path = file("parts.csv", `text,y\n${first},1\nthe same,0\nother,1\nthe same,0\n`);
  expect((await weightsOf(path, text))[0]).toHaveLength(count);
});

test.each<[string, string | Uint8Array]>([
  ["a.csv", csv],
  ["b.jsonl", texts.map((text, row) => JSON.stringify({ text, y: row % 2 })).join("\n")],
  [
    "c.parquet",
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "text", type: "STRING", data: [...texts] },
          { name: "y", type: "INT32", data: texts.map((_, row) => row % 2) },
        ],
      }),
    ),
  ],
])("%s: the same inputs, streamed and predicted too", async (name, bytes) => {
  const wanted = (await loadDataset(specOf(file("reference.csv", csv)), options)).splits.train.table;
  const path = file(name, bytes);
  const { preprocessing, splits } = await loadDataset(specOf(path), options);
  expect(splits.train.table.values).toEqual(wanted.values);

  const streamed = await openDataset(specOf(path, {}, { stream: { buffer_mb: 1 } }), options);
  const train = streamed.splits.train as unknown as {
    read(first: number, count: number): { inputs: Float32Array };
  };
  const rows = Float32Array.from(train.read(0, texts.length).inputs);
  streamed.close?.();
  expect(rows).toEqual(wanted.values);

  const out = new Float32Array(wanted.values.length);
  let row = 0;
  for await (const batch of openRows(path, { delimiter: null })) {
    const encoder = createEncoder(preprocessing, batch);
    for (let record = 0; record < batch.count; record++, row++)
      expect(encoder.encode(batch, record, out, row * wanted.cols)).toBeNull();
  }
  expect(out).toEqual(wanted.values);
});

test("a missing text is refused where the spec says so", async () => {
  const spec = specOf(file("missing.csv", "text,y\nsome,1\n,0\n"), { missing: "error" });
  await expect(loadDataset(spec, options)).rejects.toThrow(/:3:1: .*missing value/);
});
