/** Short trainings for `nnt self-test`, each in a process of its own: left alone, or killed and resumed. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import { pathsIn } from "../checkpoint/runDirectory.ts";
import { type BackendName, backendNames } from "../engine/backend.ts";
import { openKernels } from "../engine/choose.ts";
import { availableCores } from "../support/cores.ts";
import { type ExitCode, exitCodes, UserError } from "../support/errors.ts";
import { isThere } from "../support/files.ts";

interface Trial {
  readonly backend: BackendName;
  readonly threads: number;
  /** What is done to the run. */
  readonly harm: "uninterrupted" | "killed and resumed";
}

/** One for each backend that opens here and number of threads; then the same, killed and resumed. */
export async function trials(): Promise<Trial[]> {
  const threads = [...new Set([1, Math.max(2, availableCores())])];
  const found: Trial[] = [];
  for (const backend of backendNames) {
    if (!(await isHere(backend))) continue;
    const numbers = backend === "cuda" ? [1] : threads;
    for (const number of numbers) found.push({ backend, threads: number, harm: "uninterrupted" });
  }
  return [...found, ...found.map((trial) => ({ ...trial, harm: "killed and resumed" as const }))];
}

/** Whether it opens, with fused multiply-add: without it, as in the reference, the bits are its own. */
async function isHere(kernels: BackendName): Promise<boolean> {
  try {
    const { backend } = await openKernels({ kernels, threads: 1 });
    const { fused } = backend;
    await backend.close();
    return fused;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

export async function runTrial(
  { backend, threads, harm }: Trial,
  spec: string,
  folder: string,
  set: readonly string[],
  steps: number,
): Promise<{ weights: string; note: string }> {
  const directory = join(folder, `${backend}-${threads}-${harm}`);
  const policy = `train.checkpoint={ every_steps: ${Math.max(1, Math.floor(steps / 20))} }`;
  const limits = [`train.max_steps=${steps}`, policy, ...set].flatMap((value) => ["--set", value]);
  const kernels = ["--kernels", backend, "--threads", String(threads)];
  const argv = ["train", spec, "--out", directory, "--resume", "--quiet", ...limits, ...kernels];
  let note = "uninterrupted";
  if (harm !== "uninterrupted") {
    const wasKilled = await killOnceSaved(argv, pathsIn(directory).last);
    note = wasKilled
      ? `killed after update ${stepIn(directory)}, resumed`
      : "finished before it could be killed";
  }
  const { code, text } = await ended(start(argv));
  if (code !== 0)
    throw new UserError((code ?? exitCodes.bug) as ExitCode, { message: text.replace(/^nnt: /, "").trim() });
  return { weights: readCheckpoint(pathsIn(directory).last, "none").digests.weights, note };
}

function start(argv: readonly string[]) {
  return spawn(process.execPath, [process.argv[1]!, ...argv], { stdio: ["ignore", "ignore", "pipe"] });
}

function ended(child: ReturnType<typeof start>): Promise<{ code: number | null; text: string }> {
  let text = "";
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ code, text }));
  });
}

/** Kills it without warning, as a power cut would, soon after a model is on disk. */
async function killOnceSaved(argv: readonly string[], path: string): Promise<boolean> {
  const child = start(argv);
  const watch = setInterval(() => {
    if (isThere(path)) child.kill("SIGKILL");
  }, 5);
  await ended(child);
  clearInterval(watch);
  return child.signalCode === "SIGKILL";
}

function stepIn(directory: string): number {
  return readCheckpoint(pathsIn(directory).last, "none").training.step;
}

/** Two moons: a table that any network of a few units learns. */
export function writeSpec(folder: string): string {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const angle = (i / 400) * Math.PI;
    const isUpper = i % 2 === 0;
    const [x, y] = isUpper
      ? [Math.cos(angle), Math.sin(angle)]
      : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    return `${x.toFixed(4)},${y.toFixed(4)},${isUpper ? "upper" : "lower"}`;
  });
  writeFileSync(join(folder, "moons.csv"), `x,y,moon\n${rows.join("\n")}\n`);
  const spec = join(folder, "moons.yaml");
  writeFileSync(
    spec,
    `data: { path: moons.csv, target: moon }
model: { hidden: [16, 16], activation: tanh, dropout: 0.1 }
optimizer: { name: adam, lr: 0.01 }
train: { batch_size: 16 }
`,
  );
  return spec;
}
