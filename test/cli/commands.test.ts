/** A command is one file and one line of the table; what it needs to compute is loaded when it runs, not before. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSource } from "../sourceTree.ts";
import { loadCommands } from "./program.ts";

const src = join(import.meta.dirname, "../../src");
const read = (file: string) => readFileSync(join(src, file), "utf8");
const files = readdirSync(join(src, "cli/commands"));
const table = read("cli/commands.ts");

test("every file in cli/commands has a line in the table, and every line a file", () => {
  const named = [...table.matchAll(/import\("\.\/commands\/(\w+\.ts)"\)/g)].map(([, file]) => file);
  expect(named.sort()).toEqual(files.sort());
});

describe("a command's file is named after it and holds its whole help:", async () => {
  test.each(await loadCommands())("%s", (name, { examples, options }) => {
    const file = `${name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}.ts`;
    expect(files).toContain(file);
    expect(Object.keys(options)).toContain("debug");
    for (const [line] of examples) expect(read(`cli/commands/${file}`)).toContain(line);
  });

  test("other files do not name them", () => {
    const others = readdirSync(join(src, "cli"), { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".ts") && file !== "commands.ts" && !file.startsWith("commands/"),
    );
    for (const file of others) expect(read(`cli/${file}`)).not.toMatch(/from "\.{1,2}\/commands\//);
  });
});

/**
 * Help and completion load every file that this reaches, so nothing that takes long to load may be among them. The three
 * files named are types, a few words and a comparison, and what they reach is looked at like all else.
 */
const light =
  /^(?:(?:cli|report|metrics|support)\/|engine\/backend\.ts$|cluster\/peers\.ts$|train\/trend\.ts$)/;

/** The modules that are loaded together with a file: what it imports at once, and what that does. */
function loadedWith(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file) || !file.endsWith(".ts")) return known;
  known.add(file);
  const imports = parseSource(file, read(file)).imports.filter(({ isType, isLazy }) => !isType && !isLazy);
  for (const { target } of imports) loadedWith(target, known);
  return known;
}

test.each(files)("before it runs, commands/%s loads nothing that computes", (file) => {
  const heavy = [...loadedWith(`cli/commands/${file}`)].filter((one) => !light.test(one));
  expect(heavy).toEqual([]);
});

test("that nothing heavy is loaded would be noticed: a command that runs does reach it", () => {
  const heavy = [...loadedWith("evaluate/predict.ts")].filter((one) => !light.test(one));
  expect(heavy).toContain("engine/choose.ts");
});
