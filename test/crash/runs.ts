/** A small run of the real program that can be killed, or refused a system call, at any of its calls by strace. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { startedBy } from "../launchers.ts";

export const bin = join(import.meta.dirname, "../../bin/nnt.js");

/** The calls by which a run changes what is on disk. */
const calls = [
  ...["openat", "write", "writev", "fsync", "fdatasync", "rename"],
  ...["link", "unlink", "ftruncate", "mkdir"],
] as const;
export type Call = (typeof calls)[number];

/** The n-th call of that name that the run's main thread makes. */
export interface Point {
  readonly call: Call;
  readonly nth: number;
  /** Whether a disk is behind it, which may be full: it is no wake-up among the run's own threads. */
  readonly isOnDisk: boolean;
}

/** What is compared: equal digests are equal files. */
export type Outcome = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly err: string;
}

/** Whether strace is here and allowed to do its work: a kill kills, a fault reaches the program. */
export function hasStrace(): boolean {
  const strace = (harm: string, options: readonly string[]) =>
    spawnSync("strace", [...options, "-o", "/dev/null", "-e", `inject=write:${harm}:when=1`, "echo", "x"]);
  return strace("signal=SIGKILL", forKills).signal === "SIGKILL" && strace("error=EIO", forRest).status === 1;
}

/** With a filter in the kernel strace is faster, but (6.1) sends no signals. */
const forRest = ["-f", "--seccomp-bpf"];
const forKills = ["-f"];

/** What may be harmed: a run, and what is made of several. The rest of the spec, and of the command line. */
export const kinds = {
  plain: { spec: "", argv: ["train", "spec.yaml"] },
  folds: { spec: "", argv: ["train", "spec.yaml", "--set", "train.folds=2"] },
  seeds: {
    spec: "track: { tensorboard: true, mlflow: { directory: mlruns } }\n",
    argv: ["train", "spec.yaml", "--seeds", "2"],
  },
  sweep: {
    spec: "search: { trials: 2, parallel: 1, space: { optimizer.lr: [0.01, 0.1] } }\n",
    argv: ["sweep", "spec.yaml", "--jobs", "1"],
  },
} as const;

/** The command line that begins the folder's run, or goes on with it. */
export function argvOf(folder: string, name: string): string[] {
  const argv = JSON.parse(readFileSync(join(folder, "argv.json"), "utf8")) as string[];
  return [...argv, join(folder, name)].map((word) => (word === "spec.yaml" ? join(folder, word) : word));
}

/** A folder with data and a spec whose run saves often. */
export function prepare({
  epochs = 8,
  kind = "plain",
}: {
  epochs?: number;
  kind?: keyof typeof kinds;
} = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "nnt-crash-"));
  const rows = Array.from({ length: 48 }, (_, i) => `${(i * 37) % 101},${(i * 53) % 89},${(i * 7) % 10 < 5}`);
  writeFileSync(join(folder, "table.csv"), `a,b,y\n${rows.join("\n")}\n`);
  writeFileSync(
    join(folder, "spec.yaml"),
    `data: { path: table.csv, target: y }
model: { layers: [{ linear: 4 }, batch_norm, tanh, { dropout: 0.2 }, { linear: null }] }
optimizer: { name: adam, lr: 0.01 }
schedule: cosine
train: { epochs: ${epochs}, batch_size: 8, checkpoint: { every_epochs: 1, every_steps: 3, keep_last: 2 } }
${kinds[kind].spec}`,
  );
  const argv = [...kinds[kind].argv, "--quiet", "--kernels", "reference", "--resume", "--out"];
  writeFileSync(join(folder, "argv.json"), JSON.stringify(argv));
  return folder;
}

/** Milliseconds of a run. One whose fault hit the pipe by which node hears of a child's end waits for ever. */
const longest = 60_000;

/** Trains in `folder/name`, going on with what is there, under strace with these options if there are any. */
export function run(folder: string, name: string, strace: readonly string[] | null): Promise<Ended> {
  const nnt = [bin, ...argvOf(folder, name)];
  const [command, ...argv] = strace
    ? ["strace", ...strace, process.execPath, ...nnt]
    : [process.execPath, ...nnt];
  const child = spawn(command!, argv, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const err: Buffer[] = [];
  child.stderr.on("data", (chunk) => err.push(chunk));
  const limit = setTimeout(() => {
    for (const pid of startedBy(child.pid!)) process.kill(pid, "SIGKILL");
  }, longest);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, err: Buffer.concat(err).toString() });
    });
  });
}

