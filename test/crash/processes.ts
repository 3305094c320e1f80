/**
 * `npm run test:processes`: one of several processes killed at a random moment, `-- --kills 50 --seed 1 --processes 3`,
 * by every MPI that is here. The launcher ends within 15 seconds and not with 0, what was saved is whole, and the run
 * resumed by another number of processes ends with the bits of one that was left alone.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { uniform } from "../chance.ts";
import { buildFor, findLaunchers, launching, startedBy } from "../launchers.ts";
import { bin, outcome, prepare } from "./runs.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    processes: { type: "string", default: "3" },
  },
});
const chance = uniform(Number(values.seed));
const count = Number(values.processes);
const patience = 15_000;
const folder = prepare({ epochs: 300 });

/** The log's first line tells of threads, of which a process alone would take more. */
const same = ["--set", "train.shards=4", "--threads", "1"];

interface Ended {
  readonly code: number | null;
  readonly err: string;
  /** Milliseconds from the kill on; NaN without one. */
  readonly waited: number;
  readonly took: number;
}

/** Trains, or goes on, in so many processes; kills one after so many milliseconds. */
function trained(launcher: string, processes: number, name: string, kill: number | null): Promise<Ended> {
  const argv = ["train", "spec.yaml", "--out", name, "--resume", "--quiet", ...same];
  const child = spawn(launcher, ["-n", `${processes}`, process.execPath, bin, ...argv], {
    cwd: folder,
    env: launching,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const err: Buffer[] = [];
  child.stderr.on("data", (chunk) => err.push(chunk));
  const started = performance.now();
  let killed = Number.NaN;
  const timer = setTimeout(
    () => {
      const pids = startedBy(child.pid!);
      if (pids.length === 0) return;
      killed = performance.now();
      process.kill(pids[Math.floor(chance() * pids.length)]!, "SIGKILL");
    },
    kill ?? 2 ** 30,
  );
  const limit = setTimeout(() => child.kill("SIGKILL"), 300_000);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      clearTimeout(limit);
      const now = performance.now();
      resolve({ code, err: Buffer.concat(err).toString(), waited: now - killed, took: now - started });
    });
  });
}

const wrong: string[] = [];
for (const { launcher, compiler } of findLaunchers()) {
  buildFor(compiler);
  const whole = await trained(launcher, count, "unharmed", null);
  if (whole.code !== 0) throw new Error(whole.err);
  const expected = JSON.stringify(outcome(folder, "unharmed"));
  let [kills, over, slowest, length] = [0, 0, 0, whole.took];
  for (let i = 0; kills < Number(values.kills); i++) {
    const name = `k${i}`;
    const after = Math.round(chance() * length);
    const ended = await trained(launcher, count, name, after);
    const told = `${launcher}, ${name}, killed after ${after} ms`;
    if (Number.isNaN(ended.waited) || ended.code === 0) {
      over++;
      length = ended.took;
    } else {
      kills++;
      slowest = Math.max(slowest, ended.waited);
      if (ended.waited > patience) wrong.push(`${told}: ended after ${ended.waited.toFixed(0)} ms`);
    }
    const resumed = await trained(launcher, 1 + Math.floor(chance() * 4), name, null);
    if (resumed.code !== 0) wrong.push(`${told}: resuming ended with ${resumed.code}: ${resumed.err}`);
    else if (JSON.stringify(outcome(folder, name)) !== expected) wrong.push(`${told}: differs`);
    rmSync(join(folder, name), { recursive: true, force: true });
    if (kills % 10 === 0) console.log(`${launcher}: ${kills} kills, ${wrong.length} wrong`);
  }
  rmSync(join(folder, "unharmed"), { recursive: true, force: true });
  console.log(
    `${launcher}: ${kills} kills, ${over} runs were over before; the slowest end after ${slowest.toFixed(0)} ms`,
  );
}
for (const sentence of wrong) console.log(sentence);
console.log(`seed ${values.seed}: ${wrong.length} wrong`);
rmSync(folder, { recursive: true, force: true });
process.exitCode = wrong.length === 0 ? 0 : 1;
