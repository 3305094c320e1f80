/**
 * `npm run bench [steps|ensembles|growth|products|passes|programs …]`: nnt beside PyTorch, scikit-learn and TensorFlow.js, where
 * they are installed. Checks first that kernels compute the same, then interleaves the sides in rounds and
 * prints medians, as a table and at the end as one line of JSON.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type StepShape, stepName, stepOperations, stepShapes } from "../src/cli/stepSpeed.ts";
import { availableCores } from "../src/support/cores.ts";
import { drawGrowth, measureGrowth } from "./growth.ts";
import { measurePasses, passes } from "./passes.ts";
import { openPeer, type Peer, peerNames } from "./peers/peer.ts";
import { measureProducts, productCases } from "./products.ts";
import {
  emptyProgram,
  mnistFolder,
  nntMnist,
  onePrediction,
  recipes,
  runProgram,
  torchMnist,
} from "./programs.ts";
import { interleave, median } from "./rounds.ts";
import { ensembleShape, openStepper } from "./steps.ts";

/** Losses after so many steps from equal weights have to agree to this share between kernels. */
const correctness = { steps: 5, share: 1e-4 };
/** Shapes whose operations in a step are above this are too slow for the plain kernels, and for some peers. */
const largeStep = 1e9;
const rounds = 5;
/** Milliseconds of a side before it is measured. */
const warmUp = 800;
const threads = 2;

type Results = Record<string, unknown>;

/** Fails where a fast kernel's losses part from the reference's. */
async function checkLosses(shape: StepShape): Promise<void> {
  const losses: number[] = [];
  for (const kernels of ["reference", "native", "wasm"] as const) {
    const stepper = await openStepper(shape, { kernels, threads });
    losses.push(await stepper.run(correctness.steps));
    await stepper.close();
  }
  const [truth = 0, ...others] = losses;
  for (const loss of others)
    if (!(Math.abs(loss - truth) <= correctness.share * truth))
      throw new Error(`${stepName(shape)}: losses ${losses}`);
}

