/** Models to export, with rows and what `nnt predict` answers to them: every config, every layer, a dirty table. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { expect } from "vitest";
import { loadArray } from "../../src/data/dataset/loadNpy.ts";
import type { ArrayInputs } from "../../src/data/preprocessing/preprocessing.ts";
import { readModel, type SavedModel } from "../../src/evaluate/savedModel.ts";
import { layers } from "../../src/model/layers.ts";
import { run } from "../cli/host.ts";

export type Row = Readonly<Record<string, string>> | readonly number[];
type Answer = { readonly [name: string]: unknown; readonly probabilities?: Readonly<Record<string, number>> };

export interface Case {
  readonly name: string;
  readonly model: string;
  readonly saved: SavedModel;
  readonly rows: readonly Row[];
  /** What `nnt predict --to jsonl` says. */
  readonly expected: readonly Answer[];
}

export const root = join(import.meta.dirname, "../..");
export const directory = mkdtempSync(join(tmpdir(), "nnt-export-"));
export const cleanUp = () => rmSync(directory, { recursive: true, force: true });

/** Exports have to be within this of `predict`, absolutely, or relative to numbers above 1. */
const tolerance = 1e-5;

/** Rows looked at of each table. */
const mostRows = 300;

export async function makeCases(): Promise<Case[]> {
  const specs = readdirSync(join(root, "configs")).filter((file) => file.endsWith(".yaml"));
  const cases: Case[] = [];
  for (const file of specs) {
    const made = await caseOf(file.slice(0, -5), join(root, "configs", file));
    if (made) cases.push(made);
  }
  for (const [name, text] of Object.entries({
    ...everyLayer(),
    ...calibrated(),
    ...deskewed(),
    ...dated(),
    ...dirtySpecs(),
  })) {
    const spec = join(directory, `${name}.yaml`);
    writeFileSync(spec, text);
    cases.push((await caseOf(name, spec))!);
  }
  return cases;
}

/** Trains for an epoch; null where the data is not in the repository. */
async function caseOf(name: string, spec: string): Promise<Case | null> {
  const out = join(directory, name);
  const model = join(out, name.startsWith("calibrated") ? "best.ckpt" : "last.ckpt");
  const { code, err } = await run([
    "train",
    spec,
    "--epochs",
    "1",
    "--out",
    out,
    "--quiet",
    "--threads",
    "1",
  ]);
  if (code === 5 && err.includes("no such file")) return null;
  expect([name, code, err.replace(/^warning.*\n(hint.*\n)?/gm, "")]).toEqual([name, 0, expect.any(String)]);
  const saved = readModel(model);
  const { target } = saved.preprocessing;
  const proba = target.link === "softmax" || target.link === "sigmoid" ? ["--proba"] : [];
  const predict = async (argv: string[], stdin = "") => {
    const answers = await run(["predict", model, "--threads", "1", "--to", "jsonl", ...proba, ...argv], {
      stdin,
    });
    expect(answers.code).toBe(0);
    return answers.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Answer);
  };
  const { data } = saved;
  if (data.format === "idx") {
    const images = resolve(spec, "..", (data.test ?? data.train).images);
    const { deskew: _, ...asTheyAre } = saved.preprocessing.inputs as ArrayInputs;
    const { table } = await loadArray(images, { ...saved.preprocessing, inputs: asTheyAre });
    const { rows, cols, values, ...scaling } = table;
    expect("scale" in scaling).toBe(true);
    const pixels = Array.from({ length: rows }, (_, row) => [
      ...values.subarray(row * cols, (row + 1) * cols),
    ]);
    return { name, model, saved, rows: pixels, expected: await predict(["--images", images]) };
  }
  if (data.format !== "csv") throw new Error(`no case of format ${data.format}`);
  const text = name.startsWith("dirty")
    ? strange
    : readFileSync(resolve(spec, "..", [data.path!].flat()[0]!), "utf8");
  const csv = text
    .split("\n")
    .slice(0, mostRows + 1)
    .join("\n");
  const rows = parseCsv(csv, { columns: true }) as Record<string, string>[];
  return { name, model, saved, rows, expected: await predict([], csv) };
}

/** Images that the model straightens. */
function deskewed(): Record<string, string> {
  const pair = (name: string) =>
    `{ images: ${root}/data/digits/${name}-images-idx3-ubyte.gz, labels: ${root}/data/digits/${name}-labels-idx1-ubyte.gz }`;
  return { deskewed: `data: { train: ${pair("train")}, test: ${pair("test")}, deskew: true }\n` };
}

