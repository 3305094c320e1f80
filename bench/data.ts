/**
 * `npm run bench:data [parse|mnist|predict …]`: megabytes per second of CSV to numbers, the time that MNIST's
 * files take to load, and `nnt predict` as a whole program beside pandas and scikit-learn, where installed.
 */

import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { loadIdx } from "../src/data/dataset/loadArrays.ts";
import { asUsual } from "../src/data/formats/notation.ts";
import { readTable } from "../src/data/table/readTable.ts";
import { median } from "./rounds.ts";

const root = join(import.meta.dirname, "..");
const nnt = join(root, "bin/nnt.js");
const folder = mkdtempSync(join(tmpdir(), "nnt-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const rounds = 5;

/** Numbers that look alike in every run, and not like each other. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A line of a digit's picture, 28 pixels: nothing but a stroke, as in most of MNIST's. */
function pixels(next: () => number): number[] {
  const line = new Array<number>(28).fill(0);
  const width = next() < 0.3 ? 0 : 4 + Math.floor(6 * next());
  const start = 4 + Math.floor(10 * next());
  for (let at = start; at < start + width; at++) line[at] = 1 + Math.floor(255 * next());
  return line;
}

const tables = {
  "785 columns of pixels": (next: () => number) =>
    [Math.floor(10 * next()), ...Array.from({ length: 28 }, () => pixels(next)).flat()].join(","),
  "10 columns of measurements": (next: () => number) =>
    Array.from({ length: 10 }, () => (20 * next() - 10).toFixed(5)).join(","),
} as const;

/** A file of at least so many bytes, or of so many rows. Returns its path. */
function tableFile(
  name: string,
  line: (next: () => number) => string,
  most: { bytes?: number; rows?: number },
): string {
  const path = join(folder, name);
  const next = chance(1);
  const out = openSync(path, "w");
  const columns = line(chance(2)).split(",").length;
  let text = `${Array.from({ length: columns }, (_, j) => (j < 10 && columns < 12 ? `x${j}` : `c${j}`)).join(",")}\n`;
  for (let rows = 0, bytes = 0; rows < (most.rows ?? Infinity) && bytes < (most.bytes ?? Infinity); rows++) {
    const row = `${line(next)}\n`;
    bytes += row.length;
    text += row;
    if (text.length > 2 ** 20) {
      writeSync(out, text);
      text = "";
    }
  }
  writeSync(out, text);
  closeSync(out);
  return path;
}

async function benchParse(): Promise<void> {
  for (const [name, line] of Object.entries(tables)) {
    const path = tableFile("parse.csv", line, { bytes: 200e6 });
    const asNumbers = { kind: "number", missing: [""] } as const;
    const read = () => readTable([path], asUsual, (header) => header.map(() => asNumbers));
    const { slabs, columns } = await read();
    checkFirstRows(path, slabs[0]!, columns.length);
    const speeds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      await read();
      speeds.push(statSync(path).size / 1e3 / (performance.now() - started));
    }
    console.log(
      `parse  ${name.padEnd(28)} ${Math.round(median(speeds))} MB/s (best ${Math.round(Math.max(...speeds))})`,
    );
  }
}

/** Fails where a number is not what JavaScript reads in its text. */
function checkFirstRows(path: string, slab: Float64Array, columns: number): void {
  const lines = readFileSync(path, "utf8")
    .slice(0, 2 ** 20)
    .split("\n")
    .slice(1, 100);
  for (const [row, line] of lines.entries())
    for (const [j, text] of line.split(",").entries())
      if (slab[row * columns + j] !== Number(text)) throw new Error(`row ${row}, column ${j}: ${text}`);
}

async function benchMnist(): Promise<void> {
  const mnist = [join(root, "data/mnist"), join(root, "../shared/data/mnist")].find((path) =>
    existsSync(path),
  );
  if (!mnist) return console.log("mnist  not here: nnt data mnist fetches it");
  const pair = (name: string) => ({
    images: join(mnist, `${name}-images-idx3-ubyte.gz`),
    labels: join(mnist, `${name}-labels-idx1-ubyte.gz`),
  });
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await loadIdx(
      {
        format: "idx",
        train: pair("train"),
        validation: null,
        test: pair("t10k"),
        task: null,
        classes: null,
        augment: null,
        deskew: false,
        scale: "standard",
        split: { validation: 0.1, test: 0, stratify: null, seed: null, fold: null },
      },
      { seed: 0, baseDirectory: "" },
    );
    seconds.push((performance.now() - started) / 1000);
  }
  console.log(
    `mnist  four .gz files, split, fitted       ${median(seconds).toFixed(2)} s (first ${seconds[0]!.toFixed(2)})`,
  );
}

