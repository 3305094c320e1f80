/**
 * `npm run test:signals`: SIGINT and SIGTERM at random moments of a run, `-- --signals 200 --seed 1`: the exit code
 * is 130 or 143, it comes within 2 seconds, and the run resumed ends with the same bits.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { uniform } from "../chance.ts";
import { bin, outcome, prepare, run } from "./runs.ts";

const { values } = parseArgs({
  options: { signals: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
const chance = uniform(Number(values.seed));
const folder = prepare({ epochs: 30 });
const began = performance.now();
await run(folder, "unharmed", null);
/** How long a run takes: the moments are chosen within it. On a busy machine it changes, so the latest one counts. */
let length = performance.now() - began;
const expected = JSON.stringify(outcome(folder, "unharmed"));

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
const wrong: string[] = [];
const counts = { signals: 0, over: 0, slowest: 0 };

/** Starts or resumes the run and sends a signal after so many milliseconds. */
function interrupted(name: string, signal: keyof typeof exitCodes, after: number) {
  const argv = [bin, "train", "spec.yaml", "--out", name, "--resume", "--quiet", "--kernels", "reference"];
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: "ignore" });
  const started = performance.now();
  let sent = Number.NaN;
  const timer = setTimeout(() => {
    sent = performance.now();
    child.kill(signal);
  }, after);
  return new Promise<{ code: number | null; signal: string | null; waited: number; took: number }>(
    (resolve) => {
      child.on("close", (code, by) => {
        clearTimeout(timer);
        resolve({ code, signal: by, waited: performance.now() - sent, took: performance.now() - started });
      });
    },
  );
}

for (let i = 0; counts.signals < Number(values.signals); i++) {
  const name = `s${i}`;
  const told: string[] = [];
  for (let times = 0; times < 4; times++) {
    const signal = chance() < 0.5 ? "SIGINT" : "SIGTERM";
    const after = Math.round(chance() * length);
    const ended = await interrupted(name, signal, after);
    told.push(`${signal} after ${after} ms`);
    if (ended.code === 0) {
      counts.over++;
      length = ended.took;
      break;
    }
    counts.signals++;
    counts.slowest = Math.max(counts.slowest, ended.waited);
    // Before nnt listens, node itself dies of the signal: a shell sees the same code.
    const isRight = ended.code === exitCodes[signal] || ended.signal === signal;
    if (!isRight) wrong.push(`${name}, ${told.join(", ")}: exit code ${ended.code} ${ended.signal}`);
    if (ended.waited > 2000) wrong.push(`${name}, ${told.join(", ")}: took ${ended.waited} ms`);
  }
  if (counts.signals % 20 < told.length) console.log(`${counts.signals} signals, ${wrong.length} wrong`);
  const { code, err } = await run(folder, name, null);
  if (code !== 0) wrong.push(`${name}, ${told.join(", ")}: resuming ended with ${code}: ${err}`);
  else if (JSON.stringify(outcome(folder, name)) !== expected)
    wrong.push(`${name}, ${told.join(", ")}: differs`);
  rmSync(join(folder, name), { recursive: true, force: true });
}
for (const sentence of wrong) console.log(sentence);
console.log(
  `${counts.signals} signals with seed ${values.seed}, ${counts.over} runs were over before; slowest ${counts.slowest.toFixed(0)} ms; ${wrong.length} wrong`,
);
rmSync(folder, { recursive: true, force: true });
process.exitCode = wrong.length === 0 ? 0 : 1;
