/**
 * `nnt init`, `train` and `eval` on real tables, beside boosted trees: error over that of the better of two (1 − R² or log
 * loss), by seed, and the geometric mean over tables. `npm run bench:tables -- [--effort good] [--seeds 0,1,2] [--tables a,b]
 * [--data FOLDER] [--threads N]`; the folder has NAME.train.csv.gz, NAME.test.csv.gz and peers.json.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(root, "../shared/data/tables") },
    effort: { type: "string", default: "good" },
    seeds: { type: "string", default: "0" },
    tables: { type: "string" },
    threads: { type: "string", default: "2" },
    set: { type: "string", multiple: true, default: [] },
    nnt: { type: "string", default: join(root, "bin/nnt.js") },
  },
});

interface Scores {
  readonly r2?: number;
  readonly log_loss?: number;
}
interface Peers {
  readonly target: string;
  readonly xgboost: Scores;
  readonly histgb: Scores;
}

const folder = resolve(values.data);
const peers = JSON.parse(readFileSync(join(folder, "peers.json"), "utf8")) as Record<string, Peers>;
const names = values.tables?.split(",") ?? Object.keys(peers);
const seeds = values.seeds.split(",").map(Number);

/** 1 − R² or log loss: smaller is better, 0 is perfect. */
const errorOf = ({ r2, log_loss }: Scores): number => (r2 === undefined ? log_loss! : 1 - r2);

/** Of all test rows: `eval` leaves out those that are in the training file too, and the peers were measured on all. */
function errorIn(predictions: string, target: string): number {
  type Row = Readonly<Record<string, unknown>> & {
    readonly probabilities?: Readonly<Record<string, number>>;
  };
  const rows = predictions
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  if (rows[0]!.probabilities)
    return (
      sum((row) => -Math.log(Math.max(row.probabilities![String(row[target])] ?? 0, 1e-15))) / rows.length
    );
  const mean = sum((row) => Number(row[target])) / rows.length;
  return (
    sum((row) => (Number(row[target]) - Number(row.prediction)) ** 2) /
    sum((row) => (Number(row[target]) - mean) ** 2)
  );
}

function nnt(...argv: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [values.nnt, ...argv], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`nnt ${argv.join(" ")}: ${stderr}`);
  return stdout;
}

function ratioOf(name: string, seed: number): { ratio: number; error: number; seconds: number } {
  const { target, xgboost, histgb } = peers[name]!;
  const work = mkdtempSync(join(tmpdir(), "nnt-tables-"));
  try {
    const [spec, run] = [join(work, "spec.yaml"), join(work, "run")];
    const task = xgboost.r2 === undefined ? "classification" : "regression";
    const file = (part: string) => join(folder, `${name}.${part}.csv.gz`);
    nnt("init", file("train"), "-t", target, "--effort", values.effort, "--task", task, "-o", spec);
    const sets = values.set.flatMap((one) => ["--set", one]);
    const started = performance.now();
    nnt("train", spec, "--out", run, "--seed", `${seed}`, "--threads", values.threads, "--quiet", ...sets);
    const seconds = (performance.now() - started) / 1000;
    const proba = task === "classification" ? ["--proba"] : [];
    const input = ["--input", file("test"), "--keep", target, "--to", "jsonl"];
    const error = errorIn(nnt("predict", join(run, "best.ckpt"), ...input, ...proba), target);
    return { error, ratio: error / Math.min(errorOf(xgboost), errorOf(histgb)), seconds };
  } finally {
    rmSync(work, { recursive: true });
  }
}

const ratios: number[][] = [];
for (const name of names) {
  const results = seeds.map((seed) => ratioOf(name, seed));
  ratios.push(results.map(({ ratio }) => ratio));
  const shown = results.map(({ ratio, error }) => `${ratio.toFixed(3)} (${error.toFixed(4)})`).join("  ");
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0) / results.length;
  console.log(`${name.padEnd(20)} ${shown}  ${seconds.toFixed(0)} s`);
}
const means = ratios.map((own) => own.reduce((sum, ratio) => sum + ratio, 0) / own.length);
const logMean = means.reduce((sum, ratio) => sum + Math.log(ratio), 0) / means.length;
console.log(`geometric mean ${Math.exp(logMean).toFixed(3)}, worst ${Math.max(...means).toFixed(3)}`);
