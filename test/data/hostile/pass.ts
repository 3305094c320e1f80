/** One hostile table after the other: init, check, train and eval, as a person would, in this process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uniform } from "../../chance.ts";
import { run } from "../../cli/host.ts";
import { type KindName, kinds } from "./kinds.ts";
import { cleanTable, fileOf, type Table } from "./table.ts";

/**
 * Enough that a column of no use costs less than the interval of what is measured: beside dates that say nothing, accuracy was
 * 0.953 of 500 rows, 0.985 of 2,000 and 0.991 of 4,000, where the plain table comes to 0.996.
 */
const trainingRows = 4000;
const measuredRows = 500;
const epochs = 30;
const cleanSeeds = 5;

/** What a person is told: of a step that was refused, or of all steps. */
export interface Outcome {
  /** The first exit code that is not 0, and whose it is. */
  readonly code: number;
  readonly step: string;
  readonly told: readonly string[];
  readonly accuracy: number | null;
  readonly interval: readonly [number, number] | null;
}

/** Every two kinds, in the order of the table. */
export function allPairs(): (readonly [KindName, KindName])[] {
  const names = Object.keys(kinds) as KindName[];
  return names.flatMap((one, i) => names.slice(i + 1).map((other) => [one, other] as const));
}

/** Some of them, in an order that the seed decides. */
export function somePairs(tables: number, seed: number): (readonly [KindName, KindName])[] {
  const chance = uniform(seed);
  const drawn = allPairs().map((pair) => ({ pair, at: chance() }));
  return drawn
    .sort((a, b) => a.at - b.at)
    .slice(0, tables)
    .map(({ pair }) => pair);
}

/** What becomes of tables of such kinds, trained on some rows and measured on others. */
export async function outcomeOf(of: readonly KindName[], seed: number, trainingSeed = 0): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "nnt-hostile-"));
  try {
    const write = (name: string, rows: number, rowsSeed: number) => {
      const table = of.reduce<Table>(
        (changed, kind, i) => kinds[kind](changed, uniform(seed + i)),
        cleanTable(rows, rowsSeed),
      );
      const path = join(folder, name);
      writeFileSync(path, fileOf(table));
      return { path, target: table.target };
    };
    const { path, target } = write("table.csv", trainingRows, seed);
    const measured = write("measured.csv", measuredRows, seed + 1);
    const spec = join(folder, "spec.yaml");
    const out = join(folder, "run");
    return await steps({
      init: ["init", path, "--target", target, "--effort", "quick", "-o", spec],
      check: ["check", spec],
      train: [
        "train",
        spec,
        "--out",
        out,
        "--quiet",
        "--threads",
        "1",
        "--epochs",
        String(epochs),
        "--seed",
        String(trainingSeed),
      ],
      eval: ["eval", join(out, "best.ckpt"), "--data", measured.path, "--json"],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function steps(commands: Record<string, readonly string[]>): Promise<Outcome> {
  const told: string[] = [];
  let last = "";
  for (const [step, argv] of Object.entries(commands)) {
    const { code, out, err } = await run(argv);
    told.push(...err.split("\n").filter((line) => /^(?:warning|nnt|note|hint)\b/.test(line)));
    if (code !== 0) return { code, step, told, accuracy: null, interval: null };
    last = out;
  }
  const { metrics, intervals } = JSON.parse(last);
  return {
    code: 0,
    step: "eval",
    told,
    accuracy: metrics.accuracy ?? null,
    interval: intervals.accuracy ?? null,
  };
}

/** What clean tables of several seeds come to: as other cells deal rows to other splits, one alone would be too narrow. */
export async function cleanInterval(seed: number, seeds = cleanSeeds): Promise<readonly [number, number]> {
  const outcomes: Outcome[] = [];
  for (let i = 0; i < seeds; i++) outcomes.push(await outcomeOf([], seed, i));
  for (const { told, code } of outcomes)
    if (code !== 0 || told.length > 0) throw new Error(`the clean table: ${told.join("; ")}`);
  const intervals = outcomes.map(({ interval }) => interval!);
  return [Math.min(...intervals.map(([low]) => low)), Math.max(...intervals.map(([, high]) => high))];
}

/** What is wrong with an outcome beside the accuracy of the clean table; null: nothing. */
export function faultOf(
  { code, step, told, accuracy }: Outcome,
  [low, high]: readonly [number, number],
): string | null {
  if (code === 1) return `${step} ends as a bug does`;
  if (code !== 0 && step === "check") return `init writes a spec that check refuses (${code})`;
  if (code !== 0) return told.length > 0 ? null : `${step} ends with ${code} and no word`;
  if (told.length > 0 || (accuracy !== null && accuracy >= low && accuracy <= high)) return null;
  return `an accuracy of ${accuracy} in silence; of the clean table ${low.toFixed(3)} … ${high.toFixed(3)}`;
}
