/** Whole programs, from process start to exit: how long they take and how much memory they had at most. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerEnvironment, python } from "./peers/peer.ts";

const root = join(import.meta.dirname, "..");
const nnt = [process.execPath, join(root, "bin/nnt.js")];

export interface Cost {
  readonly seconds: number;
  /** Resident memory at its most, in MB; null where /proc does not tell. */
  readonly megabytes: number | null;
}

/** Runs a program to its end. @throws Error when it fails */
export async function runProgram(argv: readonly string[], stdin = ""): Promise<Cost> {
  const [program, ...rest] = argv as [string, ...string[]];
  const started = performance.now();
  const child = spawn(program, rest, { stdio: ["pipe", "ignore", "pipe"], env: peerEnvironment });
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  child.stdin.end(stdin);
  let megabytes: number | null = null;
  const watch = setInterval(() => {
    megabytes = highWater(child.pid!) ?? megabytes;
  }, 20);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`${argv.join(" ")}: exit code ${code}\n${complaint}`);
  return { seconds: (performance.now() - started) / 1000, megabytes };
}

function highWater(pid: number): number | null {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return null;
  const [, kilobytes] = readFileSync(status, "utf8").match(/VmHWM:\s+(\d+) kB/) ?? [];
  return kilobytes ? Number(kilobytes) / 1024 : null;
}

/** Where MNIST's four files are; null where they are not. */
export const mnistFolder = () =>
  [join(root, "data/mnist"), join(root, "../shared/data/mnist")].find(existsSync) ?? null;

/** A training on MNIST, from process start to saved model. */
export interface Recipe {
  readonly name: string;
  readonly spec: string;
  /** What bench/peers/torch_mnist.py is to do, which says the same. */
  readonly torch: object;
}

export const recipes: readonly Recipe[] = [
  {
    name: "MNIST 784-128-10 B128 Adam 5 epochs",
    spec: "configs/mnist.yaml",
    torch: { hidden: 128, batch_size: 128, epochs: 5, lr: 0.001, cosine: false },
  },
  {
    name: "MNIST to 98 %",
    spec: "configs/mnist-speed.yaml",
    torch: { hidden: 256, batch_size: 64, epochs: 3, lr: 0.004, cosine: true },
  },
];

export function nntMnist(recipe: Recipe, folder: string, kernels: string): string[] {
  const files = (name: string) =>
    JSON.stringify({
      images: join(folder, `${name}-images-idx3-ubyte.gz`),
      labels: join(folder, `${name}-labels-idx1-ubyte.gz`),
    });
  const out = join(mkdtempSync(join(tmpdir(), "nnt-bench-")), "run");
  const data = ["--set", `data.train=${files("train")}`, "--set", `data.test=${files("t10k")}`];
  const spec = join(root, recipe.spec);
  return [...nnt, "train", spec, "--quiet", "--out", out, "--kernels", kernels, ...data];
}

export function torchMnist(recipe: Recipe, folder: string, threads: number): string[] {
  const out = join(mkdtempSync(join(tmpdir(), "nnt-bench-")), "model.pt");
  return [
    python,
    join(root, "bench/peers/torch_mnist.py"),
    folder,
    out,
    String(threads),
    JSON.stringify(recipe.torch),
  ];
}

/** A model to predict one row with, and that row. */
export async function onePrediction(): Promise<{ argv: string[]; stdin: string }> {
  const out = join(mkdtempSync(join(tmpdir(), "nnt-bench-")), "run");
  const spec = join(root, "configs/iris.yaml");
  await runProgram([...nnt, "train", spec, "--quiet", "--out", out, "--epochs", "1"]);
  const [header, row] = readFileSync(join(root, "data/iris.csv"), "utf8").split("\n");
  return { argv: [...nnt, "predict", join(out, "best.ckpt")], stdin: `${header}\n${row}\n` };
}

/** Node's own start, which every command includes. */
export function emptyProgram(): string[] {
  const file = join(mkdtempSync(join(tmpdir(), "nnt-bench-")), "empty.js");
  writeFileSync(file, "0");
  return [process.execPath, file];
}
