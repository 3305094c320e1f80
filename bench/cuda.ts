/**
 * `npm run bench:cuda`: a graphics card, its bits first and then its speed, in a quarter of an hour. Every verb in every
 * kind of tile and whole trainings have to come out as on a processor; then products and five networks are measured, by
 * steps alone and by `nnt train`, beside PyTorch where it is installed for the card. `-- --quick` does a little of each,
 * as for the emulation: NNT_ISA=emulated npm run bench:cuda -- --quick.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureProduct } from "../src/cli/kernelSpeed.ts";
import { type StepShape, stepName, stepShapes } from "../src/cli/stepSpeed.ts";
import { openKernels } from "../src/engine/choose.ts";
import { openCard } from "../src/engine/cuda/open.ts";
import { differingVerb } from "../src/engine/cuda/selfCheck.ts";
import { python } from "./peers/peer.ts";
import { openStepper } from "./steps.ts";

const isQuick = process.argv.includes("--quick");
const isa = process.env.NNT_ISA ?? null;
const root = join(import.meta.dirname, "..");
const scratch = mkdtempSync(join(tmpdir(), "nnt-cuda-"));

/** Kinds of tiles in kernels/cuda/layout.h. */
const kinds = 10;
const configs = isQuick ? ["iris"] : ["iris", "digits", "houses", "penguins", "wine", "breast-cancer"];
const networks: readonly StepShape[] = isQuick
  ? stepShapes.slice(0, 1)
  : [...stepShapes, { widths: [784, 4096, 4096, 4096, 10], optimizer: "adam", batchSize: 1024 }];
const products = isQuick ? [64] : [1024, 4096, 8192];
/** Rows of the data that `nnt train` reads, and updates of a run. */
const rows = isQuick ? 200 : 60_000;
const updates = isQuick ? 4 : 20_000;

const processor = async () => (await openKernels({ kernels: "native", threads: null })).backend;
const choice = { kernels: "cuda", threads: 1, isa } as const;

function nnt(argv: readonly string[], kernels: string, instructions: string | null): string {
  const env = { ...process.env };
  delete env.NNT_ISA;
  if (instructions) env.NNT_ISA = instructions;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "bin/nnt.js"), ...argv, "--kernels", kernels],
    { cwd: root, env, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

async function sameVerbs(): Promise<void> {
  const other = await processor();
  for (let tiles = 0; tiles < (isQuick ? 1 : kinds); tiles++) {
    const card = await openCard({ emulated: isa === "emulated", cache: null, tiles, processor });
    if (tiles === 0) console.log(card.description);
    const verb = await differingVerb(card, other);
    await card.close();
    if (verb !== null)
      throw new Error(`${verb} has other bits than on the processor, tiles of kind ${tiles}`);
  }
  await other.close();
  console.log("all verbs, in every kind of tile: the processor's bits");
}

function sameTrainings(): void {
  for (const config of configs) {
    const [card, host] = (["cuda", "native"] as const).map((kernels) => {
      const out = join(scratch, `${config}-${kernels}`);
      const argv = ["train", `configs/${config}.yaml`, "--epochs", "3", "--out", out, "--quiet"];
      nnt(argv, kernels, kernels === "cuda" ? isa : null);
      return JSON.parse(readFileSync(join(out, "summary.json"), "utf8")).weights_sha256 as string;
    });
    if (card !== host) throw new Error(`${config}: weights ${card}, and ${host} on the processor`);
    console.log(`${config}, 3 epochs: the processor's weights, sha256 ${card}`);
  }
}

async function measureProducts(): Promise<void> {
  const { backend } = await openKernels(choice);
  for (const size of products) {
    const speed = await measureProduct(backend, { m: size, n: size, k: size, kind: "NN" });
    console.log(`${size}³: ${(speed / 1000).toFixed(2)} TFLOP/s`);
  }
  await backend.close();
}

async function measureSteps(shape: StepShape): Promise<number> {
  const stepper = await openStepper(shape, choice);
  await stepper.run(20);
  const started = performance.now();
  let steps = 0;
  do {
    const some = isQuick ? 2 : 200;
    await stepper.run(some);
    steps += some;
  } while (!isQuick && performance.now() - started < 3000);
  const perSecond = (1000 * steps * shape.batchSize) / (performance.now() - started);
  await stepper.close();
  return perSecond;
}

/** IDX files of random bytes and labels. */
function writeRows(): void {
  const header = (type: number, ...sizes: number[]) => {
    const bytes = Buffer.alloc(4 + 4 * sizes.length);
    bytes[2] = 8;
    bytes[3] = type;
    for (const [i, size] of sizes.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
    return bytes;
  };
  const images = Buffer.alloc(rows * 784, 0).map((_, i) => (i * 2654435761) >>> 24);
  const labels = Buffer.alloc(rows, 0).map((_, i) => i % 10);
  writeFileSync(join(scratch, "images"), Buffer.concat([header(3, rows, 28, 28), images]));
  writeFileSync(join(scratch, "labels"), Buffer.concat([header(1, rows), labels]));
}

/** Samples per second of the epochs that `nnt train` tells, evaluation and saving not counted; and its whole time. */
function measureTraining({ widths, optimizer, batchSize }: StepShape): {
  perSecond: number;
  seconds: number;
} {
  const spec = {
    data: { format: "idx", train: { images: "images", labels: "labels" }, split: { validation: 0 } },
    model: { hidden: widths.slice(1, -1) },
    optimizer: { name: optimizer },
    train: { batch_size: batchSize, max_steps: updates, epochs: null },
  };
  const [file, out] = [join(scratch, "spec.json"), join(scratch, "out")];
  writeFileSync(file, JSON.stringify(spec));
  const started = performance.now();
  nnt(["train", file, "--out", out, "--overwrite", "--quiet"], "cuda", isa);
  const seconds = (performance.now() - started) / 1000;
  const epochs = readFileSync(join(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "epoch")
    .map((epoch) => epoch.samples_per_second as number);
  return { perSecond: Math.max(...epochs), seconds };
}

function tellTorch(): void {
  const script = join(import.meta.dirname, "peers/torch_cuda.py");
  const seconds = isQuick ? 1 : 240;
  const { stdout, status } = spawnSync(python, [script, String(seconds), JSON.stringify(networks)], {
    encoding: "utf8",
  });
  if (status !== 0) console.log("PyTorch: not installed for this card");
  for (const line of stdout.trim().split("\n").filter(Boolean)) {
    const { network, how, tf32, seconds, problem, product, gflops, version, card } = JSON.parse(line);
    const name = network && `${stepName(network)}, ${how}, ${tf32 ? "TF32" : "fp32"}`;
    if (version) console.log(`PyTorch ${version} on ${card}`);
    else if (product) console.log(`${product}³: ${(gflops / 1000).toFixed(2)} TFLOP/s`);
    else console.log(`${name}: ${problem ?? `${Math.round(network.batchSize / seconds)} samples/s`}`);
  }
}

try {
  await sameVerbs();
  sameTrainings();
  await measureProducts();
  writeRows();
  for (const shape of networks) {
    const steps = await measureSteps(shape);
    const { perSecond, seconds } = measureTraining(shape);
    console.log(
      `${stepName(shape)}: ${Math.round(steps)} samples/s in steps alone, ${Math.round(perSecond)} in nnt train, ${seconds.toFixed(1)} s for ${updates} updates`,
    );
  }
  tellTorch();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
