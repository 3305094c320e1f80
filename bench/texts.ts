/**
 * `npm run bench:texts`: the spec that `nnt init` writes for 3,000 sentences of reviews (Kotzias et al. 2015: Sentiment
 * Labelled Sentences, CC BY 4.0, as the npm package `sentiment` has them), beside scikit-learn's tf-idf with logistic
 * regression on the same three splits (Debian: python3-sklearn); then rows a second in training, by the number of buckets.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shuffle, streamKey } from "../src/support/random.ts";
import { python } from "./peers/peer.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const nnt = at("../bin/nnt.js");
const corpus = "sentiment@5.0.2";
const sources = ["imdb", "yelp", "amazon"];
const splits = [1, 2, 3];
const bucketCounts = [2 ** 10, 2 ** 16, 2 ** 20];
const rounds = 3;

const cwd = mkdtempSync(join(tmpdir(), "nnt-texts-"));
const must = (command: string, argv: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${argv.join(" ")}\n${stderr}`);
  return stdout;
};

interface Sentence {
  readonly text: string;
  readonly class: 0 | 1;
}

function fetchSentences(): Sentence[] {
  must("npm", ["pack", "--silent", corpus]);
  must("tar", ["xzf", `${corpus.replace("@", "-")}.tgz`]);
  return sources.flatMap((name) =>
    JSON.parse(readFileSync(join(cwd, "package/test/fixtures", `${name}.json`), "utf8")),
  );
}

function writeTable(name: string, sentences: readonly Sentence[]): void {
  const lines = sentences.map(
    ({ text, class: of }) => `"${text.replaceAll('"', '""')}",${of ? "positive" : "negative"}`,
  );
  writeFileSync(join(cwd, name), `text,label\n${lines.join("\n")}\n`);
}

/** Of a third of the sentences, learnt from the others. */
function measured(split: number): { accuracy: number; log_loss: number } {
  must(process.execPath, [
    nnt,
    "init",
    `train-${split}.csv`,
    "-t",
    "label",
    "-o",
    "spec.yaml",
    "--overwrite",
  ]);
  const files = ["--set", `data.train=train-${split}.csv`, "--set", `data.test=test-${split}.csv`];
  const whole = ["--set", "data.path=null", "--set", "data.split={}"];
  must(process.execPath, [nnt, "train", "spec.yaml", ...files, ...whole, "-o", `run-${split}`, "--quiet"]);
  return JSON.parse(readFileSync(join(cwd, `run-${split}/summary.json`), "utf8")).metrics.test;
}

/** Training rows a second, the median over epochs but the first. */
function rate(buckets: number, round: number): number {
  const out = `speed-${buckets}-${round}`;
  const column = `data.columns.text={type: text, buckets: ${buckets}}`;
  const argv = ["--set", column, "--epochs", "8", "--threads", "1", "--quiet", "-o", out];
  must(process.execPath, [nnt, "train", "spec.yaml", ...argv]);
  const epochs = readFileSync(join(cwd, out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ event, epoch }) => event === "epoch" && epoch > 1);
  return median(epochs.map((epoch) => epoch.samples_per_second));
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

const sentences = fetchSentences();
console.log(`${sentences.length} sentences; ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);
for (const split of splits) {
  const order = Int32Array.from(sentences.keys());
  shuffle(order, streamKey(split, "shuffle"));
  const dealt = Array.from(order, (row) => sentences[row]!);
  const end = Math.floor((2 * dealt.length) / 3);
  writeTable(`train-${split}.csv`, dealt.slice(0, end));
  writeTable(`test-${split}.csv`, dealt.slice(end));
  const { accuracy, log_loss: loss } = measured(split);
  console.log(`split ${split}  nnt init  accuracy ${accuracy.toFixed(4)}  log loss ${loss.toFixed(4)}`);
  const peer = spawnSync(python, [at("peers/sklearn_texts.py"), `train-${split}.csv`, `test-${split}.csv`], {
    cwd,
    encoding: "utf8",
  });
  console.log(peer.status === 0 ? peer.stdout.trimEnd() : "scikit-learn is not installed");
}
const rates = bucketCounts.map(() => [] as number[]);
for (let round = 0; round < rounds; round++)
  for (const [i, buckets] of bucketCounts.entries()) rates[i]!.push(rate(buckets, round));
for (const [i, buckets] of bucketCounts.entries())
  console.log(`${buckets} buckets  ${Math.round(median(rates[i]!))} rows/s of training on one thread`);
rmSync(cwd, { recursive: true });