/** Dates with and without times and zones, missing ones and ones that training has not seen. */
function dated(): Record<string, string> {
  const zones = ["", "Z", "+05:30", "-11"];
  const rows = Array.from({ length: 80 }, (_, i) => {
    const time = new Date(Date.UTC(2021, 1, 27) + i * 50_400_000).toISOString();
    const when = i % 3 === 0 ? time.slice(0, 10) : `${time.slice(0, 19)}${zones[i % 4]}`;
    return `${i % 13 === 5 ? "" : when},${i % 4},${i % 2 ? "odd" : "even"}`;
  });
  writeFileSync(join(directory, "dated.csv"), `when,x,y\n${rows.join("\n")}\n`);
  const columns = "when: { type: date, indicator: true }";
  return {
    dated: `data: { path: ./dated.csv, target: y, columns: { ${columns} } }\nmodel: { hidden: [8] }\ntrain: { batch_size: 20 }\n`,
  };
}

/** Answers equal ours: the same labels, and numbers within the tolerance. */
export function expectEqual(name: string, found: readonly unknown[], expected: readonly unknown[]): void {
  expect([name, found.length]).toEqual([name, expected.length]);
  const wrong = expected.flatMap((answer, row) =>
    isClose(found[row], answer) ? [] : [{ row, found: found[row], expected: answer }],
  );
  expect([name, wrong]).toEqual([name, []]);
}

function isClose(found: unknown, expected: unknown): boolean {
  if (typeof expected === "number" && typeof found === "number")
    return Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected));
  // No 32-bit number is as large.
  if (typeof found === "number" && expected === null) return !Number.isFinite(Math.fround(found));
  if (typeof expected !== "object" || expected === null) return found === expected;
  if (typeof found !== "object" || found === null) return false;
  const names = Object.keys(expected);
  return (
    names.length === Object.keys(found).length &&
    names.every((name) => isClose(new Map(Object.entries(found)).get(name), expected[name as never]))
  );
}

/** A network with each layer of the table, one after the other would only saturate: one network each. */
function everyLayer(): Record<string, string> {
  const inner: Record<string, string> = {
    linear: "{ linear: { width: 6, bias: false } }",
    residual: "{ residual: [{ linear: 9 }, tanh, linear] }",
  };
  const stacks: Record<string, string> = {
    embed_numbers: "[{ type: embed_numbers }, { linear: 6 }, tanh, linear]",
    ensemble: "[{ linear: 6 }, { ensemble: [{ linear: 5 }, tanh, linear], members: 3 }]",
    blend:
      "[{ type: blend, networks: [{ weight: 3, layers: [{ type: linear, width: 5 }, { type: tanh }, { type: linear }] }, { layers: [{ type: ensemble, members: 2, layers: [{ type: linear }] }] }] }]",
    "ensemble-of-strangers":
      "[{ ensemble: [{ residual: [linear] }, relu, linear], members: 2, shared: false }]",
  };
  const all = [...new Set([...Object.keys(layers), ...Object.keys(stacks)])]
    .filter((type) => !["embed", "embed_text"].includes(type)) // follow from columns
    .map((type) => [
      `layer-${type}`,
      `name: ${type}
data: { path: ${join(root, "data/iris.csv")}, target: species }
model: { layers: ${stacks[type] ?? `[{ linear: 6 }, ${inner[type] ?? `{ type: ${type} }`}, linear]`} }
train: { batch_size: 50 }
`,
    ]);
  return Object.fromEntries(all);
}

/** Probabilities cooled or heated, and thresholds beside ½: of two outputs, of one, of labels, of three classes. */
function calibrated(): Record<string, string> {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const x = ((i * 7919) % 401) / 100 - 2;
    const noise = ((i * 104_729) % 397) / 100 - 2;
    return `${x},${noise},${x + noise > 1.2 ? "yes" : "no"},${x > 1 ? 1 : 0},${x + 2 * noise > 2 ? 1 : 0}`;
  });
  writeFileSync(join(directory, "calibrated.csv"), `x,z,y,a,b\n${rows.join("\n")}\n`);
  const spec = (target: string, unused: string, more: string) => `seed: 1
data:
  path: ./calibrated.csv
  target: ${target}
  columns: { ${unused} }
  split: { validation: 0.3 }
model: { hidden: [8] }
optimizer: { name: adam, lr: 0.02 }
calibration: { temperature: true, threshold: f1_macro }
${more}`;
  const noLabels = "a: ignore, b: ignore";
  return {
    "calibrated-two": spec("y", noLabels, ""),
    "calibrated-one": spec("y", noLabels, "loss: bce_with_logits\n"),
    "calibrated-labels": spec("[a, b]", "y: ignore", "loss: bce_with_logits\n"),
    "calibrated-three": `data: { path: ${join(root, "data/iris.csv")}, target: species }
model: { hidden: [8] }
calibration: { temperature: true }
`,
  };
}

/** Everything that a column can be, with values missing and levels that training has not seen. */
const columns = `
    size: { scale: log, indicator: true }
    year: { type: number }
    count: { type: number, missing: mean, missing_values: ["-999"], scale: robust }
    colour: { type: category, missing: category, indicator: true }
    grade: { type: category, missing: most_frequent, encoding: ordinal }
    town: { type: category, min_count: 8 }
    ok: { type: boolean, missing: most_frequent, indicator: true }
    rank: { scale: quantile_normal }
    moment: { type: number }`;

