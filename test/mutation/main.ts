/**
 * `npm run mutation`: the share of mutants of parsers, model files and losses that tests notice; `-- src/checkpoint` lists
 * survivors of a part only, `-- --tests scanner` runs some test files only, `-- --again` goes on with a pass that was broken off.
 * Exits with 1 below 85 %.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { instrument, type Mutant } from "./instrument.ts";
import { begin, findings, note, now, setNow } from "./journal.ts";
import { testFiles } from "./vitest.config.ts";

const least = 0.85;

const { values, positionals } = parseArgs({
  options: { again: { type: "boolean", default: false }, tests: { type: "string" } },
  allowPositionals: true,
});
if (!values.again) begin();

const asked = testFiles.filter((file) => file.includes(values.tests ?? ""));
const isOpen = (file: string) => !findings().done.has(file);

for (let open = asked.filter(isOpen); open.length > 0; open = asked.filter(isOpen)) {
  const before = JSON.stringify([...findings().killed.keys(), ...findings().done]);
  setNow(null, "");
  const argv = ["vitest", "run", "--config", "test/mutation/vitest.config.ts", "--reporter", "dot", open[0]!];
  const { status } = spawnSync("npx", argv, { stdio: "inherit" });
  const { killed, by } = now();
  if (killed !== null) note({ killed, by });
  const { killed: all, done } = findings();
  console.log(
    `${all.size} killed; ${done.size} of ${asked.length} test files; ${open[0]} ended with ${status}`,
  );
  if (JSON.stringify([...all.keys(), ...done]) === before) throw new Error(`${open[0]} makes no progress`);
}

const { mutants } = await instrument();
const { killed, reached, loading } = findings();
const counted = mutants.filter(({ id }) => reached.has(id) || !loading.has(id));
const part = counted.filter(
  ({ file }) => positionals.length === 0 || positionals.some((path) => file.startsWith(path)),
);
const count = (list: readonly Mutant[]) => {
  const noticed = list.filter(({ id }) => killed.has(id)).length;
  const share = ((100 * noticed) / list.length).toFixed(1);
  const missed = list.filter(({ id }) => !reached.has(id) && !killed.has(id)).length;
  return `${noticed} of ${list.length} killed (${share} %), ${missed} not reached`;
};
for (const { id, file, line, kind, replacement } of part)
  if (!killed.has(id))
    console.log(
      `${file}:${line}: ${kind}${reached.has(id) ? "" : ", not reached"}: ${replacement.replace(/\s+/g, " ").slice(0, 100)}`,
    );
for (const name of new Set(part.map(({ file }) => file)))
  console.log(`${name}: ${count(part.filter(({ file }) => file === name))}`);
console.log(
  `${count(part)}; without ${mutants.length - counted.length} that take effect while files are loaded`,
);
process.exitCode = part.filter(({ id }) => killed.has(id)).length < least * part.length ? 1 : 0;
