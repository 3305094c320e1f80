/** The GitHub Action, run as far as can be without its service: its script with the inputs that action.yml hands over. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { folder, put } from "../cli/program.ts";

const root = join(import.meta.dirname, "../..");
const { inputs, runs } = parse(readFileSync(join(root, "action.yml"), "utf8"));
const step: { run: string; env: Record<string, string> } = runs.steps.at(-1);
const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${(3 * i) % 11},${i % 2 === 0 ? "a" : "b"}\n`);

let work: string;
const at = (name: string) => join(work, name);
const read = (name: string) => readFileSync(at(name), "utf8");

/** As the service does: an expression is replaced by its input, or else by its default. */
function act(given: Readonly<Record<string, string>>, pullRequest = "") {
  const value = (expression: string) => {
    const [, input] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression) ?? [];
    if (input !== undefined && !(input in inputs)) throw new Error(`${expression} names no input`);
    return input === undefined ? pullRequest : (given[input] ?? inputs[input].default ?? "");
  };
  const env = Object.fromEntries(Object.entries(step.env).map(([name, text]) => [name, value(text)]));
  return spawnSync("bash", ["-c", step.run], {
    cwd: work,
    encoding: "utf8",
    env: {
      ...env,
      PATH: `${work}:${process.env.PATH}`,
      GITHUB_ACTIONS: "true",
      GITHUB_ACTION_PATH: root,
      GITHUB_REPOSITORY: "someone/something",
      GITHUB_STEP_SUMMARY: at("summary.md"),
      GITHUB_OUTPUT: at("output"),
    },
  });
}

beforeEach(() => {
  work = folder();
  put(work, {
    "t.csv": `x,z,y\n${rows.join("")}`,
    "t.yaml": "data: { path: t.csv, target: y }\ntrain: { epochs: 3 }\n",
    // Stands in for GitHub's own program, and keeps what it is asked.
    gh: '#!/bin/sh\necho "$@" > asked\ncp "$7" comment.md\n',
  });
  chmodSync(at("gh"), 0o755);
});

test("it trains, compares with a baseline and comments on the pull request", { timeout: 60_000 }, () => {
  expect(act({ spec: "t.yaml", out: "before" }).status).toBe(0);
  const { status, stderr } = act(
    {
      spec: "t.yaml",
      out: "now",
      baseline: "before",
      set: "train.epochs=4\noptimizer.lr=0.02",
      tolerance: "1",
    },
    "17",
  );
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("nnt:")]);
  expect(read("output")).toContain("model=now/best.ckpt\nsummary=now/summary.json\n");
  expect(read("asked")).toMatch(/^pr comment 17 --repo someone\/something --body-file /);
  expect(read("comment.md")).toMatch(
    /^### t\n[\s\S]*### now\/best\.ckpt: 12 rows[\s\S]*### `before` and `now`\n[\s\S]*\| `optimizer\.lr` \|/,
  );
  expect(read("summary.md")).toContain(read("comment.md"));
});

test("a gate that is met ends it with 7, and is told all the same", { timeout: 60_000 }, () => {
  const { status } = act({ spec: "t.yaml", "fail-if": "accuracy<2\n" }, "17");
  expect(status).toBe(7);
  expect(read("comment.md")).toContain("accuracy is");
});

test("without a pull request nothing is commented, and a wrong spec ends it with its code", () => {
  put(work, { "t.yaml": "data: { path: t.csv, target: y }\ntrain: { epochs: -1 }\n" });
  expect(act({ spec: "t.yaml" }).status).toBe(2);
  expect(() => read("asked")).toThrow(/ENOENT/);
});
