import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = new URL("../src", import.meta.url).pathname;

const floors: Record<string, number> = {
  support: 0,
  config: 1,
  engine: 1,
  data: 2,
  model: 2,
  metrics: 2,
  checkpoint: 2,
  search: 2,
  train: 3,
  evaluate: 4,
  run: 5,
  report: 6,
  export: 6,
  track: 6,
  cli: 7,
};

/** Exceptions from "downwards only": types that cross a floor, and what a floor never knows though it is below. */
const typesMayCome: [from: string, to: string][] = [
  ["data", "config"],
  ["model", "config"],
  ["metrics", "config"],
  ["checkpoint", "config"],
  ["search", "config"],
  ["train", "config"],
  ["evaluate", "config"],
  ["run", "config"],
];
const neverKnows: [folder: string, what: RegExp][] = [
  ["engine", /\bprocess\.env\b|\bMath\.random\b|\bDate\b|\bperformance\.now\b/],
  ["train", /\bconsole\.\w|from "(?:commander|chalk|cli-progress)"/],
  ["evaluate", /\bconsole\.\w|from "(?:commander|chalk|cli-progress)"/],
  ["run", /\bconsole\.\w|from "(?:commander|chalk|cli-progress)"/],
  ["report", /\/engine\/|\/checkpoint\//],
  ["export", /\/engine\/|import \{[^;]*\/config\//],
  ["search", /from "node:|\bprocess\.|\bMath\.random\b|\bDate\b|\bperformance\.now\b/],
  ["track", /\/engine\/|import \{[^;]*\/config\//],
  ["model", /\bMath\.random\b|\bconsole\.\w\w/],
];

/** What is wrong with one file's imports and words, as sentences. */
function violations(file: string, text: string): string[] {
  const from = file.split("/")[0]!;
  const found = neverKnows
    .filter(([folder, what]) => folder === from && what.test(text))
    .map(([folder, what]) => `${file}: ${folder} never knows ${what.source}`);
  if (from !== "cli" && /\bprocess\.(?:exit|stdout|stderr|stdin)\b|\bconsole\.\w/.test(text))
    found.push(`${file}: only cli speaks to the outside`);
  if (from !== "config" && /from "zod"/.test(text)) found.push(`${file}: zod is config's alone`);
  for (const [, typeOnly, target] of text.matchAll(
    /(?:import|export)\s+(type\s)?[^;"]*?from\s+"(\.[^"]+)"/g,
  )) {
    const to = relative(".", join(dirname(file), target!)).split("/")[0]!;
    const isTypes = typeOnly !== undefined && typesMayCome.some(([a, b]) => a === from && b === to);
    const configIsTypes = to === "config" && floors[from]! > 1 && floors[from]! < 6;
    const isDown = floors[to]! < floors[from]! && !configIsTypes;
    if (from !== to && !isDown && !isTypes)
      found.push(`${file} imports ${target}: ${from} may not know ${to}`);
  }
  return found;
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

test("every file in src imports only from floors below and stays within its floor", () => {
  expect(files.length).toBeGreaterThan(30);
  expect(files.flatMap((file) => violations(file, readFileSync(join(root, file), "utf8")))).toEqual([]);
});

test.each([
  ["support/x.ts", 'import { a } from "../engine/kernels.ts";'],
  ["engine/x.ts", 'import { a } from "../config/schema.ts";'],
  ["engine/wasm/x.ts", "const seed = Math.random();"],
  ["data/x.ts", 'import { b } from "../model/model.ts";'],
  ["model/x.ts", 'import { specSchema } from "../config/schema.ts";'],
  ["checkpoint/x.ts", 'import type { Model } from "../model/model.ts";'],
  ["train/x.ts", 'import chalk from "chalk";'],
  ["train/x.ts", 'import { table } from "../report/table.ts";'],
  ["export/x.ts", 'import { Matrix } from "../engine/matrix.ts";'],
  ["export/x.ts", 'import { specSchema } from "../config/schema.ts";'],
  ["track/x.ts", 'import { specSchema } from "../config/schema.ts";'],
  ["report/x.ts", 'import { Matrix } from "../engine/matrix.ts";'],
  ["data/x.ts", 'import { z } from "zod";'],
  ["search/x.ts", 'import { readFileSync } from "node:fs";'],
  ["search/x.ts", 'import { betterOf } from "../metrics/metrics.ts";'],
  ["model/x.ts", "process.exit(1);"],
  ["support/x.ts", 'export {\n  a,\n  b,\n} from "../data/csv/scanner.ts";'],
])("a planted violation in %s is noticed: %s", (file, text) => {
  expect(violations(file, text)).not.toEqual([]);
});

test.each([
  ["model/x.ts", 'import type { LayerSpec } from "../config/schema.ts";'],
  ["cli/commands/x.ts", 'import { loadSpec } from "../../config/load.ts";'],
  ["train/x.ts", 'import { buildModel } from "../model/model.ts";'],
])("an import that goes down from %s is allowed: %s", (file, text) => {
  expect(violations(file, text)).toEqual([]);
});