/** The same columns as several inputs each, and categories embedded. */
const encodedColumns = `
    size: { encoding: periodic, scale: log, indicator: true }
    year: { encoding: piecewise_linear, width: 5 }
    count: { encoding: periodic, width: 3, missing: mean, missing_values: ["-999"], scale: robust }
    colour: { type: category, encoding: embedding, width: 3, indicator: true }
    grade: { type: category, missing: most_frequent, encoding: ordinal }
    town: { encoding: embedding, min_count: 8 }
    ok: { type: boolean, missing: most_frequent, indicator: true }
    rank: { encoding: piecewise_linear, indicator: true }
    moment: { encoding: piecewise_linear, width: 4 }`;
const names = "size,year,count,colour,grade,town,ok,rank,moment,__proto__";
const colours = ["red", '"a ""dark"" red"', '"blue, light"', "</script>", "grün", ""];
const training = Array.from({ length: 120 }, (_, i) => {
  const towns = ["Ulm", "Bonn", i % 12 === 0 ? "Hof" : "Ulm", i % 30 === 1 ? "Aub" : "Bonn"];
  return [
    i % 7 === 0 ? "" : (((i * 37) % 11) - 4) ** 3,
    1990 + (i % 30) / 7,
    i % 9 === 0 ? -999 : (i * i) % 1000,
    colours[i % 6],
    i % 8 === 0 ? "NA" : "abc"[i % 3],
    towns[i % 4],
    i % 5 === 0 ? "" : i % 2 ? "yes" : "no",
    Math.round(100 * Math.sin(i)) / 10,
    1.6e9 + ((i * 37) % 101) / 8, // floats would blur it
    i % 4,
  ].join(",");
});

/** Rows as only strangers send them. */
const strange = `${names}
1e3,2030,,never seen,d,nowhere,TRUE,1e-3,1600000003.125,9
,,-999,,,, 1 ,-100,,0
NA,1990,1e6,</script>,a,Hof,0,100,1600000020.5,1
-3.5,1991.5,12,grün,b,Aub,No,+.5,1600000000,2
0,2000.125,?,red,N/A,Ulm,f,4.2,1599999990.25,-3
`;

/** Targets of every task, beside the same columns. */
const targets = {
  classes: { header: "y", of: (i: number) => ["</a>", "b", "__proto__"][i % 3], spec: "target: y" },
  numbered: { header: "y", of: (i: number) => i % 3, spec: "target: y" },
  two: { header: "y", of: (i: number) => (i % 2 ? "no" : "yes"), spec: "target: y", loss: "bce_with_logits" },
  numbers: { header: "u,v", of: (i: number) => `${i * 1000 + 0.5},${Math.sin(i)}`, spec: "target: [u, v]" },
  counts: { header: "u", of: (i: number) => i % 5, spec: "target: u, task: regression", loss: "poisson_nll" },
  spreads: {
    header: "u,v",
    of: (i: number) => `${i * 1000 + 0.5},${Math.sin(i)}`,
    spec: "target: [u, v]",
    loss: "gaussian_nll",
  },
  moments: { header: "u", of: (i: number) => 1.6e9 + (i % 11) / 8, spec: "target: u" },
  spread: { header: "u", of: (i: number) => Math.cos(i), spec: "target: u", loss: "gaussian_nll" },
  labels: {
    header: "a,b",
    of: (i: number) => `${i % 2},${i % 3 ? 1 : 0}`,
    spec: "target: [a, b], task: multilabel",
  },
} satisfies Record<string, { header: string; of: (i: number) => unknown; spec: string; loss?: string }>;

function dirtySpecs(): Record<string, string> {
  const made = Object.entries(targets).flatMap(([name, target]) => {
    const { header, of, spec } = target;
    const rows = training.map((row, i) => `${row},${of(i)}\n`);
    writeFileSync(join(directory, `${name}.csv`), `${names},${header}\n${rows.join("")}`);
    const loss = "loss" in target ? `loss: ${target.loss}\n` : "";
    const data = ["path: ./NAME.csv", ...spec.split(/, (?=task)/), `columns:${columns}`].join("\n  ");
    // Averages of likelihoods differ most from those of probabilities.
    return (name === "spreads" ? ["", "-ensemble"] : [""]).map((kind) => [
      `dirty-${name}${kind}`,
      `data:\n  ${data.replace("NAME", name)}\nmodel: { hidden: [8]${kind && ", members: 3"} }\n${loss}train: { batch_size: 20 }\n`,
    ]);
  });
  const encoded = made[0]![1]!.replace(columns, encodedColumns);
  return { ...Object.fromEntries(made), "dirty-encoded": encoded };
}
