/**
 * `npm run test:crash`: kills runs at their system calls, and lets the calls fail, by the thousand.
 * `-- --kills 1000 --faults 400 --seed 1 --jobs 2` are the defaults (each call and error: `--faults 9999`, and `--from 500`
 * goes on after the first 500), and `--kind folds`, `seeds` or `sweep` harms what is made of several runs; exits with 1 when
 * anything differs.
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { uniform } from "../chance.ts";
import { errorsOf, failAndResume, killAndResume, type Setting, some, type Verdict } from "./passes.ts";
import { hasStrace, type kinds, outcome, type Point, pointsOf, prepare } from "./runs.ts";

const number = (value: string) => ({ type: "string", default: value }) as const;
const { values } = parseArgs({
  options: {
    kills: number("1000"),
    faults: number("400"),
    from: number("0"),
    seed: number("1"),
    jobs: number("2"),
    kind: { type: "string", default: "plain" },
  },
});
const { kind, ...numbers } = values;
const { kills, faults, from, seed, jobs } = Object.fromEntries(
  Object.entries(numbers).map(([name, value]) => [name, Number(value)]),
) as Record<keyof typeof numbers, number>;

/** One process kills several times before it compares: starting programs is what takes the time. */
const killsPerRun = 6;

if (!hasStrace()) {
  console.error("strace is not here, or not allowed: apt-get install strace");
  process.exit(1);
}
const folder = prepare({ kind: kind as keyof typeof kinds, epochs: kind === "plain" ? 8 : 3 });
const { before, within } = await pointsOf(folder, "unharmed");
const setting: Setting = {
  folder,
  points: within,
  expected: outcome(folder, "unharmed"),
  resumed: new Set(),
};
const chance = uniform(seed);
const shuffled = <T>(list: readonly T[]) =>
  list
    .map((item) => [chance(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
console.log(
  `${within.length} calls within the run, ${before.length} before it; seed ${seed}; ${Object.keys(setting.expected).join(", ")}`,
);

const wrong: string[] = [];
const counted = { kills: 0, faults: 0 };
const report = (what: keyof typeof counted) => (verdict: Verdict) => {
  const before = counted[what];
  counted[what] += verdict.hits;
  if (Math.floor(counted[what] / 50) > Math.floor(before / 50))
    console.log(`${new Date().toISOString()} ${counted[what]} ${what}, ${wrong.length} wrong`);
  wrong.push(...verdict.wrong);
  for (const sentence of verdict.wrong) console.log(sentence);
};

/** Every call within the run first, a sample of those before it, again from the start while kills are left. */
function* chains(): Generator<() => Promise<Verdict>> {
  const firsts: Point[] = [...shuffled(within), ...shuffled(before).slice(0, 40)];
  for (let i = 0; counted.kills < kills; i++) {
    const first = firsts[i % firsts.length]!;
    yield () => killAndResume(setting, `k${i}`, first, killsPerRun, seed * 100_000 + i);
  }
}
await some(chains(), jobs, report("kills"));

const pairs = within
  .filter(({ isOnDisk }) => isOnDisk)
  .flatMap((point) =>
    errorsOf(point).flatMap((error) => [false, true].map((forever) => ({ point, error, forever }))),
  );
const tries = shuffled(pairs)
  .slice(from, faults)
  .map(
    ({ point, error, forever }, i) =>
      () =>
        failAndResume(setting, `f${i}`, point, error, forever),
  );
await some(tries, jobs, report("faults"));

console.log(
  wrong.length === 0
    ? `${counted.kills} kills, ${counted.faults} faults: every run ended with the same bits`
    : `${wrong.length} things are wrong; see ${folder}`,
);
if (wrong.length === 0) rmSync(folder, { recursive: true });
process.exitCode = wrong.length === 0 ? 0 : 1;
