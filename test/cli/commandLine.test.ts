/** The command line before any command runs: help, versions, wrong words. */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { flagOf } from "../../src/cli/command.ts";
import { run } from "./host.ts";
import { loadCommands } from "./program.ts";

const rows = await loadCommands();

describe("help", () => {
  test.each(rows)(
    "of %s names every option, and shows examples",
    async (name, { options, summary, examples }) => {
      const { code, out, err } = await run([name, "--help"]);
      expect([code, err]).toEqual([0, ""]);
      expect(out.toLowerCase()).toContain(summary.toLowerCase());
      for (const key of Object.keys(options)) expect(out).toContain(flagOf(key));
      for (const [line] of examples) expect(out).toContain(line);
    },
  );

  test("names every command", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    for (const [name, { summary }] of rows)
      expect(out).toMatch(new RegExp(`^ {2}${name}\\b.*${summary}`, "m"));
  });

  test("is what no arguments print", async () => {
    expect(await run([])).toEqual(await run(["--help"]));
  });

  test("comes by `help COMMAND` too", async () => {
    expect(await run(["help", "train"])).toEqual(await run(["train", "--help"]));
  });

  test("is plain in a pipe and bold on a terminal that wants it", async () => {
    const bold = "\u001b[1m";
    const terminal = { isTTY: true, columns: 80 };
    expect((await run(["--help"])).out).not.toContain("\u001b");
    expect((await run(["--help"], { terminal })).out).toContain(bold);
    expect((await run(["--help"], { terminal, env: { NO_COLOR: "1" } })).out).not.toContain(bold);
    expect((await run(["--help"], { env: { FORCE_COLOR: "1" } })).out).toContain(bold);
  });

  test("keeps to the width of the terminal", async () => {
    const { out } = await run(["predict", "--help"], {
      terminal: { isTTY: true, columns: 60 },
      env: { NO_COLOR: "1" },
    });
    const options = out.slice(0, out.indexOf("Examples:")).split("\n");
    expect(Math.max(...options.map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

test("--version prints the version and nothing else", async () => {
  expect(await run(["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
});

describe("a wrong command line exits with 2 and says what is wrong:", () => {
  test.each([
    [["trian", "x"], 'unknown command "trian"', "did you mean train?"],
    [["bogus", "--help"], 'unknown command "bogus"', "see nnt --help"],
    [["--bogus"], 'unknown option "--bogus"', "see nnt --help"],
    [["train", "x", "--sed", "1"], 'unknown option "--sed"', "did you mean --seed"],
    [["train"], 'missing required argument "SPEC"', "see nnt train --help"],
    [["train", "x", "y"], "too many arguments", "see nnt train --help"],
    [["train", "x", "--seed"], "argument missing", "see nnt train --help"],
    [["train", "x", "--seed", "-1"], '--seed: wrong value "-1"; expected a whole number of at least 0', ""],
    [
      ["train", "x", "--epochs", "1.5"],
      '--epochs: wrong value "1.5"; expected a whole number of at least 1',
      "",
    ],
    [
      ["train", "x", "--threads", "0"],
      '--threads: wrong value "0"; expected a whole number of at least 1',
      "",
    ],
    [
      ["train", "x", "--kernels", "wsm"],
      "expected one of auto, cuda, native, wasm, reference",
      'did you mean "wasm"?',
    ],
    [["train", "x", "--max-time", "10"], "expected a time such as 90s, 10m or 1h30m", ""],
    [["train", "x", "--max-time", ""], "expected a time", ""],
    [["train", "x", "--set", "epochs"], "expected path=value", ""],
    [["train", "x", "--out", ""], '--out: wrong value ""', ""],
    [
      ["train", "x", "--overwrite", "--resume"],
      "--overwrite and --resume cannot be used together",
      "give only one of them",
    ],
    [["eval", "x", "--split", "tets"], '--split: wrong value "tets"', 'did you mean "test"?'],
    [["eval", "x", "--split", "test", "--data", "f"], "--split and --data cannot be used together", ""],
    [["eval", "x", "--images", "f"], "--images needs --labels", ""],
    [["eval", "x", "--fail-if", "accuracy"], '--fail-if: wrong value "accuracy"', "quote it"],
    [["predict", "x", "--images", "f", "--input", "g"], "--input and --images cannot be used together", ""],
    [["predict", "x", "--images", "f", "--on-error", "skip"], "cannot be used together", ""],
    [["explain", "x", "--rows", "0", "--threads", "2"], "--threads and --rows cannot be used together", ""],
    [["explain", "x", "--rows", "0", "--kernels", "wasm"], "cannot be used together", ""],
    [["report", "x", "--serve", "--kernels", "wasm"], "--kernels and --serve cannot be used together", ""],
    [["init", "data/digits", "--template", "image", "--target", "y"], "images have no columns", ""],
    [["data", "mnits"], 'wrong NAME "mnits"; expected one of mnist', "did you mean mnist?"],
    [["predict", "x", "--top-k", "0"], "expected a whole number of at least 1", ""],
    [["predict", "x", "--keep", "a,,b"], "expected names separated by commas", ""],
    [["predict", "x", "--from", "xml"], "expected one of csv, tsv, jsonl", ""],
  ])("%j", async (argv, message, hint) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^nnt: /);
    expect(err).toContain(message);
    expect(err).toContain(hint);
  });

  test("in colour with the same words", async () => {
    const argv = ["train", "x", "--kernels", "wsm"];
    const coloured = await run(argv, { env: { FORCE_COLOR: "1" } });
    expect(coloured.err).toContain("\u001b[31mnnt:\u001b[39m --kernels");
    expect(stripVTControlCharacters(coloured.err)).toBe((await run(argv)).err);
  });

  test("and all of what is wrong at once", async () => {
    const { err } = await run(["train", "x", "--seed", "a", "--kernels", "b", "--overwrite", "--resume"]);
    expect(err.match(/^nnt: /gm)).toHaveLength(3);
  });
});
