/** A command that refuses changes no byte: everything below the folder is the same afterwards, names, contents and times. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { run } from "./host.ts";
import { bin, folder } from "./program.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = folder();
const at = (...parts: string[]) => join(root, ...parts);
const rows = Array.from({ length: 40 }, (_, row) => `${row},${row % 2 ? "odd" : "even"}`);
const spec = (path: string, more = "") => `data: { path: ${path}, target: y }\ntrain: { epochs: 2 }\n${more}`;

beforeAll(async () => {
  writeFileSync(at("t.csv"), `x,y\n${rows.join("\n")}\n`);
  writeFileSync(at("other.csv"), `x,y\n${rows.map((row) => row.replace("odd", "strange")).join("\n")}\n`);
  writeFileSync(at("bad.csv"), "x,y\n1,a,2\n");
  writeFileSync(at("spec.yaml"), spec("t.csv"));
  writeFileSync(at("other.yaml"), spec("other.csv"));
  writeFileSync(at("bad.yaml"), spec("bad.csv"));
  writeFileSync(at("gone.yaml"), spec("gone.csv"));
  const search = "search: { trials: 1, space: { optimizer.lr: [0.1] } }\n";
  writeFileSync(at("sweep.yaml"), spec("t.csv", search));
  writeFileSync(at("gone-sweep.yaml"), spec("gone.csv", search));
  writeFileSync(at("bad-sweep.yaml"), spec("bad.csv", search));
  mkdirSync(at("sw"));
  writeFileSync(at("sw", "journal.jsonl"), '{"event":"search","version":1,"search":{},"spec":{}}\n');
  for (const [out, ...more] of [
    ["run"],
    ["folds", "--set", "train.folds=2"],
    ["seeds", "--seeds", "2"],
  ] as const)
    expect((await run(["train", at("spec.yaml"), "--out", at(out), "--quiet", ...more])).code).toBe(0);
});

/** Directories come and go with claims; what is in them must not. */
function everything(): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile()) return [path, "directory"];
      return [path, `${statSync(path).mtimeMs} ${readFileSync(path, "base64")}`];
    }),
  );
}

const changed = ["--set", "optimizer.lr=0.5"];
test.each<[string, number, readonly string[]]>([
  ["a run that is there", 5, ["train", at("spec.yaml"), "--out", at("run")]],
  [
    "a resumed run of another spec",
    2,
    ["train", at("spec.yaml"), "--out", at("run"), "--resume", ...changed],
  ],
  ["a resumed run of other classes", 3, ["train", at("other.yaml"), "--out", at("run"), "--resume"]],
  [
    "resumed folds of another spec",
    2,
    ["train", at("spec.yaml"), "--out", at("folds"), "--resume", "--set", "train.folds=2", ...changed],
  ],
  [
    "resumed seeds of another spec",
    2,
    ["train", at("spec.yaml"), "--out", at("seeds"), "--resume", "--seeds", "2", ...changed],
  ],
  [
    "a run in place of seeds",
    5,
    ["train", at("spec.yaml"), "--out", at("run"), "--seeds", "2", "--overwrite"],
  ],
  ["seeds that are there", 5, ["train", at("spec.yaml"), "--out", at("seeds"), "--seeds", "2"]],
  ["new seeds without data", 5, ["train", at("gone.yaml"), "--out", at("new"), "--seeds", "2"]],
  ["a new run of wrong data", 3, ["train", at("bad.yaml"), "--out", at("new")]],
  ["an overwritten run without data", 5, ["train", at("gone.yaml"), "--out", at("run"), "--overwrite"]],
  [
    "overwritten seeds of wrong data",
    3,
    ["train", at("bad.yaml"), "--out", at("seeds"), "--seeds", "2", "--overwrite"],
  ],
  ["a resumed run with a fault in its options", 2, ["resume", at("run"), "--epochs", "x"]],
  ["another sweep in the place of one", 5, ["sweep", at("sweep.yaml"), "--out", at("sw")]],
  ["a resumed sweep of another spec", 2, ["sweep", at("sweep.yaml"), "--out", at("sw"), "--resume"]],
  ["a new sweep without data", 5, ["sweep", at("gone-sweep.yaml"), "--out", at("new")]],
  ["a new sweep of wrong data", 3, ["sweep", at("bad-sweep.yaml"), "--out", at("new")]],
  [
    "predictions of rows that do not fit",
    3,
    ["predict", at("run", "best.ckpt"), "--input", at("bad.csv"), "--output", at("t.csv")],
  ],
  ["an export to no format", 2, ["export", at("run", "best.ckpt"), "--output", at("t.csv")]],
  [
    "an export over its model",
    2,
    ["export", at("run", "best.ckpt"), "--to", "safetensors", "--output", at("run", "best.ckpt")],
  ],
  ["a spec that is there", 5, ["init", at("t.csv"), "--target", "y", "--out", at("spec.yaml")]],
  ["a report of no run", 5, ["report", root]],
])("%s", async (_, code, argv) => {
  const before = everything();
  const ended = await run(argv);
  expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(/^(?:(?:warning|note): .*\n)*nnt: /)]);
  expect(everything()).toEqual(before);
});

test("what node's permission model refuses is told as that, and nothing is written", () => {
  const before = everything();
  const permissions = ["--experimental-permission", "--allow-fs-read=*", "--allow-addons", "--allow-worker"];
  const argv = [...permissions, bin, "train", at("spec.yaml"), "--out", at("new"), "--quiet"];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect(stderr).toMatch(/^nnt: .*node was started without the permission$/m);
  expect(status).toBe(5);
  expect(everything()).toEqual(before);
});

test("a name that is not UTF-8 is told as what it may be", async () => {
  const { code, err } = await run(["inspect", at("bad\uFFFD.csv")]);
  expect(code).toBe(5);
  expect(err).toContain("not UTF-8");
});
