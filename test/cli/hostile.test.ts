/**
 * Text from strangers: every command is run on a table, a spec and a model whose names, labels and files are hostile, and
 * every byte that leaves is looked at: streams, step summaries, pages, specs and the names of files.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { commands } from "../../src/cli/commands.ts";
import { run } from "./host.ts";
import { folder, nnt } from "./program.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** What each destination would obey: a terminal, a log of GitHub or Azure, a page, Markdown, YAML, a path. */
const names = {
  input: "\u001b]0;OWNED\u0007\u001b[2J\n::error::injected",
  category: "##[command]evil ##vso[task.setvariable]x\u202e\u009b31m",
  targets: ["<img src=x onerror=alert(1)>|`a`[l](http://e.vil)", "a/../../../../victim.txt"],
} as const;
const labels = ["p\u001b[31m", "\r\n::warning::x", "</script><script>alert(1)</script>"];
const root = folder();
const at = (...parts: string[]) => join(root, ...parts);
const table = "t \u001b[2J\n::error::file.csv";

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const header = [names.input, names.category, "z", ...names.targets].map(quoted).join(",");
const rows = Array.from({ length: 90 }, (_, i) =>
  [
    i % 7,
    quoted(`${labels[i % 2]}${names.input}`),
    (3 * i) % 11,
    quoted(labels[i % 3]!),
    quoted(labels[i % 2]!),
  ].join(","),
);
const json = JSON.stringify;
/** The run's directory has a name that a file system takes and a terminal would obey. */
const runName = "run \u001b[31m\n::error::x";

beforeAll(async () => {
  writeFileSync(at(table), `${header}\n${rows.join("\n")}\n`);
  const spec = (target: readonly string[], more: string) =>
    `data: { path: ${json(table)}, target: ${json(target)}, columns: { ${json(names.category)}: category } }
model: { hidden: [4] }
train: { epochs: 2 }
${more}`;
  writeFileSync(at("two.yaml"), spec(names.targets, "track: [tensorboard, mlflow]\n"));
  writeFileSync(at("one.yaml"), spec([names.targets[0]], ""));
  writeFileSync(
    at("sweep.yaml"),
    spec([names.targets[0]], "search: { trials: 2, space: { optimizer.lr: [0.01, 0.1] } }\n"),
  );
  for (const [spec, directory] of [
    ["two.yaml", "two"],
    ["one.yaml", runName],
  ] as const)
    expect((await run(["train", at(spec), "--out", at("runs", directory), "--quiet"])).code).toBe(0);
  cpSync(at("runs", runName), at("runs", "copy"), { recursive: true });
});

const one = () => at("runs", runName);
const model = () => join(one(), "best.ckpt");
const two = () => at("runs", "two", "best.ckpt");

/** Of each command: command lines that show something of a stranger's. A new command does not compile without. */
const lines: Record<keyof typeof commands, () => readonly (readonly string[])[]> = {
  init: () => [
    ["init", at(table), "--target", names.targets[0], "--out", at("init.yaml"), "--overwrite"],
    ["init", at(table), "--target", "none\u001b[2J", "--out", at("x.yaml")],
    ["init", at(table), "--target", names.targets[0], "--out", "-"],
  ],
  data: () => [["data", "\u001b[31mmnist"]],
  train: () => [
    ["train", at("two.yaml"), "--out", at("out", "two"), "--overwrite"],
    ["train", at("one.yaml"), "--out", at("out", "folds"), "--overwrite", "--set", "train.folds=2"],
    ["train", at("one.yaml"), "--out", at("out", "seeds"), "--overwrite", "--seeds", "2"],
    ["train", at("one.yaml"), "--out", at("out", "json"), "--overwrite", "--json"],
    ["train", at("one.yaml"), "--set", `data.target=${json(labels[0])}`],
    ["train", at("one.yaml\u001b[2J\n::error::x")],
  ],
  resume: () => [["resume", one()]],
  verify: () => [
    ["verify", one()],
    ["verify", one(), "--json"],
  ],
  "self-test": () => [],
  eval: () => [
    ["eval", model()],
    ["eval", two()],
    ["eval", two(), "--json"],
    ["eval", model(), "--slice", names.category],
    ["eval", model(), "--fail-if", "accuracy<2"],
    ["eval", model(), "--data", at("one.yaml")],
  ],
  // Answers in a pipe are data; these go to a file.
  predict: () => [
    ["predict", model(), "--input", at(table), "--proba", "--keep", "all", "--output", at("out", "p.jsonl")],
    ["predict", model(), "--input", at("one.yaml")],
  ],
  explain: () => [
    ["explain", model()],
    ["explain", model(), "--json"],
    ["explain", model(), "--rows", "1"],
    ["explain", two(), "--rows", "1"],
  ],
  inspect: () => [
    ["inspect", model()],
    ["inspect", two(), "--json"],
    ["inspect", at(table), "--head", "3"],
    ["inspect", at(table), "--json", "--head", "3"],
    ["inspect", at("two.yaml")],
  ],
  check: () => [
    ["check", at("two.yaml")],
    ["check", at("one.yaml"), "--json"],
  ],
  gradcheck: () => [["gradcheck", at("one.yaml")]],
  "lr-find": () => [["lr-find", at("one.yaml")]],
  serve: () => [
    ["serve", model(), model()],
    ["serve", at("none\u001b[2J\n::error::x")],
  ],
  landscape: () => [
    ["landscape", at("one.yaml"), "--size", "3", "--output", at("out", "l.svg")],
    ["landscape", at("one.yaml"), "--output", "l\u001b[2J\n::error::x"],
  ],
  export: () => [
    ["export", model(), "--output", at("out", "m\u001b[2J.html")],
    ["export", model(), "--output", at("out", "m.py")],
  ],
  report: () => [
    ["report", one()],
    ["report", at("runs", "two")],
  ],
  sweep: () => [["sweep", at("sweep.yaml"), "--out", at("out", `sweep-${Math.random()}`), "--jobs", "1"]],
  runs: () => [
    ["runs", at("runs")],
    ["runs", at("runs"), "--json"],
  ],
  compare: () => [
    ["compare", one(), at("runs", "copy")],
    ["compare", one(), at("runs", "copy"), "--json"],
    ["compare", one(), at("runs", "copy"), "--html", at("out", "compare.html")],
  ],
  completion: () => [["completion", "\u001b[2Jbash"]],
  kernels: () => [["kernels"]],
  schema: () => [["schema"]],
};

