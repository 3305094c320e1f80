/** Several processes: the bits of one, resumed by another number of them, and an end for all when one of them fails. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildFor, findLaunchers, launching, startedBy } from "../launchers.ts";
import { bin, folder, nnt, put, type Result } from "./program.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 }); // processes start slowly on a busy machine

const launchers = findLaunchers();

const directory = folder();

const spec = `
data: { path: table.csv, target: y, split: { validation: 0.2, test: 0.2 } }
model: { hidden: [16], norm: batch, dropout: 0.2 }
train: { epochs: 4, batch_size: 24, shards: 6 }
`;

beforeAll(() => {
  const rows = Array.from(
    { length: 400 },
    (_, i) => `${i % 7},${(i * i) % 11},${(i % 7) + ((i * i) % 11) > 8}`,
  );
  put(directory, { "table.csv": `a,b,y\n${rows.join("\n")}\n`, "spec.yaml": spec });
  for (const { compiler } of launchers) buildFor(compiler);
});

test.skipIf(launchers.length > 0)("without MPI here, several processes are told what to build", async () => {
  const child = spawnSync(process.execPath, [bin, "train", "spec.yaml"], {
    cwd: directory,
    env: { ...process.env, PMI_RANK: "0", PMI_SIZE: "2" },
  });
  expect(child.stderr.toString()).toContain("npm run build:mpi");
  expect(child.status).toBe(5);
});

/** Processes of the launcher that are still there are ended with it. */
const started = new Set<ReturnType<typeof spawn>>();
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

function launch(launcher: string, count: number, argv: readonly string[]) {
  const child = spawn(launcher, ["-n", `${count}`, process.execPath, bin, ...argv], {
    cwd: directory,
    env: launching,
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.add(child);
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk) => out.push(chunk));
  child.stderr.on("data", (chunk) => err.push(chunk));
  const result = new Promise<Result>((resolve) => {
    child.on("close", (code) => {
      started.delete(child);
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
  });
  return { child, result };
}

const modelOf = (run: string) => readFileSync(join(directory, run, "last.ckpt"));
const epochsOf = (run: string) =>
  readFileSync(join(directory, run, "metrics.jsonl"), "utf8")
    .split("\n")
    .slice(1, -2)
    .map(withoutTimes);
const withoutTimes = (line: string) => line.replaceAll(/"(?:seconds|samples_per_second)":[^,}]+/g, "");

describe.each(launchers)("$launcher", ({ launcher }) => {
  const run = (name: string) => `${launcher}-${name}`;
  const train = (count: number, name: string, ...more: string[]) =>
    launch(launcher, count, ["train", "spec.yaml", "--out", run(name), "--quiet", ...more]).result;

  test("1, 2, 3 and 5 processes leave the model and the log of one without MPI", async () => {
    await nnt(["train", "spec.yaml", "--out", run("alone"), "--quiet"], { cwd: directory });
    for (const count of [1, 2, 3, 5]) {
      const { code } = await train(count, `${count}`);
      expect(code).toBe(0);
      expect(modelOf(run(`${count}`)).equals(modelOf(run("alone")))).toBe(true);
      expect(epochsOf(run(`${count}`))).toEqual(epochsOf(run("alone")));
    }
  });

  test("a run that two processes paused and three resumed has the same bits", async () => {
    await train(2, "resumed", "--pause-at", "2");
    await train(3, "resumed", "--resume");
    expect(modelOf(run("resumed")).equals(modelOf(run("alone")))).toBe(true);
    expect(epochsOf(run("resumed"))).toEqual(epochsOf(run("alone")));
  });

  test("figures and predictions are those of one process, in the rows' order", async () => {
    const model = join(run("alone"), "best.ckpt");
    for (const argv of [
      ["eval", model, "--json"],
      ["predict", model, "--input", "table.csv", "--proba"],
    ]) {
      const alone = await nnt(argv, { cwd: directory });
      const shared = await launch(launcher, 3, argv).result;
      expect(shared.out).toBe(alone.out);
    }
  });

  test("more processes than shards, and a command that is one process's work, are refused once", async () => {
    const { code, err } = await train(2, "refused", "--set", "train.shards=1");
    expect(code).toBe(2);
    expect(err.match(/^nnt: .*/gm)).toEqual([
      "nnt: 2 processes are to share the work, and train.shards is 1; expected a shard for each process, at least",
    ]);
    expect(existsSync(join(directory, run("refused")))).toBe(false);
    const inspected = await launch(launcher, 2, ["inspect", "spec.yaml"]).result;
    expect(inspected.code).toBe(2);
    expect(inspected.err).toContain("nnt inspect is the work of one process");
  });

  test("a process that dies takes all with it, and the run goes on from what was saved to the same bits", async () => {
    const longer = ["--set", "train.epochs=200", "--set", "train.checkpoint={ every_epochs: 1 }"];
    const argv = ["train", "spec.yaml", "--out", run("killed"), "--json", ...longer];
    const { child, result } = launch(launcher, 3, argv);
    await new Promise<void>((resolve) => {
      let lines = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        lines += chunk.toString().split("\n").length - 1;
        if (lines > 3) resolve();
      });
    });
    process.kill(startedBy(child.pid!).at(-1)!, "SIGKILL");
    expect((await result).code).not.toBe(0);
    expect((await train(2, "killed", "--resume", ...longer)).code).toBe(0);
    await nnt(["train", "spec.yaml", "--out", run("long"), "--quiet", ...longer], { cwd: directory });
    expect(modelOf(run("killed")).equals(modelOf(run("long")))).toBe(true);
    expect(epochsOf(run("killed"))).toEqual(epochsOf(run("long")));
  });
});
