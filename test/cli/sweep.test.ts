/** Sweeps with real trials: what they leave, and that neither kills nor company change it. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./host.ts";
import { bin, folder, nnt, put } from "./program.ts";

const root = folder();
const rows = Array.from({ length: 40 }, (_, row) => `${row},${(row * 7) % 11},${row % 3 ? "odd" : "even"}`);
const spec = (search: string) => `
data: { path: table.csv, target: y, split: { validation: 0.3, test: 0 } }
train: { epochs: 3 }
search: { metric: validation.loss, ${search} }
`;
const space = "space: { optimizer.lr: { min: 0.001, max: 1, scale: log }, model.hidden: [[], [4]] }";

put(root, {
  "table.csv": `a,b,y\n${rows.join("\n")}\n`,
  "tpe.yaml": spec(`method: { name: tpe, startup: 2 }, trials: 5, parallel: 2, ${space}`),
  "halving.yaml": spec(`method: { name: halving, reduction: 3 }, trials: 3, parallel: 2, ${space}`),
});

const sweep = (name: string, out: string, ...more: string[]) =>
  nnt(["sweep", `${name}.yaml`, "--out", out, "--quiet", ...more], { cwd: root });
const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const board = (out: string) => read(out, "leaderboard.csv");
const results = (out: string) =>
  existsSync(join(root, out, "journal.jsonl"))
    ? (read(out, "journal.jsonl").match(/"result"/g)?.length ?? 0)
    : 0;

/** Starts a sweep and sends it a signal after its first result. */
async function stopped(name: string, out: string, signal: NodeJS.Signals): Promise<number | null> {
  const argv = [bin, "sweep", `${name}.yaml`, "--out", out, "--quiet"];
  const child = spawn(process.execPath, argv, { cwd: root, stdio: "ignore" });
  const watch = setInterval(() => {
    if (results(out) > 0) child.kill(signal);
  }, 5);
  const code = await new Promise<number | null>((done) => child.on("exit", done));
  clearInterval(watch);
  return code;
}

test("killed, and gone on with by two processes at once, a sweep ends with the same leaderboard", {
  timeout: 240_000,
}, async () => {
  const whole = await nnt(["sweep", "tpe.yaml", "--out", "whole", "--json", "--quiet"], { cwd: root });
  expect([whole.code, whole.err]).toEqual([0, ""]);
  expect(board("whole").trimEnd().split("\n")).toHaveLength(6);
  const end = JSON.parse(whole.out.trimEnd().split("\n").at(-1)!);
  expect(end).toMatchObject({ event: "end", reason: "trials", metric: "validation.loss" });

  expect(await stopped("tpe", "killed", "SIGKILL")).toBe(null);
  const both = await Promise.all([
    sweep("tpe", "killed", "--resume"),
    sweep("tpe", "killed", "--resume", "--jobs", "1"),
  ]);
  expect(both.map(({ code, err }) => [code, err])).toEqual([
    [0, ""],
    [0, ""],
  ]);
  expect(board("killed")).toBe(board("whole"));
  expect(results("killed")).toBe(5);
  expect(readdirSync(join(root, "killed", "workers")).length).toBe(1); // that of the one that was killed

  // Every trial is a run like any other; the best one's spec makes it again.
  const { out } = await run(["runs", join(root, "whole/trials"), "--json"]);
  expect(out.trimEnd().split("\n")).toHaveLength(5);
  const best = `whole/trials/${String(end.leaderboard[0].trial).padStart(3, "0")}`;
  expect((await nnt(["train", "whole/best.yaml", "--out", "again", "--quiet"], { cwd: root })).code).toBe(0);
  const weights = (directory: string) => JSON.parse(read(directory, "summary.json")).weights_sha256;
  expect(weights("again")).toBe(weights(best));

  const again = await sweep("tpe", "whole");
  expect([again.code, again.err]).toEqual([
    5,
    "nnt: whole: the directory already holds a sweep; expected a new or empty one\nhint: --resume continues it\n",
  ]);
  const other = await sweep("tpe", "whole", "--resume", "--set", "train.epochs=4");
  expect([other.code, other.err.split("\n")[0]]).toEqual([
    2,
    "nnt: whole: the sweep was started with a different spec: train changed",
  ]);
});

test("interrupted by Ctrl-C it exits with 130; halving goes on with its trials", {
  timeout: 240_000,
}, async () => {
  expect((await sweep("halving", "h-whole", "--jobs", "1")).code).toBe(0);
  expect(await stopped("halving", "h-stopped", "SIGINT")).toBe(130);
  expect((await sweep("halving", "h-stopped", "--resume")).code).toBe(0);
  expect(board("h-stopped")).toBe(board("h-whole"));
  const epochs = board("h-whole")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",")[4]);
  expect(epochs.toSorted()).toEqual(["1", "1", "3"]);
});

