/** Compiled kernels and their C source belong together, and so do the tables on either side. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sourceHash as hashOfSource } from "../../kernels/source.js";
import { adaptiveRules } from "../../src/engine/fast/adaptive.ts";
import { activationNames, elementaryNames, lossNames, ops } from "../../src/engine/fast/commands.ts";
import { sourceHash } from "../../src/engine/fast/sourceHash.ts";

test("the committed binaries were built from the C source as it is (else: npm run build:wasm)", () => {
  expect(sourceHash).toBe(hashOfSource());
});

const folder = new URL("../../kernels/", import.meta.url);
const source = readdirSync(folder)
  .filter((name) => name.endsWith(".h"))
  .map((name) => readFileSync(new URL(name, folder), "utf8"))
  .join("\n");

/** The names of `enum NAME { A, B, … }`, in lower case. */
function enumeration(name: string): string[] {
  const [, body] = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(source)!;
  return body!
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "");
}

test.each([
  ["op", ops.map((op) => `op_${op}`)],
  ["activation", activationNames],
  ["loss_rule", lossNames],
  ["elementary", elementaryNames],
  ["adaptive", adaptiveRules],
] as const)("enum %s in C lists what TypeScript lists, in the same order", (name, names) => {
  expect(enumeration(name)).toEqual([...names]);
});
