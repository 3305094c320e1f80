/** Text that is not plain, small YAML of one document is refused where it goes wrong, and soon. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { loadSpec } from "../../src/config/load.ts";
import { exitCodes, UserError } from "../../src/support/errors.ts";
import { data, load, problems } from "./support.ts";

const tooDeep = "nested more than 64 deep; expected a spec, which is about six deep";
const tooMany = "more than 50000 words, marks and lines; expected a spec, which has a few hundred";

/** Ten levels of nine aliases each: 3.5 billion texts when unfolded. */
const bomb = Array.from("bcdefghijk", (key, level) => {
  const above = "abcdefghij"[level];
  return `${key}: &${key} [${Array(9).fill(`*${above}`).join(", ")}]`;
});

describe("refused with its place", () => {
  test.each<[claim: string, text: string, problem: string]>([
    ["an empty file", "", "1:1: there is nothing here; expected a spec"],
    ["a comment alone", "# nothing\n", "1:1: there is nothing here; expected a spec"],
    [
      "JSON with a comment",
      '{ "seed": 1,\n  // why\n  "name": "a" }',
      "2:3: a comment that starts with / as in JavaScript; expected # before it, or none in JSON",
    ],
    [
      "JSON that ends early, once",
      '{ "data": { "path": "a.csv"',
      "1:28: the mapping before this is never closed; expected }",
    ],
    [
      "a text",
      "just a text",
      '1:1: the spec is "just a text"; expected a mapping with data:, model:, train: and so on',
    ],
    [
      "a list",
      "- a\n",
      "1:1: the spec is a list of 1; expected a mapping with data:, model:, train: and so on",
    ],
    [
      "a duplicate key",
      "seed: 1\nname: a\nseed: 2\n",
      "3:1: the key seed is given twice (first in line 1); expected each key once",
    ],
    [
      "a nested duplicate key",
      "train: { epochs: 1, epochs: 2 }\n",
      "1:21: the key epochs is given twice (first in line 1); expected each key once",
    ],
    [
      "two documents",
      "seed: 1\n---\nseed: 2\n",
      "2:1: a second document starts here; expected one spec per file",
    ],
    [
      "a tag for code",
      "seed: !!js/function 'x'\n",
      "1:7: the tag !!js/function is not allowed; expected plain data",
    ],
    ["a tag of its own", "seed: !foo 1\n", "1:7: the tag !foo is not allowed; expected plain data"],
    ["binary data", "seed: !!binary aGk=\n", "1:16: the tag !!binary is not allowed; expected plain data"],
    [
      "a date of YAML 1.1",
      "%YAML 1.1\n---\nseed: 2001-01-01\n",
      "3:7: neither a number, a text, true, false nor null; expected plain data",
    ],
    [
      "a prototype",
      "data: { __proto__: { path: x } }\n",
      "1:9: the key __proto__ is not allowed; expected another name",
    ],
    ["a key without a name", "~: 1\n", "1:1: a key that is not a name; expected a name before the colon"],
    ["a list as a key", "[a]: 1\n", "1:1: a key that is not a name; expected a name before the colon"],
    [
      "an alias for nothing",
      "seed: *x\n",
      "1:7: *x refers to no anchor; expected an anchor of that name before it",
    ],
    [
      "an alias in itself",
      "seed: &x [*x]\n",
      "1:11: aliases expand to more than 64 levels; expected plain data",
    ],
    [
      "a bomb of aliases",
      `a: &a [x, x]\n${bomb.join("\n")}\n`,
      "2:16: aliases expand to more than 100000 values; expected plain data",
    ],
    ["5,000 lists in one another", `seed: ${"[".repeat(5000)}${"]".repeat(5000)}`, `1:70: ${tooDeep}`],
    ["5,000 mappings in one another", "{a: ".repeat(5000), `1:254: ${tooDeep}`],
    ["5,000 dashes", `${"- ".repeat(5000)}a`, `1:128: ${tooDeep}`],
    ["5,000 question marks", `${"? ".repeat(5000)}a`, `1:128: ${tooDeep}`],
    ["100,000 lines", "a:\n".repeat(100_000), `12501:1: ${tooMany}`],
    ["a tab as indentation", "train:\n\tepochs: 1\n", "2:1: a tab in the indentation; expected spaces"],
    [
      "a second colon",
      "name: a: b\n",
      '1:7: a second colon in one line; expected quotes around a text with ": " in it',
    ],
    [
      "a line without a colon",
      "seed: 1\nepochs\n",
      "2:1: a name without a colon; expected `name: value`, with a space after the colon",
    ],
    [
      "a colon without a space",
      "seed:1\nname: a\n",
      "1:1: a line without a colon; expected `name: value`, with a space after the colon",
    ],
    [
      "odd indentation",
      "train:\n    epochs: 1\n  batch_size: 2\n",
      "3:1: indented otherwise than its neighbours; expected the same column",
    ],
    [
      "an open bracket",
      "model: { hidden: [1, 2 }\n",
      "1:24: the list before this is never closed; expected ]",
    ],
    [
      "a special character",
      "name: @home\n",
      "1:7: a text that starts with a special character; expected quotes around it",
    ],
    ["two anchors", "seed: &a &b 1\n", "1:10: a node can have at most one anchor; expected valid YAML"],
    [
      "much that does not belong",
      `seed: [1] ${"x".repeat(30)}\n`,
      `1:11: "${"x".repeat(20)}" does not belong here; expected valid YAML`,
    ],
    ["two commas", "model: { hidden: [1,, 2] }\n", '1:21: "," does not belong here; expected valid YAML'],
    [
      "JSON without a comma",
      '{\n  "seed": 1\n  "name": "a"\n}',
      "2:11: a comma is missing; expected a comma between two entries",
    ],
    [
      "JSON without a comma, after blanks",
      ' \n{\n  "seed": 1\n  "name": "a"\n}',
      "3:11: a comma is missing; expected a comma between two entries",
    ],
  ])("%s", (_claim, text, problem) => {
    const [first] = problems(text);
    expect(first).toBe(problem);
  });

  it("whatever the line ends in", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      expect(problemsOfFile(`seed: 1${end}name: a${end}sed: 1${end}${data}`)).toEqual([
        "3:1: unknown key sed; did you mean seed?",
      ]);
    }
  });
});