test("a trial whose process is killed again and again has failed; the others are trained", {
  timeout: 120_000,
}, async () => {
  const killed = new Set<number>();
  const watch = setInterval(() => {
    const directory = join(root, "unlucky/trials/001");
    const files = existsSync(directory) ? readdirSync(directory) : [];
    const pids = files.map((name) => Number(/^\.nnt-lock-(\d+)\./.exec(name)?.[1] ?? 0));
    for (const pid of pids.filter((pid) => pid > 0 && !killed.has(pid))) {
      process.kill(pid, "SIGKILL");
      killed.add(pid);
    }
  }, 5);
  const options = ["--jobs", "1", "--trials", "2", "--set", "train.epochs=500"];
  const { code } = await sweep("tpe", "unlucky", ...options);
  clearInterval(watch);
  expect([code, killed.size]).toEqual([0, 3]);
  expect(board("unlucky").match(/done|failed/g)).toEqual(["done", "failed"]);
  expect(read("unlucky", "journal.jsonl")).toContain("killed by SIGKILL");
});

test("a trial for which memory does not suffice fails alone", { timeout: 120_000 }, async () => {
  put(root, { "large.yaml": spec("method: grid, space: { model.hidden: [[300000000000], [4]] }") });
  expect((await sweep("large", "large")).code).toBe(0);
  expect(board("large").match(/done|failed/g)).toEqual(["done", "failed"]);
  expect(read("large", "journal.jsonl")).toMatch(/memory/);
});

test("trials are compared by the mean over their folds, by which runs can be sorted, too", {
  timeout: 120_000,
}, async () => {
  const search = "method: grid, space: { optimizer.lr: [0.001, 0.1] }";
  const text = spec(search)
    .replace("validation.loss", "folds.log_loss")
    .replace("epochs: 3", "epochs: 3, folds: 3");
  put(root, { "folds.yaml": text });
  expect((await sweep("folds", "folds")).code).toBe(0);
  const means = ["001", "002"].map(
    (trial) => JSON.parse(read("folds/trials", trial, "summary.json")).folds.metrics.log_loss.mean as number,
  );
  const lines = board("folds")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  expect(lines.map(([, , value]) => Number(value))).toEqual(means.toSorted((a, b) => a - b));
  const runs = ["runs", join(root, "folds/trials"), "--sort", "folds.log_loss", "--json"];
  const sorted = (await run(runs)).out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(sorted.map((one) => one["folds.log_loss"])).toEqual(means.toSorted((a, b) => a - b));
});

test("a job array makes the same trials, whichever comes first", { timeout: 240_000 }, async () => {
  const options = ["--set", "search.method=random", "--trials", "2"];
  const codes = await Promise.all(
    ["2", "1"].map((trial) => sweep("tpe", "array", "--trial", trial, ...options)),
  );
  expect(codes.map(({ code }) => code)).toEqual([0, 0]);
  expect((await sweep("tpe", "random", ...options)).code).toBe(0);
  expect(board("array")).toBe(board("random"));
});

test.each([
  [
    "no search",
    "data: { path: table.csv, target: y }",
    /^nnt: .*: the spec has no search: section; expected/,
  ],
  [
    "a value that no spec takes",
    spec("space: { optimizer.lr: [0.1, -1] }"),
    /^nnt: .*spec.yaml:4:\d+: optimizer.lr is -1; expected a number above 0/,
  ],
  [
    "a key that no spec has",
    spec("space: { optimizer.lrr: [0.1] }"),
    /^nnt: .*spec.yaml:4:\d+: unknown key optimizer.lrr/,
  ],
  [
    "a metric that runs do not tell",
    spec("metric: brier, space: { seed: [1] }").replace("validation.loss, metric: ", ""),
    /expected one of loss, accuracy/,
  ],
])("a spec with %s is refused", { timeout: 30_000 }, async (_what, text, message) => {
  put(root, { "spec.yaml": text });
  const { code, err } = await run(["sweep", join(root, "spec.yaml"), "--out", join(root, "none")]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
  expect(existsSync(join(root, "none"))).toBe(false);
});

test("--trial asks for whole trials, and for one that there is", { timeout: 30_000 }, async () => {
  const ask = (name: string, trial: string) =>
    run(["sweep", join(root, `${name}.yaml`), "--out", join(root, "none"), "--trial", trial]);
  expect((await ask("halving", "1")).err).toContain("in a search by halving");
  expect((await ask("tpe", "6")).err).toContain("the search has 5 trials");
});
