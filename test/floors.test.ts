import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { circlesIn, parseSource, type SourceFile } from "./sourceTree.ts";

const root = new URL("../src", import.meta.url).pathname;

const floors: Record<string, number> = {
  support: 0,
  metrics: 1,
  cluster: 1,
  tasks: 2,
  config: 3,
  engine: 3,
  data: 4,
  model: 4,
  checkpoint: 4,
  search: 4,
  train: 5,
  evaluate: 6,
  run: 7,
  report: 8,
  export: 8,
  track: 8,
  api: 9,
  cli: 10,
};

/** Within a room, the lowest first; every file is on one of its floors. */
const floorsWithin: Record<string, RegExp[]> = {
  config: [
    /^(?:paths|issue)\.ts$/,
    /^schema(?:\/|\.ts$)/,
    /^parse\//,
    /^expand\//,
    /^check\//,
    /^[^/]+\.ts$/,
  ],
  engine: [/^(?!choose)[^/]+$/, /^reference\//, /^fast\//, /^(?:cuda|wasm|native)\//, /^choose\.ts$/],
  data: [/^fetch\//, /^formats\//, /^table\//, /^preprocessing\//, /^dataset\//, /^prediction\//],
  report: [/^[^/]+$/, /^page\//],
  cli: [/^(?!commands|main|process|sweep\/trainerProcess)/, /^commands\//, /./],
};

/** Exceptions from "downwards only": types that cross a floor. */
const typesMayCome: [from: string, to: string][] = [
  ["data", "config"],
  ["model", "config"],
  ["checkpoint", "config"],
  ["search", "config"],
  ["train", "config"],
  ["evaluate", "config"],
  ["run", "config"],
];

/** And the one check of what strangers wrote that only the schema can do. */
const valuesMayCome: [from: string, to: string][] = [["evaluate/savedModel.ts", "config/storedSpec.ts"]];

/** What a floor never knows though it is below, or is not in src at all. */
const neverKnows: [folder: string, what: RegExp][] = [
  ["engine", /\bprocess\.env\b|\bMath\.random\b|\bDate\b|\bperformance\.now\b/],
  [
    "train",
    /\bconsole\.\w|from "(?:commander|chalk|cli-progress|node:fs|node:path)"|\/checkpoint\/|\.host\b/,
  ],
  ["evaluate", /\bconsole\.\w|from "(?:commander|chalk|cli-progress)"|\.host\b/],
  ["run", /\bconsole\.\w|from "(?:commander|chalk|cli-progress)"|\.host\b/],
  ["report", /\/engine\/|\/checkpoint\//],
  ["export", /\/engine\/|import \{[^;]*\/config\//],
  ["search", /from "node:|\bprocess\.|\bMath\.random\b|\bDate\b|\bperformance\.now\b/],
  ["track", /\/engine\/|import \{[^;]*\/config\//],
  ["model", /\bMath\.random\b|\bconsole\.\w\w|\.host\b/],
];

const mostLines = 450;
const mostLinesOfFunction = 70;

/** A task is one row of a table, which others ask; what they ask does not depend on its name. */
const taskComparison = /\btask (?:===|!==) "|\bswitch \((?:\w+\.)*task\)/;

/** What is wrong in a tree of files, as sentences. */
function violations(tree: Readonly<Record<string, string>>): string[] {
  const files = Object.entries(tree).map(([path, text]) => parseSource(path, text));
  return [
    ...files.flatMap((file) => [...wrongWords(file), ...wrongImports(file), ...tooLong(file)]),
    ...circlesIn(files).map((circle) => `circle in ${circle[0]!.split("/")[0]}: ${circle.join(", ")}`),
  ];
}

function wrongWords({ path, text }: SourceFile): string[] {
  const folder = path.split("/")[0]!;
  const found = neverKnows
    .filter(([name, what]) => name === folder && what.test(text))
    .map(([, what]) => `${path}: ${folder} never knows ${what.source}`);
  if (folder !== "cli" && /\bprocess\.(?:exit|stdout|stderr|stdin)\b|\bconsole\.\w/.test(text))
    found.push(`${path}: only cli speaks to the outside`);
  if (taskComparison.test(text)) found.push(`${path} compares tasks by name`);
  if (folder !== "config" && /from "zod"/.test(text)) found.push(`${path}: zod is config's alone`);
  return found;
}

function wrongImports({ path, imports }: SourceFile): string[] {
  const [from, within] = roomOf(path);
  if (floors[from] === undefined) return [`${path}: ${from} has no floor`];
  const own = floorWithin(from, within);
  if (own < 0) return [`${path} is on no floor of ${from}`];
  return imports.flatMap(({ target, isType }) => {
    const [to, inside] = roomOf(target);
    if (floors[to] === undefined) return [];
    if (from === to)
      return floorWithin(to, inside) > own ? [`${path} imports ${target}: a higher floor of ${to}`] : [];
    const isAllowedType = isType && typesMayCome.some(([a, b]) => a === from && b === to);
    const configIsTypes = to === "config" && floors[from]! > floors.config! && floors[from]! < floors.report!;
    const isDown = floors[to]! < floors[from]! && !configIsTypes;
    const isAllowedValue = valuesMayCome.some(([a, b]) => a === path && b === target);
    return isDown || isAllowedType || isAllowedValue
      ? []
      : [`${path} imports ${target}: ${from} may not know ${to}`];
  });
}

function roomOf(path: string): [room: string, within: string] {
  const slash = path.indexOf("/");
  return slash < 0 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** 0 in a room without floors of its own, -1 for a file on none of them. */
function floorWithin(room: string, path: string): number {
  return floorsWithin[room]?.findIndex((pattern) => pattern.test(path)) ?? 0;
}

function tooLong({ path, lines, functions }: SourceFile): string[] {
  const long = functions.filter((one) => one.lines > mostLinesOfFunction);
  return [
    ...(lines > mostLines ? [`${path} has more than ${mostLines} lines`] : []),
    ...long.map(() => `${path} has a function of more than ${mostLinesOfFunction} lines`),
  ];
}

const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".ts") && !path.endsWith(".d.ts"),
);
const found = violations(
  Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), "utf8")])),
);

/** Beginnings of sentences. Each has to be found: one that is mended leaves the list. */
const exceptions: string[] = [
  // Other processes are sent what lies in the host's memory, and rows' weights are summed there.
  "train/exchange.ts: train never knows",
  "train/rowWeights.ts: train never knows",
];

const isException = (sentence: string) => exceptions.some((beginning) => sentence.startsWith(beginning));

test("every file in src keeps to its floor, leads back to itself by no import, and is short", () => {
  expect(paths.length).toBeGreaterThan(30);
  expect(found.filter((sentence) => !isException(sentence))).toEqual([]);
});

test("every exception is one", () => {
  expect(exceptions.filter((beginning) => !found.some((sentence) => sentence.startsWith(beginning)))).toEqual(
    [],
  );
});

const lines = (count: number) => "export const a = 1;\n".repeat(count);
const functionOf = (count: number) =>
  `export const f = (x: number) => {\n${"  x++;\n".repeat(count - 2)}};\n`;
const importing = (...targets: string[]) => targets.map((target) => `import "${target}";\n`).join("");

const planted: [file: string, text: string, others?: Record<string, string>][] = [
  ["support/x.ts", 'import { a } from "../engine/kernels.ts";'],
  ["engine/x.ts", 'import { a } from "../config/schema.ts";'],
  ["engine/wasm/x.ts", "const seed = Math.random();"],
  ["train/x.ts", "const [first] = pass.S.host;"],
  ["engine/reference/x.ts", 'import { a } from "../fast/commands.ts";'],
  ["engine/matrix.ts", 'import { openKernels } from "./choose.ts";'],
  ["data/x.ts", "export const isOnNoFloorOfItsRoom = true;"],
  ["data/dataset/x.ts", 'import { b } from "../../model/model.ts";'],
  ["data/dataset/x.ts", 'import { z } from "zod";'],
  ["data/formats/csv/x.ts", 'import { fit } from "../../preprocessing/fit.ts";'],
  ["data/table/x.ts", 'export type { Dataset } from "../dataset/dataset.ts";'],
  ["data/preprocessing/x.ts", 'const { load } = await import("../dataset/load.ts");'],
  ["data/dataset/x.ts", 'type Answers = import("../prediction/answers.ts").Answers;'],
  ["config/schema/x.ts", 'import { expandData } from "../expand/data.ts";'],
  ["model/x.ts", 'import { specSchema } from "../config/schema.ts";'],
  ["model/x.ts", "process.exit(1);"],
  ["checkpoint/x.ts", 'import type { Model } from "../model/model.ts";'],
  ["train/x.ts", 'import chalk from "chalk";'],
  ["train/x.ts", 'import { readFileSync } from "node:fs";'],
  ["train/x.ts", 'import { damaged } from "../checkpoint/safetensors.ts";'],
  ["train/x.ts", 'import { table } from "../report/table.ts";'],
  ["train/x.ts", 'const { table } = await import("../report/table.ts");'],
  ["export/x.ts", 'import { Matrix } from "../engine/matrix.ts";'],
  ["export/x.ts", 'import { specSchema } from "../config/schema.ts";'],
  ["track/x.ts", 'import { specSchema } from "../config/schema.ts";'],
  ["report/x.ts", 'import { Matrix } from "../engine/matrix.ts";'],
  ["report/x.ts", 'import { page } from "./page/page.ts";'],
  ["cli/x.ts", 'const { command } = await import("./commands/train.ts");'],
  ["search/x.ts", 'import { readFileSync } from "node:fs";'],
  ["search/x.ts", 'import { Model } from "../model/model.ts";'],
  ["tasks/x.ts", 'import type { Spec } from "../config/schema.ts";'],
  ["support/x.ts", 'export {\n  a,\n  b,\n} from "../data/csv/scanner.ts";'],
  ["elsewhere/x.ts", "export {};"],
  ["train/x.ts", importing("./x.ts")],
  [
    "train/x.ts",
    importing("./y.ts"),
    { "train/y.ts": importing("./z.ts"), "train/z.ts": importing("./x.ts") },
  ],
  ["train/x.ts", importing("./y.ts"), { "train/y.ts": 'import type { A } from "./x.ts";' }],
  ["train/x.ts", importing("./y.ts"), { "train/y.ts": 'const x = await import("./x.ts");' }],
  ["train/x.ts", importing("./y.ts"), { "train/y.ts": 'export type A = import("./x.ts").A;' }],
  ["train/x.ts", lines(mostLines + 1)],
  ["train/x.ts", functionOf(mostLinesOfFunction + 1)],
  ["train/x.ts", `class A {\n  a() {\n${"    b();\n".repeat(mostLinesOfFunction)}  }\n}`],
  ["train/x.ts", 'const isNumber = target.task === "regression";'],
  ["train/x.ts", "switch (target.task) {}"],
];

test.each(planted)("a planted violation in %s is noticed: %.60s", (file, text, others = {}) => {
  expect(violations({ [file]: text, ...others })).toHaveLength(1);
});

test.each([
  ["model/x.ts", 'import type { LayerSpec } from "../config/schema.ts";'],
  ["cli/commands/x.ts", 'import { loadSpec } from "../../config/load.ts";'],
  ["train/x.ts", 'import { buildModel } from "../model/model.ts";'],
  ["data/prediction/x.ts", 'import { decode } from "../preprocessing/decode.ts";'],
  ["train/x.ts", lines(mostLines)],
  ["train/x.ts", functionOf(mostLinesOfFunction)],
])("what goes down or is short is allowed in %s: %.60s", (file, text) => {
  expect(violations({ [file]: text })).toEqual([]);
});

test("an import() whose file only running it tells is refused", () => {
  expect(() => violations({ "cli/x.ts": "await import(name);" })).toThrow(/no fixed file/);
});