/** Samples per second of every side. */
async function benchSteps(peers: readonly Peer[]): Promise<Results> {
  const results: Results = {};
  for (const shape of stepShapes) {
    const isLarge = stepOperations(shape) >= largeStep;
    if (!isLarge) await checkLosses(shape);
    // Opened for its turn alone: idle threads of one side would disturb the others.
    const own = (kernels: "native" | "wasm") => async (count: number) => {
      const stepper = await openStepper(shape, { kernels, threads });
      // V8 compiles WebAssembly twice, the second time while it runs; workers need events to start.
      for (const started = performance.now(); performance.now() - started < warmUp; ) {
        await stepper.run(count);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const started = performance.now();
      await stepper.run(count);
      const took = (performance.now() - started) / 1000 / count;
      await stepper.close();
      return took;
    };
    const sides: Record<string, (count: number) => Promise<number | null>> = {
      native: own("native"),
      wasm: own("wasm"),
    };
    for (const peer of peers) {
      if (peer.name === "PyTorch")
        for (const n of [1, threads])
          sides[`PyTorch ${n}`] = (steps) => peer.ask({ ...shape, threads: n, steps });
      else if (!isLarge) sides[peer.name] = (steps) => peer.ask({ ...shape, steps });
    }
    const seconds = await interleave(sides, rounds);
    const rate = Object.fromEntries(
      Object.entries(seconds).map(([side, took]) => [side, shape.batchSize / took]),
    );
    const torch = Math.max(rate["PyTorch 1"] ?? 0, rate[`PyTorch ${threads}`] ?? 0);
    const cells = Object.entries(rate).map(([side, speed]) => {
      const ratio = torch && !side.startsWith("PyTorch") ? ` (${(speed / torch).toFixed(2)}×)` : "";
      return `${side} ${Math.round(speed)}/s${ratio}`;
    });
    const gflops = ((stepOperations(shape) / shape.batchSize / 1e9) * rate.native!).toFixed(0);
    console.log(`${stepName(shape).padEnd(32)} ${cells.join("  ")}  native ${gflops} GFLOP/s`);
    results[stepName(shape)] = rate;
  }
  return results;
}

/** Rows per second of 32 networks: each computes every row. */
async function benchEnsembles(peers: readonly Peer[]): Promise<Results> {
  const { members, batchSize, ...alone } = ensembleShape;
  const own = (shape: StepShape, networks: number) => async (count: number) => {
    const stepper = await openStepper(shape, { kernels: "native", threads });
    await stepper.run(3);
    const started = performance.now();
    await stepper.run(count);
    const took = (performance.now() - started) / 1000 / count;
    await stepper.close();
    return took * networks;
  };
  const torch = peers.find(({ name }) => name === "PyTorch");
  const theirs = (shared: boolean) => async (steps: number) =>
    torch ? torch.ask({ ...ensembleShape, shared, threads, steps }) : null;
  const seconds = await interleave(
    {
      "nnt, one weight": own(ensembleShape, 1),
      [`nnt, ${members} networks one by one`]: own({ ...alone, batchSize }, members),
      "PyTorch, one weight": theirs(true),
      "PyTorch, baddbmm": theirs(false),
    },
    rounds,
  );
  const rate = Object.fromEntries(Object.entries(seconds).map(([side, took]) => [side, batchSize / took]));
  const cells = Object.entries(rate).map(([side, speed]) => `${side} ${Math.round(speed)}/s`);
  console.log(`${members} networks ${alone.widths.join("-")} B${batchSize}  ${cells.join("  ")}`);
  return rate;
}

async function benchProducts(peers: readonly Peer[]): Promise<Results> {
  const torch = peers.find(({ name }) => name === "PyTorch") ?? null;
  const results: Results = {};
  for (const shape of productCases) {
    const { name, speeds, peak } = await measureProducts(shape, torch, rounds, threads);
    const cells = Object.entries(speeds).map(
      ([side, speed]) => `${side} ${speed.toFixed(1)} (${((100 * speed) / peak).toFixed(0)} %)`,
    );
    console.log(
      `${name.padEnd(20)} GFLOP/s, share of one native thread's ${peak.toFixed(0)}: ${cells.join("  ")}`,
    );
    results[name] = { ...speeds, peak };
  }
  return results;
}

async function benchPasses(): Promise<Results> {
  const results: Results = {};
  for (const pass of passes) {
    const speeds = await measurePasses(pass, rounds, threads);
    const cells = Object.entries(speeds).map(([side, speed]) => `${side} ${speed.toFixed(1)}`);
    console.log(`${pass.name.padEnd(20)} GB/s: ${cells.join("  ")}`);
    results[pass.name] = speeds;
  }
  return results;
}

async function benchPrograms(peers: readonly Peer[]): Promise<Results> {
  const hasTorch = peers.some(({ name }) => name === "PyTorch");
  const folder = mnistFolder();
  const prediction = await onePrediction();
  const programs: Record<string, { argv: string[]; stdin?: string }> = {
    "an empty Node program": { argv: emptyProgram() },
    "predict one row": prediction,
  };
  const results: Results = {};
  const trainings = folder
    ? recipes.flatMap((recipe) => [
        ...["native", "wasm"].map((kernels) => [
          `${recipe.name}, ${kernels}`,
          () => ({ argv: nntMnist(recipe, folder, kernels) }),
        ]),
        ...(hasTorch ? [1, threads] : []).map((n) => [
          `${recipe.name}, PyTorch ${n}`,
          () => ({ argv: torchMnist(recipe, folder, n) }),
        ]),
      ])
    : [];
  const all: Record<string, () => { argv: string[]; stdin?: string }> = {
    ...Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, () => program])),
    ...Object.fromEntries(trainings),
  };
  const costs: Record<string, { seconds: number[]; megabytes: number[] }> = {};
  for (let round = 0; round < 3; round++)
    for (const [name, make] of Object.entries(all)) {
      const { argv, stdin } = make();
      const { seconds, megabytes } = await runProgram(argv, stdin);
      costs[name] ??= { seconds: [], megabytes: [] };
      costs[name].seconds.push(seconds);
      costs[name].megabytes.push(megabytes ?? 0);
    }
  for (const [name, { seconds, megabytes }] of Object.entries(costs)) {
    const cost = { seconds: median(seconds), megabytes: Math.max(...megabytes) };
    console.log(`${name.padEnd(48)} ${cost.seconds.toFixed(3)} s  ${cost.megabytes.toFixed(0)} MB`);
    results[name] = cost;
  }
  return results;
}

/** Rows a second on 1, 2, 4 … threads, up to twice as many as there are cores; a picture of it. */
async function benchGrowth(): Promise<Results> {
  const growth = await measureGrowth(2 * availableCores());
  const file = join(tmpdir(), "nnt-growth.svg");
  writeFileSync(file, drawGrowth(growth, availableCores()));
  for (const { name, rates } of growth) {
    const first = rates[0]!.rate;
    const cells = rates.map(
      ({ threads, rate }) => `${threads}: ${Math.round(rate)}/s (${(rate / first).toFixed(2)}×)`,
    );
    console.log(`${name.padEnd(32)} by threads  ${cells.join("  ")}`);
  }
  console.log(`drawn in ${file}`);
  return Object.fromEntries(growth.map(({ name, rates }) => [name, rates]));
}

const sections = {
  steps: benchSteps,
  ensembles: benchEnsembles,
  growth: benchGrowth,
  products: benchProducts,
  passes: benchPasses,
  programs: benchPrograms,
} satisfies Record<string, (peers: readonly Peer[]) => Promise<Results>>;

const wanted = process.argv.slice(2);
const peers: Peer[] = [];
for (const name of peerNames) {
  const peer = await openPeer(name);
  if (peer) peers.push(peer);
}
const machine = {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  load: loadavg()[0],
  node: process.version,
  ...Object.fromEntries(peers.map(({ name, version }) => [name, version])),
};
console.log(JSON.stringify(machine));
const results: Results = { machine };
for (const [name, bench] of Object.entries(sections))
  if (wanted.length === 0 || wanted.includes(name)) results[name] = await bench(peers);
for (const peer of peers) peer.close();
console.log(JSON.stringify(results));