describe("a file", () => {
  it("may start with a byte order mark", () => {
    expect(problemsOfFile(`\uFEFF${data}`)).toEqual([]);
  });

  it("may hold the sign that stands for what is no text, and a mark within", () => {
    expect(problemsOfFile("data: { path: a\uFFFD.csv, target: \uFEFFy }\nsed: 1\n")).toEqual([
      "2:1: unknown key sed; did you mean seed?",
    ]);
  });

  it("may have 512 kB", () => {
    expect(problemsOfFile(`${data}${"#".repeat(512 * 1024 - data.length)}`)).toEqual([]);
  });

  it.each<[claim: string, content: Uint8Array, problem: string]>([
    [
      "in Latin-1",
      Buffer.from("seed: 1\nname: Zo\xeb\n", "latin1"),
      "2:9: bytes that are not UTF-8; expected a text file in UTF-8",
    ],
    ["in UTF-16", Buffer.from("\uFEFFseed: 1", "utf16le"), "encoded as UTF-16; expected UTF-8"],
    ["with a byte 0", Buffer.from("seed: 1\n\0"), "2:1: a byte 0; expected a text file in UTF-8"],
    [
      "too large",
      Buffer.alloc(600_000, "#"),
      "larger than 512 kB; expected a spec: is this a data or model file?",
    ],
  ])("%s is refused", (_claim, content, problem) => {
    expect(problemsOfFile(content)).toEqual([problem]);
  });

  it("that is not there or a directory is an I/O problem", () => {
    const directory = scratch();
    mkdirSync(join(directory, "spec.yaml"));
    for (const file of [join(directory, "none.yaml"), join(directory, "spec.yaml")]) {
      expect(() => loadSpec(file)).toThrow(
        expect.objectContaining({
          exitCode: exitCodes.io,
          message: expect.stringContaining(`${file}: cannot read: `),
        }),
      );
    }
  });

  it("without end is not read to its end", () => {
    expect(() => loadSpec("/dev/zero")).toThrow(expect.objectContaining({ exitCode: exitCodes.usage }));
  });
});

it("allows what YAML has for plain data", () => {
  const text = "%YAML 1.2\n---\ndata: &d\n  path: !!str a.csv\n  target: >-\n    y\n? seed\n: 0x10\n...\n";
  expect(load(text).spec).toMatchObject({ seed: 16, data: { target: ["y"] } });
});

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "nnt-config-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function problemsOfFile(content: string | Uint8Array): string[] {
  const file = join(scratch(), "spec.yaml");
  writeFileSync(file, content);
  try {
    loadSpec(file);
  } catch (error) {
    if (error instanceof UserError && error.exitCode === exitCodes.usage) {
      return error.message.split("\n").map((line) => line.replace(/^.*?spec\.yaml:\s?/, ""));
    }
    throw error;
  }
  return [];
}
