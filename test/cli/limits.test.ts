/** The program where the system refuses it something: exit code 5, the cause in words, and nothing half done left. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { bin, folder, nnt, put, shell } from "./program.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000, maxConcurrency: 3 });

const cwd = folder();
const rows = Array.from({ length: 60 }, (_, row) => `${row % 10},${row % 10 > 4 ? "high" : "low"}`);
const spec = "data: { path: table.csv, target: y }\n";

beforeAll(async () => {
  put(cwd, {
    "table.csv": `a,y\n${rows.join("\n")}\n`,
    "rows.csv": `a\n${"1\n".repeat(60_000)}`,
    "spec.yaml": `${spec}train: { epochs: 2 }\n`,
    "long.yaml": `${spec}train: { epochs: 1000000, checkpoint: { every_epochs: 1 } }\n`,
    "big.yaml": `${spec}model: { hidden: [30000, 30000] }\ntrain: { epochs: 1 }\n`,
  });
  expect(await nnt(["train", "spec.yaml", "--out", "run", "--quiet"], { cwd })).toMatchObject({ code: 0 });
});

describe.concurrent("with a limit on the size of files", () => {
  test("a run that outgrows it says which file, and leaves what it had saved", async () => {
    const { code, err } = await shell("ulimit -f 24; nnt train long.yaml --out grown --quiet", cwd);
    expect(err).toMatch(/^nnt: grown\/\S+: cannot write: the file would exceed the size limit$/m);
    expect(code).toBe(5);
    expect(readdirSync(join(cwd, "grown")).filter((name) => name.startsWith("."))).toEqual([]);
    const { code: whole, out } = await nnt(["verify", "grown/last.ckpt"], { cwd });
    expect([whole, out]).toEqual([0, expect.stringContaining("ok")]);
  });

  test.each([
    ["nnt predict run/best.ckpt -i rows.csv -o answers.csv", "answers.csv"],
    ["nnt predict run/best.ckpt -i rows.csv > cut.csv", "stdout"],
  ])("%s says so", async (line, name) => {
    const { code, err } = await shell(`ulimit -f 24; ${line}`, cwd);
    expect(err).toContain(`nnt: ${name}: cannot write: the file would exceed the size limit`);
    expect(code).toBe(5);
    expect(readdirSync(cwd)).not.toContain("answers.csv");
  });
});

test.concurrent("without the memory that a network takes, nothing is begun", {
  skip: process.platform !== "linux",
}, async () => {
  const { code, err } = await shell("ulimit -v 4000000; nnt train big.yaml --out big", cwd);
  expect(err).toMatch(/^nnt: .*memory/m);
  expect(code).toBe(5);
  expect(readdirSync(cwd)).not.toContain("big");
});

test("in a directory that is read-only nothing is written, and that is said", async () => {
  const locked = join(cwd, "locked");
  mkdirSync(locked);
  chmodSync(locked, 0o555);
  const isRoot = process.getuid?.() === 0; // for whom permissions are no obstacle
  chmodSync(cwd, 0o755);
  const ofNobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const argv = [bin, "train", "spec.yaml", "--out", "locked/run", "--quiet"];
  const child = spawn(process.execPath, argv, { cwd, ...ofNobody, stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, "close");
  expect(err).toMatch(/^nnt: locked\/run: cannot make the directory: permission denied$/m);
  expect(code).toBe(5);
  expect(readdirSync(locked)).toEqual([]);
});

test("a second training in the same directory exits with 5; after a kill the next one goes on", async () => {
  const argv = [bin, "train", "long.yaml", "--out", "held", "--json"];
  const first = spawn(process.execPath, argv, { cwd, stdio: ["ignore", "pipe", "ignore"] });
  let out = "";
  for await (const chunk of first.stdout) {
    out += chunk;
    if (out.includes('"event":"epoch"')) break;
  }
  const second = await nnt(["train", "long.yaml", "--out", "held", "--resume", "--quiet"], { cwd });
  expect(second.code).toBe(5);
  expect(second.err).toContain(`held: the directory is in use by process ${first.pid}`);
  first.kill("SIGKILL");
  await once(first, "exit");
  const asked = ["train", "long.yaml", "--out", "held", "--resume", "--epochs", "1", "--quiet"];
  expect(await nnt(asked, { cwd })).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(join(cwd, "held/summary.json"), "utf8")).reason).toBe("epochs");
});
