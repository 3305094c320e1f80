/** A last layer that bounds what a loss takes, or what a target is scaled to, is told before training. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSpec } from "../../src/config/load.ts";
import { check } from "../../src/run/check.ts";
import { folder } from "../cli/program.ts";

const directory = folder();
const rows = Array.from({ length: 40 }, (_, i) => `${i / 8},${i % 2},${3 - i / 4}`);
writeFileSync(join(directory, "t.csv"), ["x,c,n", ...rows].join("\n"));

const warningsOf = async (target: string, last: string, more = "") => {
  const file = join(directory, "t.yaml");
  const layers = `model: { layers: [{ linear: 4 }, tanh, linear${last && `, ${last}`}] }`;
  writeFileSync(
    file,
    `data: { path: t.csv, target: ${target}, split: { test: 0, validation: 0 }${more} }\n${layers}\n`,
  );
  const { warnings } = await check(loadSpec(file), "0");
  return warnings.filter((warning) => warning.startsWith("the last layer"));
};
const scaled = (scale: string) => `, columns: { n: { scale: ${scale} } }`;

test.each([
  ["c", "sigmoid", "", "cross_entropy applies a softmax to it"],
  ["[c]", "sigmoid", ", task: multilabel", "bce_with_logits applies a sigmoid to it"],
  ["n", "sigmoid", "", "values below its middle are never reached"],
  ["n", "relu", scaled("robust"), "values below its middle are never reached"],
  ["n", "tanh", "", "values far from its middle are never reached"],
])("of %s, %s%s", async (target, last, more, message) => {
  expect(await warningsOf(target, last, more)).toEqual([expect.stringContaining(message)]);
});

test.each([
  ["c", ""],
  ["n", ""],
  ["n", "sigmoid", scaled("minmax")],
  ["n", "relu", scaled("none")],
  ["c", "selu"],
])("not of %s, %s%s", async (target, last, more = "") => {
  expect(await warningsOf(target, last, more)).toEqual([]);
});