/** As `run`, killed at a point. */
export function runAndKill(folder: string, name: string, { call, nth }: Point): Promise<Ended> {
  const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=SIGKILL:when=${nth}`];
  // Each trainer of a sweep would be killed, as often as it is started again: there the sweep alone is.
  const follow = argvOf(folder, name)[0] === "sweep" ? [] : forKills;
  return run(folder, name, [...follow, "-o", "/dev/null", ...inject]);
}

/** As `run`, with a call that fails: once, or it and all of its name that follow. Tells whether a disk was behind them. */
export async function runIntoFault(
  folder: string,
  name: string,
  { call, nth }: Point,
  error: string,
  forever: boolean,
): Promise<Ended & { readonly isOnDisk: boolean }> {
  const log = join(folder, `${name}.strace`);
  const inject = [
    "-e",
    `trace=${call}`,
    "-e",
    `inject=${call}:error=${error}:when=${nth}${forever ? "+" : ""}`,
  ];
  const ended = await run(folder, name, [...forRest, "-y", "-o", log, ...inject]);
  const failed = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes("(INJECTED)"));
  rmSync(log);
  return { ...ended, isOnDisk: failed.length > 0 && !failed.some(isWakeUp) };
}

/** An event counter, a pipe or a socket, by which threads and processes wake each other: no disk is behind it. */
function isWakeUp(line: string): boolean {
  return /<(anon_inode|pipe|socket):/.test(line);
}

/** Every point of an unharmed run, those before it touches its directory apart. */
export async function pointsOf(folder: string, name: string): Promise<{ before: Point[]; within: Point[] }> {
  const log = join(folder, `${name}.strace`);
  const ended = await run(folder, name, [...forRest, "-y", "-o", log, "-e", `trace=${calls.join(",")}`]);
  if (ended.code !== 0) throw new Error(`the unharmed run failed: ${ended.err}`);
  const counts = new Map<Call, number>();
  const points = { before: [] as Point[], within: [] as Point[] };
  let main: string | undefined;
  let isWithin = false;
  for (const line of readFileSync(log, "utf8").split("\n")) {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    main ??= thread;
    if (thread !== main || !call) continue;
    const nth = (counts.get(call as Call) ?? 0) + 1;
    counts.set(call as Call, nth);
    isWithin ||= line.includes(`/${name}"`) || line.includes(`/${name}/`);
    points[isWithin ? "within" : "before"].push({ call: call as Call, nth, isOnDisk: !isWakeUp(line) });
  }
  return points;
}

/**
 * Digests of all that must not depend on what happened on the way: models, and logs but for their times. What is written
 * for other tools, and journals of who did what, do.
 */
export function outcome(folder: string, name: string): Outcome {
  const directory = join(folder, name);
  const digests: Record<string, string> = {};
  for (const file of filesIn(directory)) {
    const path = join(directory, file);
    if (file.endsWith(".ckpt") || file.endsWith(".csv")) digests[file] = digest(readFileSync(path));
    else if (file.endsWith("metrics.jsonl")) digests[file] = digest(withoutTimes(readFileSync(path, "utf8")));
    else if (basename(file).startsWith(".")) digests[file] = "should not be here";
  }
  return digests;
}

function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(directory, join(parentPath, name))).sort();
}

/** What a run has left that resuming it depends on: equal texts are equal files but for times and the directory's name. */
export function leftBy(folder: string, name: string): string {
  const directory = join(folder, name);
  const entries = filesIn(directory).map((file) => {
    if (/summary\.json$|report\.html$|SHA256SUMS$|tfevents|mlruns|journal/.test(file)) return [file];
    const content = readFileSync(join(directory, file), "latin1");
    const plain = content.replaceAll(name, "").replace(/"(seconds|samples_per_second)":[^,}]+/g, "");
    return [file, basename(file).startsWith(".nnt-lock") ? "" : digest(plain)];
  });
  return JSON.stringify(entries);
}

function digest(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function withoutTimes(log: string): string {
  const lines = log.split("\n").map((line) => (line === "" ? null : JSON.parse(line)));
  return JSON.stringify(lines, (key, value) =>
    ["seconds", "samples_per_second", "directory"].includes(key) ? undefined : value,
  );
}

/** What a run that met a fault may leave: whole models, no temporary files. */
export function wrongAfterFault(folder: string, name: string): string[] {
  const directory = join(folder, name);
  mkdirSync(directory, { recursive: true });
  return filesIn(directory).flatMap((file) => {
    if (basename(file).startsWith(".nnt-tmp")) return [`${file} was left behind`];
    if (file.endsWith(".ckpt")) readCheckpoint(join(directory, file));
    return [];
  });
}
