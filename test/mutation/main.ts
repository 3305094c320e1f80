/**
 * `npm run mutation`: the share of mutants of parsers, model files and losses that tests notice; `-- csv numbers` takes
 * some groups only (groups.ts), `-- --again` goes on with what is known of sources and tests as they are now. NNT_MUTATION_SHARE=0.3 tries
 * three tenths of the mutants, as if by lot.
 * Exits with 1 below 85 %.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { type GroupName, groupNames, groups } from "./groups.ts";
import { instrument, type Mutant } from "./instrument.ts";
import { isTried, openJournal, testKey } from "./journal.ts";

const least = 0.85;

interface Result {
  readonly counted: readonly Mutant[];
  readonly survivors: readonly Mutant[];
  /** Mutants that take effect while files are loaded: no switch can turn them on later. */
  readonly loading: number;
}

const { values, positionals } = parseArgs({
  options: { again: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined) throw new Error(`no group ${unknown}: ${groupNames.join(", ")}`);
const asked = groupNames.filter((name) => positionals.length === 0 || positionals.includes(name));

const results: Result[] = [];
for (const group of asked) {
  run(group);
  const result = await resultOf(group);
  results.push(result);
  console.log(`${group}: ${sentence([result])}`);
}
const isEnough = share(results) >= least;
console.log(`all: ${sentence(results)}`);
process.exitCode = isEnough ? 0 : 1;

function run(group: GroupName): void {
  const { clear, findings, forgetNow, noteLost } = openJournal(group);
  if (!values.again) clear();
  forgetNow();
  const isOpen = (file: string) => !findings().done.has(testKey(file));
  const { tests }: { tests: readonly string[] } = groups[group];
  for (let open = tests.filter(isOpen); open.length > 0; open = tests.filter(isOpen)) {
    const before = progress(findings());
    const argv = ["vitest", "run", "--config", "test/mutation/vitest.config.ts", "--reporter", "dot"];
    const env = { ...process.env, NNT_MUTATION_GROUP: group };
    const { status } = spawnSync("npx", [...argv, ...open], { stdio: "inherit", env });
    noteLost();
    console.log(`${group}: ${findings().killed.size} killed; vitest ended with ${status}`);
    if (progress(findings()) === before) throw new Error(`no progress with ${open.join(", ")}`);
  }
}

function progress({ killed, tests, done }: ReturnType<ReturnType<typeof openJournal>["findings"]>): string {
  return `${killed.size} ${tests.size} ${done.size}`;
}

/** Tells the survivors, and what a file's mutants came to. */
async function resultOf(group: GroupName): Promise<Result> {
  const { mutants } = await instrument(group);
  const { killed, reached, loading } = openJournal(group).findings();
  const tried = mutants.filter(({ id }) => isTried(id));
  const counted = tried.filter(({ id }) => reached.has(id) || !loading.has(id));
  const survivors = counted.filter(({ id }) => !killed.has(id));
  for (const { id, file, line, kind, replacement } of survivors) {
    const how = reached.has(id) ? kind : `${kind}, not reached`;
    console.log(`${file}:${line}: ${how}: ${replacement.replace(/\s+/g, " ").slice(0, 100)}`);
  }
  for (const file of groups[group].sources) {
    const of = (list: readonly Mutant[]) => list.filter((mutant) => mutant.file === file);
    console.log(`${file}: ${sentence([{ counted: of(counted), survivors: of(survivors), loading: 0 }])}`);
  }
  return { counted, survivors, loading: tried.length - counted.length };
}

function share(list: readonly Result[]): number {
  return 1 - sum(list, ({ survivors }) => survivors.length) / sum(list, ({ counted }) => counted.length);
}

function sentence(list: readonly Result[]): string {
  const [all, alive] = [sum(list, ({ counted }) => counted.length), sum(list, (one) => one.survivors.length)];
  const loading = sum(list, (one) => one.loading);
  const without = loading > 0 ? `; without ${loading} that take effect while files are loaded` : "";
  return `${all - alive} of ${all} killed (${(100 * share(list)).toFixed(1)} %)${without}`;
}

function sum(list: readonly Result[], of: (result: Result) => number): number {
  return list.reduce((total, result) => total + of(result), 0);
}
