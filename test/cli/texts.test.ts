/** A table with a column of sentences, from `init` to what a trained model answers, and to what it is refused. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { randomBits, streamKey } from "../../src/support/random.ts";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const directory = folder();
const spec = join(directory, "spec.yaml");
const model = join(directory, "run", "best.ckpt");

const subjects = [
  "this phone",
  "the food",
  "the film",
  "our waiter",
  "the battery",
  "her new book",
  "my order",
];
const verdicts = {
  good: ["great", "lovely", "a real pleasure", "better than I hoped", "worth every cent"],
  bad: ["awful", "a sad waste of money", "worse than I feared", "broken", "not worth it"],
};

/** Sentences whose few telling words stand among others; `stars` says nothing. */
function rowsOf(count: number, stream: number): string {
  const key = streamKey(stream, "shuffle");
  let draws = 0;
  const of = <T>(things: readonly T[]): T => things[randomBits(key, draws++) % things.length]!;
  const rows = Array.from({ length: count }, () => {
    const label = of(["good", "bad"] as const);
    const words = `I must say that ${of(subjects)} was ${of(verdicts[label])}, number ${of([...Array(1000).keys()])}`;
    return `"${words}",${of([1, 2, 3, 4, 5])},${label}`;
  });
  return `text,stars,label\n${rows.join("\n")}\n`;
}

beforeAll(async () => {
  const data = join(directory, "reviews.csv");
  put(directory, { "reviews.csv": rowsOf(300, 1) });
  expect(await run(["init", data, "--target", "label", "--out", spec])).toMatchObject({ code: 0 });
  expect(await run(["train", spec, "--out", join(directory, "run"), "--quiet"])).toMatchObject({ code: 0 });
}, 60_000);

test("init takes sentences for texts, and the model learns what is in them", async () => {
  expect(readFileSync(spec, "utf8")).toMatch(/^ {4}text: +\{ type: text, letters: 5 \}/m);
  const { out } = await run(["eval", model, "--json"]);
  expect(JSON.parse(out).metrics.accuracy).toBeGreaterThan(0.95);
});

test("without init they are left out, and the note says what would learn from them", async () => {
  const { err } = await run(["check", spec, "--set", "data.columns={}"]);
  expect(err).toContain('(columns: { "text": text } learns from their words)');
});

test("the same model by every kernels, in threads, and after a pause", async () => {
  const sha = (name: string) =>
    JSON.parse(readFileSync(join(directory, name, "summary.json"), "utf8")).sha256;
  const train = async (name: string, ...argv: string[]) => {
    const out = join(directory, name);
    expect(await run(["train", spec, "--out", out, "--quiet", ...argv])).toMatchObject({ code: 0 });
  };
  await train("wasm", "--kernels", "wasm");
  await train("two", "--threads", "2");
  await train("paused", "--epochs", "3");
  await train("paused", "--resume");
  expect(["wasm", "two", "paused"].map(sha)).toEqual([sha("run"), sha("run"), sha("run")]);
});

test("models of two seeds answer as one", async () => {
  const out = join(directory, "seeds");
  expect(await run(["train", spec, "--out", out, "--quiet", "--seeds", "2"])).toMatchObject({ code: 0 });
  const measured = await run(["eval", join(out, "ensemble.ckpt"), "--json"]);
  expect(JSON.parse(measured.out).metrics.accuracy).toBeGreaterThan(0.95);
});

test("what a row's text adds to its answer is the answer, but for what the stars add", async () => {
  const { out } = await run([
    "explain",
    model,
    "--data",
    join(directory, "reviews.csv"),
    "--rows",
    "0,1",
    "--json",
  ]);
  for (const line of out.trim().split("\n")) {
    const { attributions, value, baseline, error } = JSON.parse(line);
    expect(attributions.text + attributions.stars + error).toBeCloseTo(value - baseline, 8);
    expect(attributions.text).toBeGreaterThan(Math.abs(attributions.stars));
  }
});

test.each(["onnx", "js", "html", "py"])("no .%s file is made of it", async (extension) => {
  const { code, err } = await run(["export", model, "-o", join(directory, `model.${extension}`)]);
  expect([code, err]).toEqual([2, expect.stringContaining("columns of type text")]);
});

test.each([
  ["{ type: text, letters: 2 }", "runs of 2 letters of text do not count"],
  ["{ type: text, words: 0 }", "neither words nor letters of text count"],
  ["{ type: text, missing: median }", "a missing text of text is an empty one"],
  ["{ type: text, encoding: embedding }", "the text text cannot be encoded embedding"],
  ["{ type: text, indicator: true }", "which has no indicator"],
  ["{ type: text, levels: [a] }", "which has no levels"],
  ["{ type: category, buckets: 100 }", "is of type category, but has buckets"],
  ["{ encoding: tfidf }", "has no type, but is encoded tfidf"],
])("%s is refused", async (column, message) => {
  const { code, err } = await run(["check", spec, "--set", `data.columns.text=${column}`]);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
