/** What is mutated, in groups that share tests: a mutant has to be noticed by the tests of its own group. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

interface Group {
  readonly sources: readonly string[];
  /** Those of the group's own sources: whole programs and training runs would take days. */
  readonly tests: readonly string[];
}

const root = join(import.meta.dirname, "../..");

function filesIn(folder: string, end: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(end));
  return names.sort().map((name) => `${folder}/${name}`);
}

const data = (...names: string[]) => names.map((name) => `src/data/formats/${name}.ts`);
const dataTests = (...names: string[]) => names.map((name) => `test/data/${name}.test.ts`);
const checkpoint = (...names: string[]) => names.map((name) => `src/checkpoint/${name}.ts`);
const checkpointTests = (...names: string[]) => names.map((name) => `test/checkpoint/${name}.test.ts`);

export const groups = {
  losses: {
    sources: ["src/engine/losses.ts", "src/engine/reference/losses.ts", "src/model/losses.ts"],
    tests: ["test/model/losses.test.ts", "test/model/gradients.test.ts", "test/engine/reference.test.ts"],
  },
  numbers: { sources: data("number"), tests: dataTests("formats/number") },
  csv: {
    sources: [...filesIn("src/data/formats/csv", ".ts"), ...data("levels", "columnNames")],
    tests: dataTests(
      "formats/levels",
      "formats/csv/scanner",
      "table/readTable",
      "formats/formats",
      "table/columns",
      "prediction/predict",
    ),
  },
  jsonl: {
    sources: filesIn("src/data/formats/jsonl", ".ts"),
    tests: dataTests("formats/jsonl", "formats/formats", "prediction/predict"),
  },
  arrays: {
    sources: filesIn("src/data/formats/arrays", ".ts"),
    tests: dataTests("formats/arrays/idx", "formats/arrays/npy"),
  },
  bytes: { sources: data("source", "utf16"), tests: dataTests("formats/source", "formats/parquet/parquet") },
  parquet: {
    sources: data("parquet/parquet", "parquet/parquetRows", "parquet/thrift"),
    tests: dataTests("formats/parquet/thrift", "formats/parquet/parquet"),
  },
  models: {
    sources: checkpoint("dtypes", "safetensorsHeader", "jsonSize", "safetensors", "checkpoint"),
    tests: checkpointTests("jsonSize", "safetensors", "checkpoint"),
  },
  runs: {
    sources: checkpoint("lock", "metricsLog", "runDirectory", "seedsDirectory"),
    tests: checkpointTests("lock", "metricsLog", "runDirectory", "seedsDirectory"),
  },
  specs: {
    sources: [...filesIn("src/config/parse", ".ts"), "src/config/paths.ts"],
    tests: ["syntax", "set", "problems", "forms", "properties"].map((name) => `test/config/${name}.test.ts`),
  },
} satisfies Record<string, Group>;

export type GroupName = keyof typeof groups;

export const groupNames = Object.keys(groups) as GroupName[];
