/** Processes that want one directory at once: one gets it, and a killed one stands in nobody's way. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockDirectory } from "../../src/checkpoint/lock.ts";
import { exitCodes } from "../../src/support/errors.ts";
import { refusal, scratch } from "./support.ts";

const holder = fileURLToPath(new URL("lockHolder.ts", import.meta.url));

/** Another process that tries to lock the directory; resolves with what it says. */
async function rival(directory: string, start = 0): Promise<{ said: string; child: ChildProcess }> {
  const child = spawn(process.execPath, ["--import", "tsx", holder, directory, String(start)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = (await once(createInterface(child.stdout!), "line")) as [string];
  return { said, child };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("a directory has one writer:", { timeout: 60_000 }, () => {
  it("another process is refused, and a killed one's lock blocks nobody", async () => {
    const directory = scratch();
    const { said, child } = await rival(directory);
    expect(said).toBe("held");
    expect(refusal(exitCodes.io, () => lockDirectory(directory))).toBe(
      `${directory}: the directory is in use by process ${child.pid}; expected one training per directory`,
    );
    await kill(child);
    expect(readdirSync(directory)).toHaveLength(1);
    const lock = lockDirectory(directory);
    expect(readdirSync(directory)).toHaveLength(1);
    expect((await rival(directory)).said).toBe("exit 5");
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("of several that start at once, beside a dead one's lock, exactly one gets it", async () => {
    const directory = scratch();
    await kill((await rival(directory)).child);
    const start = Date.now() + 1000;
    const said = await Promise.all(
      Array.from({ length: 4 }, async () => (await rival(directory, start)).said),
    );
    expect(said.sort()).toEqual(["exit 5", "exit 5", "exit 5", "held"]);
  });
});
