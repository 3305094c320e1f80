/** "To add …" in CONTRIBUTING.md names the files that know all rows there are: those are what a new row touches. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { OptionRow } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import * as shared from "../../src/cli/options.ts";
import { layerTypes } from "../../src/config/schema/model.ts";
import { scheduleSchema } from "../../src/config/schema/schedule.ts";
import { methodSchema } from "../../src/config/schema/search.ts";
import { trackSchema } from "../../src/config/schema/track.ts";
import { activations } from "../../src/engine/activations.ts";
import { backendNames } from "../../src/engine/backend.ts";
import { optimizers } from "../../src/engine/optimizers.ts";
import { metrics } from "../../src/metrics/metrics.ts";
import { fileFormats } from "../../src/support/fileFormats.ts";
import { losses } from "../../src/tasks/losses.ts";
import { taskNames } from "../../src/tasks/tasks.ts";
import { parseSource } from "../sourceTree.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const strings = /"(?:[^"\\\n]|\\.)*"/g;
const withoutProse = (code: string) =>
  code.replace(comments, "").replace(strings, (literal) => (literal.includes(" ") ? "" : literal));

/** What is written by hand, without comments and sentences: a name in prose needs no change. */
const sources = ["src", "kernels", "templates"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path}`)
    .filter((path) => /^src.*\.ts$|^kernels.*\.[ch]$|^templates.*\.(?:js|py)$/.test(path))
    .map((path) => ({ path, code: read(path) }))
    .filter(({ code }) => !/^\/\*+ Written by/.test(code))
    .map(({ path, code }) => ({
      path,
      text: code,
      code: withoutProse(code),
    })),
);

/** A file that names fewer rows of a table treats some of them as special, and may pass over a new one. */
const leastShare = 0.75;

/** The files that know a table's rows, whatever the case in which they spell their names: `layer_norm`, `LAYER_NORM`. */
function filesKnowing(names: readonly string[], share = leastShare): string[] {
  const patterns = names.map((name) => new RegExp(`(?<![a-z])${name}(?![a-z])`, "i"));
  return sources
    .filter(({ code }) => patterns.filter((one) => one.test(code)).length >= share * names.length)
    .map(({ path }) => path);
}

const named = ({ options }: { options: readonly { shape: { name: { value: string } } }[] }) =>
  options.map(({ shape }) => shape.name.value);
const lossesWithOptions = Object.entries(losses).flatMap(([name, { options }]) =>
  Object.keys(options).length > 0 ? [name] : [],
);

const formatsOfRows = Object.entries(fileFormats).flatMap(([name, { holds }]) =>
  holds === "rows" ? [name] : [],
);

/** The rows of each table, in groups that need the same files, and how many files a new one may touch. Several formats of rows are special, each in another way. */
const kinds: Record<string, { most: number; tables: readonly (readonly string[])[]; share?: number }> = {
  "an activation": { most: 4, tables: [Object.keys(activations)] },
  "a loss": { most: 4, tables: [Object.keys(losses), lossesWithOptions] },
  "an optimizer": { most: 3, tables: [Object.keys(optimizers)] },
  "a schedule": { most: 2, tables: [named(scheduleSchema)] },
  // Exports see a third of the layers as others, and are refused texts.
  "a layer": {
    most: 5,
    tables: [layerTypes.filter((type) => !Object.hasOwn(activations, type))],
    share: 0.6,
  },
  "a format of rows": { most: 3, tables: [formatsOfRows], share: 1 },
  "a task": { most: 4, tables: [taskNames] },
  "a metric": { most: 1, tables: [Object.keys(metrics)] },
  "a tracker": { most: 3, tables: [Object.keys(trackSchema.shape)] },
  "a way to search": { most: 2, tables: [named(methodSchema)] },
  "a backend": { most: 3, tables: [backendNames] },
};

const rows = new Map(
  [...read("CONTRIBUTING.md").matchAll(/^\| (an? [^|]+?) \| (.+) \|$/gm)].map(([, what, where]) => [
    what!,
    [...where!.matchAll(/`((?:src|kernels|templates)\/[\w./]+\.\w+)`/g)].map(([, path]) => path!),
  ]),
);

describe("to add", () => {
  test.each(Object.entries(kinds))(
    "%s, its row names what knows the rows there are",
    (what, { most, tables, share }) => {
      const derived = [...new Set(tables.flatMap((names) => filesKnowing(names, share)))].sort();
      expect(rows.get(what)?.toSorted()).toEqual(derived);
      expect(derived.length).toBeLessThanOrEqual(most);
    },
  );

  test("a command is a file and a line: nothing but the table and other commands imports it", () => {
    const files = readdirSync(join(root, "src/cli/commands")).map((name) => `cli/commands/${name}`);
    const importers = sources
      .filter(({ path }) => path.startsWith("src/") && !path.startsWith("src/cli/commands/"))
      .map(({ path, text }) => parseSource(path.slice("src/".length), text))
      .flatMap(({ path, imports }) => imports.map((one) => ({ path, ...one })))
      .filter(({ target }) => target.startsWith("cli/commands/"));
    expect(importers.map(({ target }) => target).sort()).toEqual(files.sort());
    expect(importers.filter(({ path, isLazy }) => path !== "cli/commands.ts" || !isLazy)).toEqual([]);
    expect(Object.keys(commands)).toHaveLength(files.length);
  });

  test("an option is a row: in options.ts if several commands take it, else beside its command", async () => {
    const taken = new Map<OptionRow, string[]>();
    for (const [name, { load }] of Object.entries(commands)) {
      const { command } = await load();
      for (const row of Object.values(command.options)) taken.set(row, [...(taken.get(row) ?? []), name]);
    }
    const inOptions = new Set(Object.values(shared).flatMap((value) => [value, ...Object.values(value)]));
    const misplaced = [...taken].filter(([row, names]) => inOptions.has(row as never) !== names.length > 1);
    expect(taken.size).toBeGreaterThan(50);
    expect(misplaced).toEqual([]);
  });
});

test("a file that a new row would touch, and that the page does not name, is noticed", () => {
  expect(filesKnowing(Object.keys(activations))).toContain("kernels/activations.h");
  expect(filesKnowing(["adadelta", "no_such_rule", "none_either"])).toEqual([]);
});
