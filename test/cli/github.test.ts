/** What GitHub Actions is told, and that nobody else is told it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const root = folder();
const summary = join(root, "summary.md");
const env = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: root, GITHUB_STEP_SUMMARY: summary, CI: "true" };
const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${(3 * i) % 11},${i % 2 === 0 ? "a" : "b"}\n`);
put(root, {
  "t.csv": `x,z,y\n,1,a\n${rows.join("")}`,
  "t.yaml": "data: { path: t.csv, target: y }\ntrain: { epochs: 3 }\n",
  "wrong.yaml": "data: { path: t.csv, target: y }\ntrain:\n  epochs: 100%\n",
});

test("an error becomes an annotation at its line, after the line that everybody gets", {
  timeout: 20_000,
}, async () => {
  const { code, err } = await run(["train", join(root, "wrong.yaml")], { env });
  expect(code).toBe(2);
  const [first, ...others] = err.trimEnd().split("\n");
  expect(first).toMatch(/^nnt: .*wrong\.yaml:3:11: train\.epochs is "100%"/);
  expect(others.at(-1)).toMatch(
    /^::error file=wrong\.yaml,line=3,col=11,title=nnt::train\.epochs is "100%25"/,
  );
});

test("a run's and a model's figures are added to the step's summary, warnings are annotated", {
  timeout: 20_000,
}, async () => {
  const out = join(root, "run");
  const { code, err } = await run(["train", join(root, "t.yaml"), "--out", out], { env });
  expect(code).toBe(0);
  expect(err).toMatch(/^::warning title=nnt::column "x": 1 missing value/m);
  expect(readFileSync(summary, "utf8")).toMatch(/^### t\n\n\| {2}\| .*test \|\n\| --- \|.*\n\| loss \|/);
  expect(readFileSync(summary, "utf8")).toContain("epochs 1–3");
  const gate = await run(["eval", join(out, "best.ckpt"), "--fail-if", "accuracy<2"], { env });
  expect(gate.code).toBe(7);
  expect(readFileSync(summary, "utf8")).toMatch(/best\.ckpt: \d+ rows[\s\S]*- :x: accuracy is/);
});

test("elsewhere there are neither", async () => {
  const { err } = await run(["train", join(root, "wrong.yaml")], {
    env: { GITHUB_STEP_SUMMARY: `${summary}2` },
  });
  expect(err).not.toContain("::");
  expect(existsSync(`${summary}2`)).toBe(false);
});
