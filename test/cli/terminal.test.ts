/** A terminal that is closed while a run goes on: it is told of only where it was written to. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { bin, folder, put } from "./program.ts";

vi.setConfig({ testTimeout: 60_000 });

const hasScript = process.platform === "linux" && existsSync("/usr/bin/script");
const cwd = folder();
const rows = Array.from({ length: 60 }, (_, row) => `${row % 10},${row % 10 > 4 ? "high" : "low"}`);

beforeAll(() => {
  put(cwd, {
    "table.csv": `a,y\n${rows.join("\n")}\n`,
    "spec.yaml":
      "data: { path: table.csv, target: y }\ntrain: { epochs: 1000000, checkpoint: { every_epochs: 1 } }\n",
  });
});

/** Trains on a terminal of its own; `last.ckpt` appears in the run's directory, in the end its exit code in `name.code`. */
function trainOnTerminal(name: string, rest: string): ChildProcess {
  const nnt = `'${process.execPath}' '${bin}' train spec.yaml --out ${name} ${rest}`;
  // The system tells the shell, and the shell tells its job, of which it waits for the exit code then.
  const line = `trap 'kill -HUP $!' HUP; ${nnt} & wait $!; wait $!; echo $? > ${name}.part; mv ${name}.part ${name}.code`;
  return spawn("script", ["-qfc", line, "/dev/null"], { cwd, stdio: "ignore" });
}

/** Resolves when there is a file of that name. */
async function appears(directory: string, name: string): Promise<void> {
  const changes = watch(directory);
  if (existsSync(join(directory, name))) return;
  for await (const { filename } of changes) if (filename === name) return;
}

describe.concurrent("when its terminal is closed,", { skip: !hasScript }, () => {
  test.each([
    ["a run that writes to it saves and exits with 129", "shown", "", "129", "SIGHUP"],
    ["one whose output is redirected goes on", "told", "--max-time 5s > told.out", "0", "max_time"],
    ["so does one that tells nothing there", "quiet", "--max-time 5s > /dev/null 2>&1", "0", "max_time"],
  ])("%s", async (_, name, rest, code, reason) => {
    const terminal = trainOnTerminal(name, rest);
    await appears(cwd, name);
    await appears(join(cwd, name), "last.ckpt");
    terminal.kill("SIGKILL");
    await appears(cwd, `${name}.code`);
    expect(readFileSync(join(cwd, `${name}.code`), "utf8")).toBe(`${code}\n`);
    expect(JSON.parse(readFileSync(join(cwd, name, "summary.json"), "utf8")).reason).toBe(reason);
    expect(readCheckpoint(join(cwd, name, "last.ckpt"), "none").training.epoch).toBeGreaterThan(0);
  });
});
