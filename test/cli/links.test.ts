/** Links in output directories: whoever has put them there, nothing is written through them. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { run } from "./host.ts";
import { folder, nnt } from "./program.ts";

vi.setConfig({ testTimeout: 120_000 });

const root = folder();
const at = (...parts: string[]) => join(root, ...parts);
const rows = Array.from({ length: 40 }, (_, row) => `${row},${row % 2 ? "odd" : "even"}`);
writeFileSync(at("t.csv"), `x,y\n${rows.join("\n")}\n`);
const more = "track: { tensorboard: true, mlflow: { directory: store } }\n";
const search = "search: { trials: 1, space: { optimizer.lr: [0.1] } }\n";
for (const [name, rest] of [
  ["spec", more],
  ["sweep", search],
] as const)
  writeFileSync(at(`${name}.yaml`), `data: { path: t.csv, target: y }\ntrain: { epochs: 1 }\n${rest}`);

let number = 0;
let place = "";
beforeEach(() => {
  place = `case-${number++}`;
  mkdirSync(at(place, "outside"), { recursive: true });
  writeFileSync(at(place, "victim"), "precious\n");
});

const train = (...options: string[]) => [
  "train",
  at("spec.yaml"),
  "--quiet",
  "--out",
  at(place, "out"),
  ...options,
];

/** What a stranger has put into `out`, and what is run there. */
const traps: Record<string, { link: string; to: "victim" | "outside"; argv: () => string[] }> = {
  "the log": { link: "metrics.jsonl", to: "victim", argv: () => train("--resume") },
  "a report": { link: "report.html", to: "victim", argv: () => train("--overwrite") },
  sums: { link: "SHA256SUMS", to: "victim", argv: () => train("--overwrite") },
  "a tracker's folder": { link: "tensorboard", to: "outside", argv: () => train() },
  "a fold": { link: "fold-1", to: "outside", argv: () => train("--set", "train.folds=2") },
  "a seed": { link: "seed-0", to: "outside", argv: () => train("--seeds", "2", "--resume") },
  "a seed of before": { link: "seed-7", to: "outside", argv: () => train("--seeds", "2", "--overwrite") },
  "a journal": {
    link: "journal.jsonl",
    to: "victim",
    argv: () => ["sweep", at("sweep.yaml"), "--out", at(place, "out")],
  },
  "a sweep's trials": {
    link: "trials",
    to: "outside",
    argv: () => ["sweep", at("sweep.yaml"), "--out", at(place, "out")],
  },
  "a trial": {
    link: "trials/001",
    to: "outside",
    argv: () => ["sweep", at("sweep.yaml"), "--out", at(place, "out")],
  },
  "a sweep's workers": {
    link: "workers",
    to: "outside",
    argv: () => ["sweep", at("sweep.yaml"), "--out", at(place, "out")],
  },
};

test.each(Object.entries(traps))("%s that is a link is not followed", async (_, { link, to, argv }) => {
  mkdirSync(at(place, "out", dirname(link)), { recursive: true });
  symlinkSync(at(place, to), at(place, "out", link));
  const line = argv();
  const { code } = await (line[0] === "sweep" ? nnt(line, { cwd: root }) : run(line));
  expect(readFileSync(at(place, "victim"), "utf8")).toBe("precious\n");
  expect(readdirSync(at(place, "outside"))).toEqual([]);
  expect([0, 5]).toContain(code);
});

test("a tracker's store may be a link, what is in it may not", async () => {
  const store = at("store");
  rmSync(store, { recursive: true, force: true }); // with the runs of other traps
  mkdirSync(store, { recursive: true });
  expect((await run(train())).code).toBe(0);
  const [experiment = ""] = readdirSync(store).filter((name) => name !== ".trash");
  const [first = ""] = readdirSync(join(store, experiment)).filter((name) => name !== "meta.yaml");
  const metrics = join(store, experiment, first, "metrics");
  const [metric = ""] = readdirSync(metrics).filter((name) => name.startsWith("train."));
  writeFileSync(at(place, "victim"), "precious\n");
  unlinkSync(join(metrics, metric));
  symlinkSync(at(place, "victim"), join(metrics, metric));
  const { code, err } = await run(train("--resume", "--epochs", "2"));
  expect(code).toBe(0);
  expect(err).toContain("track.mlflow has stopped writing");
  expect(readFileSync(at(place, "victim"), "utf8")).toBe("precious\n");
});
