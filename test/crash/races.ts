/**
 * `npm run test:races`: several processes want one directory at once, some of them in process namespaces and under host
 * names of their own, beside the claim of one that was killed: always one has it. `-- --races 200` is the default.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { races: { type: "string", default: "200" } } });
const lock = join(import.meta.dirname, "../../src/checkpoint/lock.ts");
const holder = `const [directory, start] = process.argv.slice(1);
const { lockDirectory } = await import(${JSON.stringify(lock)});
while (Date.now() < Number(start));
try { lockDirectory(directory); console.log("held"); setInterval(() => {}, 1000); }
catch (error) { console.log(error.exitCode === 5 ? "refused" : String(error)); }`;
const node = [process.execPath, "--import", import.meta.resolve("tsx"), "--input-type=module", "-e", holder];
const apart = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
const renamed = [
  "unshare",
  "--uts",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
  "sh",
  "-c",
  'hostname other; exec "$@"',
  "sh",
];
/** In what surroundings the rivals live. */
const surroundings = [[], [], apart, apart, renamed];

if (spawnSync(renamed[0]!, [...renamed.slice(1), "true"]).status !== 0) {
  console.error("namespaces are not allowed here: try as root");
  process.exit(1);
}

async function rival(
  around: readonly string[],
  directory: string,
  start: number,
): Promise<[string, ChildProcess]> {
  const [command, ...argv] = [...around, ...node, directory, String(start)];
  const child = spawn(command!, argv, { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(createInterface(child.stdout!), "line")) as [string];
  return [said, child];
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

let wrong = 0;
for (let race = 0; race < Number(values.races); race++) {
  const directory = mkdtempSync(join(tmpdir(), "nnt-race-"));
  const [before, dead] = await rival(surroundings[race % surroundings.length]!, directory, 0);
  await end(dead);
  const start = Date.now() + 400;
  const rivals = await Promise.all(surroundings.map((around) => rival(around, directory, start)));
  const said = rivals.map(([word]) => word).sort();
  const isRight = before === "held" && said.join() === "held,refused,refused,refused,refused";
  if (!isRight) {
    wrong++;
    console.log(`race ${race}: before ${before}; ${said.join(", ")}`);
  }
  await Promise.all(rivals.map(([, child]) => end(child)));
  rmSync(directory, { recursive: true });
}
console.log(`${values.races} races of ${surroundings.length}, ${wrong} without exactly one winner`);
process.exitCode = wrong === 0 ? 0 : 1;