/** Whether it is a terminal or a service's log that listens. */
const places = {
  "a terminal": { terminal: { isTTY: true, columns: 100 }, env: { FORCE_COLOR: "1", CI: "1" } },
  "a log": { env: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: at("summary.md") } },
};

/** nnt's own colours, and the frames of progress bars. */
const ownSequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /\u001b\[(?:[123]|2[249]|3[123569])m|\u001b\[\d*[AKJGHlh]|\u001b\[\?\d+[hl]|\r(?=\u001b)/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** What a terminal or the service behind it would obey in a text of whole lines, or take for one. */
function obeyed(text: string): string[] {
  const plain = text.replace(ownSequences, "");
  return plain.split("\n").flatMap((line) => {
    const raw = controls.test(line);
    const own = /^::(?:error|warning) [^:]*title=nnt::/.test(line);
    const command = (/^\s*::/.test(line) && !own) || /##\w*\[/.test(line);
    return raw || command ? [json(line)] : [];
  });
}

describe.each(Object.entries(places))("on %s", (_, place) => {
  test.each(Object.keys(commands) as (keyof typeof commands)[])(
    "%s lets nothing out that is obeyed",
    async (name) => {
      mkdirSync(at("out"), { recursive: true });
      for (const argv of lines[name]()) {
        // Trials are trained by processes of their own, which are started from dist.
        const { code, out, err } = name === "sweep" ? await nnt(argv, { cwd: root }) : await run(argv, place);
        expect([argv, obeyed(out), obeyed(err)]).toEqual([argv, [], []]);
        expect([argv, code, code === 1 ? err : ""]).toEqual([argv, code === 1 ? 0 : code, ""]);
      }
    },
  );
});

test("predictions on a terminal are made visible, too", async () => {
  const { out } = await run(
    ["predict", model(), "--input", at(table), "--keep", "all"],
    places["a terminal"],
  );
  expect(obeyed(out)).toEqual([]);
});

test("predictions in a pipe are the data as they are, and JSON Lines keep every character", async () => {
  const { out } = await run(["predict", model(), "--input", at(table), "--to", "jsonl"]);
  const answers = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).prediction);
  expect(answers.every((answer) => labels.includes(answer))).toBe(true);
  const { out: csv } = await run(["predict", model(), "--input", at(table)]);
  expect(labels.some((label) => csv.includes(label))).toBe(true);
});

describe("what was written", () => {
  const written = () => readdirSync(root, { recursive: true, encoding: "utf8" });

  test("lies where it belongs, under names that a terminal shows as they are", () => {
    expect(existsSync(at("..", "victim.txt"))).toBe(false);
    const given = [runName, table, "m\u001b[2J"];
    const own = (file: string) => given.reduce((rest, name) => rest.replaceAll(name, ""), file);
    const strange = written().filter((file) => controls.test(own(file)));
    expect(strange).toEqual([]);
  });

  test("as a page runs nothing of it", () => {
    const pages = written().filter((file) => file.endsWith(".html"));
    expect(pages.length).toBeGreaterThan(3);
    for (const page of pages) {
      const text = readFileSync(at(page), "utf8");
      expect([page, text.includes("<img src=x"), text.includes("<script>alert(1)")]).toEqual([
        page,
        false,
        false,
      ]);
    }
  });

  test("as Markdown has no tag, link or command of it", () => {
    const text = readFileSync(at("summary.md"), "utf8");
    expect(text).toContain("onerror");
    expect(text).not.toMatch(/(?<!\\)<|(?<!\\)\]\(/);
    expect(obeyed(text)).toEqual([]);
  });

  test("as a spec says what it was made of", async () => {
    const { data } = parse(readFileSync(at("init.yaml"), "utf8"));
    expect(data.target).toBe(names.targets[0]);
    expect(Object.keys(data.columns)).toContain(names.input);
    expect((await run(["check", at("init.yaml")])).code).toBe(0);
    const saved = parse(readFileSync(at("runs", "two", "spec.yaml"), "utf8"));
    expect(saved.data.target).toEqual(names.targets);
  });
});
