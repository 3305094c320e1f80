/** Every wrong input ends in its exit code and a message that names file and place, and never in a stack. */
import { mkdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./host.ts";
import { folder, put } from "./program.ts";

const cwd = folder();

const rows = (count: number) =>
  Array.from({ length: count }, (_, row) => `${row},${row % 7},${row % 2 ? "yes" : "no"}`);
const table = ["a,b,y", ...rows(40)].join("\n");
const csv = (file: string, more = "") => `data: { path: ${file}, target: y${more} }\ntrain: { epochs: 1 }\n`;
const idx = (images: string, labels: string) =>
  `data: { format: idx, train: { images: ${images}, labels: ${labels} } }\ntrain: { epochs: 1 }\n`;

/** An IDX file of unsigned bytes. */
function idxFile(sizes: readonly number[], bytes: number, magic = 0x0800 + sizes.length): Buffer {
  const head = Buffer.alloc(4 + 4 * sizes.length);
  head.writeUInt32BE(magic);
  sizes.forEach((size, dimension) => {
    head.writeUInt32BE(size, 4 + 4 * dimension);
  });
  return Buffer.concat([head, Buffer.alloc(bytes, 1)]);
}

beforeAll(async () => {
  mkdirSync(`${cwd}/folder`);
  const images = idxFile([20, 2, 2], 80);
  put(cwd, {
    "good.csv": table,
    "good.yaml": csv("good.csv"),
    "empty.csv": "",
    "header.csv": "a,b,y\n",
    "ragged.csv": table.replace("3,3,yes", "3,yes"),
    "text.csv": table.replace("7,0,yes", "7,zero,yes"),
    "images.idx": images,
    "labels.idx": idxFile([20], 20),
    "fewer.idx": idxFile([19], 19),
    "magic.idx": idxFile([20, 2, 2], 80, 0x01020304),
    "short.idx": images.subarray(0, 60),
    "long.idx": Buffer.concat([images, Buffer.from("x")]),
    "cut.csv.gz": gzipSync(table).subarray(0, 60),
    "missing.yaml": csv("nowhere.csv"),
    "empty.yaml": csv("empty.csv"),
    "header.yaml": csv("header.csv"),
    "ragged.yaml": csv("ragged.csv"),
    "text.yaml": csv("text.csv", ", columns: { b: number }"),
    "labels.yaml": csv("good.csv", ", classes: ['no', maybe]"),
    "target.yaml": csv("good.csv").replace("target: y", "target: yy"),
    "letter.yaml": csv("good.csv").replace("target: y", "target: z"),
    "spaces.csv": table.replace("a,b,y", "a,b, y"),
    "spaces.yaml": csv("spaces.csv"),
    "classes.idx": idxFile([20], 20).fill(2, 8, 18),
    "pixels.yaml": idx("images.idx", "classes.idx"),
    "swapped.yaml": `data: { train: { images: images.idx, labels: labels.idx }, test: { images: labels.idx, labels: labels.idx } }`,
    "magic.yaml": idx("magic.idx", "labels.idx"),
    "short.yaml": idx("short.idx", "labels.idx"),
    "long.yaml": idx("long.idx", "labels.idx"),
    "fewer.yaml": idx("images.idx", "fewer.idx"),
    "cut.yaml": csv("cut.csv.gz"),
    "typo.yaml": csv("good.csv").replace("epochs", "epoch"),
    "hidden.yaml": `${csv("good.csv")}model: { hidden: [-1] }\n`,
    "lr.yaml": `${csv("good.csv")}optimizer: { name: sgd, lr: .nan }\n`,
    "folder.yaml": csv("folder", ", format: csv"),
    "syntax.yaml": "data: {",
    "hyphens.yaml": "data:\n  missing_values: [NA, -]\n",
    "list.json": '[{"a":1,"y":0}]',
    "list.jsonl": '[{"a":1,"y":0}]',
    "list.yaml": csv("list.jsonl"),
    "windows.csv": Buffer.from(table.replace("1,yes", "1,\x93yes\x94"), "latin1"),
    "windows.yaml": csv("windows.csv"),
    "latin.jsonl": Buffer.from('{"a":"M\xfcller"}', "latin1"),
  });
  process.chdir(cwd);
  expect(await run(["train", "good.yaml", "--out", "run"])).toMatchObject({ code: 0 });
  expect(await run(["train", "pixels.yaml", "--out", "pixels"])).toMatchObject({ code: 0 });
});

const before = process.cwd();
afterAll(() => process.chdir(before));

type Case = [what: string, argv: string[], code: number, message: RegExp, stdin?: string];

describe("wrong input", () => {
  test.each([
    ["spec that is not there", ["train", "nowhere.yaml"], 5, /^nnt: nowhere\.yaml: .*no such file/],
    ["spec that is a directory", ["train", "folder"], 5, /^nnt: folder: .*directory/],
    ["data file that is not there", ["train", "missing.yaml"], 5, /^nnt: .*nowhere\.csv.*no such file/],
    ["data file that is a directory", ["train", "folder.yaml"], 5, /^nnt: .*folder.*directory/],
    ["empty file", ["train", "empty.yaml"], 3, /^nnt: .*empty\.csv.*empty/],
    ["header only", ["train", "header.yaml"], 3, /^nnt: .*header\.csv.*row/],
    ["ragged row", ["train", "ragged.yaml"], 3, /^nnt: ragged\.csv:5: .*; expected 3 fields/],
    ["text in a number column", ["train", "text.yaml"], 3, /^nnt: text\.csv:9:3: .*"b".*"zero"/],
    ["label out of range", ["train", "labels.yaml"], 3, /^nnt: .*good\.csv:3.*"yes"/],
    ["target column absent", ["train", "target.yaml"], 3, /^nnt: good\.csv:1: .*"yy"[\s\S]*"y"/],
    ["target of one other letter", ["train", "letter.yaml"], 3, /"z"[^?]*hint: the columns are a, b, y\n/],
    ["target but for spaces", ["train", "spaces.yaml"], 3, /"y"[\s\S]*did you mean " y"\?/],
    [
      "first weights that are not there",
      ["train", "good.yaml", "--set", "init.from=w.ckpt"],
      5,
      /^nnt: w\.ckpt: /,
    ],
    ["IDX of a wrong magic", ["train", "magic.yaml"], 3, /^nnt: .*magic\.idx/],
    ["IDX that is too short", ["train", "short.yaml"], 3, /^nnt: .*short\.idx/],
    ["IDX that is too long", ["train", "long.yaml"], 3, /^nnt: .*long\.idx/],
    ["fewer labels than images", ["train", "fewer.yaml"], 3, /^nnt: .*(fewer|images)\.idx.*(19|20)/],
    ["truncated gz", ["train", "cut.yaml"], 3, /^nnt: .*cut\.csv\.gz.*cut/],
    ["spec with a typo", ["train", "typo.yaml"], 2, /^nnt: typo\.yaml:2:\d+: .*epoch[\s\S]*epochs/],
    ["hidden: [-1]", ["train", "hidden.yaml"], 2, /^nnt: hidden\.yaml:3:\d+: .*-1/],
    ["lr: .nan", ["train", "lr.yaml"], 2, /^nnt: lr\.yaml:3:\d+: .*lr/],
    ["spec that is no YAML", ["check", "syntax.yaml"], 2, /^nnt: syntax\.yaml:\d+:\d+: /],
    ["model that is not there", ["eval", "nowhere.ckpt"], 5, /^nnt: nowhere\.ckpt: .*no such file/],
    ["model that is a directory", ["predict", "folder"], 5, /^nnt: folder: .*directory/],
    ["model that is a table", ["eval", "good.csv"], 4, /^nnt: good\.csv: it is a table, not a model/],
    ["run in place of its model", ["eval", "run"], 5, /hint: .* run\/best\.ckpt\n$/],
    [
      "run in place of a file",
      ["inspect", "run"],
      5,
      /hint: .* run\/best\.ckpt, its spec run\/spec\.yaml\n$/,
    ],
    ["run in place of its spec", ["train", "run"], 5, /hint: .* run\/spec\.yaml\n$/],
    ["hyphen in place of a spec", ["check", "-"], 5, /hint: a spec is a file; .*data\.path/],
    [
      "hyphen in a list in brackets",
      ["check", "hyphens.yaml"],
      2,
      /^nnt: hyphens\.yaml:2:\d+: a hyphen .*"-"/,
    ],
    [
      "data behind a model",
      ["predict", "run/best.ckpt", "x.csv"],
      2,
      /hint: nnt predict run\/best\.ckpt --input x\.csv/,
    ],
    ["data behind a model to measure", ["eval", "run/best.ckpt", "x.csv"], 2, /--data x\.csv/],
    [
      "list of objects in a file of JSON",
      ["inspect", "list.json"],
      3,
      /^nnt: list\.json: the file is a JSON document/,
    ],
    ["array in JSON Lines", ["train", "list.yaml"], 3, /^nnt: list\.jsonl:1: an array [\s\S]*hint: jq/],
    [
      "text in cp1252",
      ["train", "windows.yaml"],
      3,
      /windows\.csv:3: .*\nhint: in Windows-1252 \(cp1252\) .*“yes”/,
    ],
    [
      "text in Latin-1",
      ["inspect", "latin.jsonl"],
      3,
      /latin\.jsonl:1: [\s\S]*hint: in Latin-1.*"[^"]*Müller/,
    ],
    ["run that is there", ["train", "good.yaml", "--out", "run"], 5, /^nnt: .*run.*\n?hint: .*--resume/],
    [
      "--set of an unknown key",
      ["check", "good.yaml", "--set", "train.epoch=1"],
      2,
      /^nnt: --set train\.epoch: .*epochs/,
    ],
    [
      "gate on an unknown metric",
      ["eval", "run/best.ckpt", "--fail-if", "acuracy<1"],
      2,
      /"acuracy"[\s\S]*accuracy/,
    ],
    ["labels for images", ["train", "swapped.yaml"], 3, /^nnt: labels\.idx: .*shape 1; expected 2 × 2/],
    ["column to keep", ["predict", "run/best.ckpt", "--keep", "bb"], 3, /^nnt: --keep: .*"bb"/, "a,b\n1,2\n"],
    ["table for images", ["predict", "pixels/best.ckpt"], 3, /^nnt: stdin:1: 4 of 4 .*--images/s, "a\n1\n"],
    ["file of no known kind", ["inspect", "nowhere.csv"], 5, /^nnt: nowhere\.csv: /],
  ] as Case[])("%s", async (_, argv, code, message, stdin = "") => {
    const { code: actual, out, err } = await run(argv, { stdin });
    expect(err).toMatch(message);
    expect([actual, out]).toEqual([code, ""]);
    expect(err).not.toMatch(/^ +at /m);
    for (const [, second] of err.matchAll(/^nnt: .*?; (.*)/gm))
      expect(second).toMatch(/^(expected|did you mean) /);
  });
});
