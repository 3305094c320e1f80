/**
 * `npm run bench`: training steps and a whole program beside PyTorch, where it is installed. Checks first that
 * the sides compute the same, then interleaves them in rounds and prints medians, as a table and as JSON.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openStepper, type StepShape, stepName, stepOperations, stepShapes } from "./steps.ts";

const root = join(import.meta.dirname, "..");
const rounds = 5;
/** Seconds one side computes in one round. */
const secondsPerTurn = 0.3;
/** Losses after so many steps from equal weights have to agree to this share between kernels. */
const correctness = { steps: 5, share: 1e-4 };

type Turn = () => Promise<number>;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** The peer as a process that answers one JSON line with another; null where PyTorch is not installed. */
async function openTorch(): Promise<{
  version: string;
  ask(request: object): Promise<number>;
  close(): void;
} | null> {
  const python = ["/usr/bin/python3", "python3"].find(
    (name) => spawnSync(name, ["-c", "import torch"]).status === 0,
  );
  if (!python) return null;
  const child = spawn(python, [join(root, "bench/peers/torch_steps.py")], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value as string);
  const { version } = await answer();
  return {
    version,
    ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    },
    close: () => child.stdin.end(),
  };
}

/** Fails where a fast kernel's losses part from the reference's. */
async function checkLosses(shape: StepShape): Promise<void> {
  const losses: number[] = [];
  for (const kernels of ["reference", "native", "wasm"] as const) {
    const stepper = await openStepper(shape, { kernels, threads: 2 });
    losses.push(await stepper.run(correctness.steps));
    await stepper.close();
  }
  const [truth = 0, ...others] = losses;
  for (const loss of others)
    if (!(Math.abs(loss - truth) <= correctness.share * truth))
      throw new Error(`${stepName(shape)}: losses ${losses}`);
}

/** Samples per second of every side, the sides taking turns. */
async function measureSteps(shape: StepShape, torch: Awaited<ReturnType<typeof openTorch>>) {
  const steps = new Map<string, number>();
  // Opened for its turn alone: idle threads of one side would disturb the others.
  const timed = (kernels: "native" | "wasm", count: number) => async () => {
    const stepper = await openStepper(shape, { kernels, threads: 2 });
    await stepper.run(count);
    const started = performance.now();
    await stepper.run(count);
    const took = (performance.now() - started) / 1000 / count;
    await stepper.close();
    return took;
  };
  const sides: Record<string, (count: number) => Turn> = {
    native: (count) => timed("native", count),
    wasm: (count) => timed("wasm", count),
    ...(torch && {
      "torch 1": (count) => () => torch.ask({ ...shape, threads: 1, steps: count }),
      "torch 2": (count) => () => torch.ask({ ...shape, threads: 2, steps: count }),
    }),
  };
  const seconds: Record<string, number[]> = {};
  for (let round = -1; round < rounds; round++) {
    for (const [name, side] of Object.entries(sides)) {
      const took = await side(steps.get(name) ?? 3)();
      steps.set(name, Math.max(1, Math.ceil(secondsPerTurn / took)));
      if (round >= 0) seconds[name] = [...(seconds[name] ?? []), took];
    }
  }
  return Object.fromEntries(
    Object.entries(seconds).map(([name, took]) => [name, shape.batchSize / median(took)]),
  );
}

/** Process start to saved model on MNIST; null where its files are in neither place. */
function wholeProgram(kernels: string): { seconds: number } | null {
  const folder = [join(root, "data/mnist"), join(root, "../shared/data/mnist")].find(existsSync);
  if (!folder) return null;
  const out = join(mkdtempSync(join(tmpdir(), "nnt-bench-")), "run");
  const files = (name: string) =>
    JSON.stringify({
      images: join(folder, `${name}-images-idx3-ubyte.gz`),
      labels: join(folder, `${name}-labels-idx1-ubyte.gz`),
    });
  const argv = ["train", join(root, "configs/mnist.yaml"), "--quiet", "--out", out, "--kernels", kernels];
  const data = ["--set", `data.train=${files("train")}`, "--set", `data.test=${files("t10k")}`];
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [join(root, "bin/nnt.js"), ...argv, ...data]);
  if (status !== 0) throw new Error(stderr.toString());
  return { seconds: (performance.now() - started) / 1000 };
}

const torch = await openTorch();
const machine = {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  load: loadavg()[0],
  node: process.version,
  torch: torch?.version ?? null,
};
console.log(JSON.stringify(machine));
const results: Record<string, unknown> = { machine };
for (const shape of stepShapes) {
  if (stepOperations(shape) < 1e9) await checkLosses(shape);
  const speed = await measureSteps(shape, torch);
  const best = Math.max(speed["torch 1"] ?? 0, speed["torch 2"] ?? 0);
  const ratio = (side: string) => (best ? ` (${(speed[side]! / best).toFixed(2)}×)` : "");
  const gflops = (stepOperations(shape) / shape.batchSize / 1e9) * speed.native!;
  console.log(
    `${stepName(shape).padEnd(32)} native ${Math.round(speed.native!)}/s${ratio("native")}  wasm ${Math.round(speed.wasm!)}/s${ratio("wasm")}  torch ${Math.round(best)}/s  native ${gflops.toFixed(0)} GFLOP/s`,
  );
  results[stepName(shape)] = speed;
}
torch?.close();
for (const kernels of ["native", "wasm"]) {
  const times = Array.from({ length: 3 }, () => wholeProgram(kernels)?.seconds ?? Number.NaN);
  console.log(
    `MNIST 784-128-10 B128 Adam 5 epochs, whole program, ${kernels}: ${median(times).toFixed(2)} s`,
  );
  results[`mnist ${kernels}`] = times;
}
console.log(JSON.stringify(results));