interface Ran {
  readonly seconds: number;
  /** The most memory it held, in megabytes; null where the system does not tell. */
  readonly megabytes: number | null;
}

/** A whole program, from its start to its end. */
async function run(command: string, args: readonly string[]): Promise<Ran> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  let megabytes: number | null = null;
  const look = () => {
    const status = `/proc/${child.pid}/status`;
    if (!existsSync(status)) return;
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1];
    if (peak) megabytes = Number(peak) / 1024;
  };
  const timer = setInterval(look, 20);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, megabytes };
}

const shown = ({ seconds, megabytes }: Ran) =>
  `${seconds.toFixed(2)} s${megabytes === null ? "" : `, ${Math.round(megabytes)} MB`}`;

/** A regression with layers of 64 and 64, and the table it was trained on. */
async function trainModel(): Promise<{ model: string; training: string }> {
  const line = tables["10 columns of measurements"];
  const small = tableFile("small.csv", (next) => line(next), { rows: 2000 });
  const lines = readFileSync(small, "utf8").trimEnd().split("\n");
  const labelled = lines.map((row, i) => `${row},${i === 0 ? "y" : Number(row.split(",")[0]) ** 2}`);
  const training = join(folder, "training.csv");
  writeFileSync(training, `${labelled.join("\n")}\n`);
  const spec = join(folder, "spec.yaml");
  writeFileSync(
    spec,
    "{ data: { path: training.csv, target: y }, model: { hidden: [64, 64] }, train: { epochs: 2 } }\n",
  );
  await run("node", [nnt, "train", spec, "--quiet", "--overwrite", "--out", join(folder, "run")]);
  return { model: join(folder, "run/best.ckpt"), training };
}

async function benchPredict(): Promise<void> {
  const { model, training } = await trainModel();
  const output = join(folder, "out.csv");
  const million = tableFile("million.csv", tables["10 columns of measurements"], { rows: 1_000_000 });
  const ours = () => run("node", [nnt, "predict", model, "--input", million, "--output", output]);

  const python = ["/usr/bin/python3", "python3"].find(
    (name) => spawnSync(name, ["-c", "import pandas, sklearn"]).status === 0,
  );
  const script = join(root, "bench/peers/sklearn_rows.py");
  const pickled = join(folder, "model.pickle");
  if (python) await run(python, [script, "fit", training, pickled]);
  const sides: Record<string, () => Promise<Ran>> = {
    nnt: ours,
    ...(python && {
      "pandas + scikit-learn": () => run(python, [script, "predict", pickled, million, output]),
    }),
  };
  const results: Record<string, Ran[]> = {};
  for (let round = 0; round < 3; round++)
    for (const [side, turn] of Object.entries(sides))
      results[side] = [...(results[side] ?? []), await turn()];
  for (const [side, runs] of Object.entries(results)) {
    const middle = runs.toSorted((a, b) => a.seconds - b.seconds)[1]!;
    console.log(`predict 1,000,000 × 10, 64-64-1: ${side.padEnd(22)} ${shown(middle)}`);
  }
}

/** Ten times the rows: slow, and told apart, as it is memory that it is about. */
async function benchMemory(): Promise<void> {
  const { model } = await trainModel();
  const many = tableFile("many.csv", tables["10 columns of measurements"], { rows: 10_000_000 });
  const ran = await run("node", [
    nnt,
    "predict",
    model,
    "--input",
    many,
    "--output",
    join(folder, "many-out.csv"),
  ]);
  console.log(`predict 10,000,000 × 10, 64-64-1: ${"nnt".padEnd(21)} ${shown(ran)}`);
}

const parts = { parse: benchParse, mnist: benchMnist, predict: benchPredict, memory: benchMemory } as const;
const asked = process.argv.slice(2);
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`,
);
for (const [name, part] of Object.entries(parts))
  if (asked.length === 0 || asked.includes(name)) await part();
