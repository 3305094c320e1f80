/** `nnt verify`: checks that a model file, or every file of a run, is intact. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { table } from "../../report/table.ts";
import { printable } from "../../report/terminal.ts";
import type { Verified } from "../../run/verify.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { defineCommand } from "../command.ts";
import { debug, json } from "../options.ts";

export const command = defineCommand({
  argument: { name: "FILE|DIR", help: "a model file (.ckpt) or a run's directory" },
  options: { json, debug },
  examples: [
    ["nnt verify runs/digits/best.ckpt", "exits with 4 if a single bit of it has changed"],
    ["nnt verify runs/digits", "models, metrics.jsonl and summary.json"],
  ],
  async run({ out }, path, { json }) {
    const { verifyModel, verifyRun } = await import("../../run/verify.ts");
    const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const results = isDirectory ? verifyRun(path) : [verifyModel(path)];
    if (json) await out.json(plain(path, results));
    else await out.lines(draw(results, out.columns));
    const problems = results.flatMap((result) => result.problems);
    if (problems.length > 0) throw new UserError(exitCodes.model, problems);
    return 0;
  },
});

function plain(path: string, results: readonly Verified[]) {
  const files = results.map(({ file, problems }) => ({
    file,
    ok: problems.length === 0,
    problems: problems.map(({ message }) => message),
  }));
  return { path, ok: files.every(({ ok }) => ok), files };
}

function draw(results: readonly Verified[], width: number): string[] {
  const rows = results.map(({ file, holds, problems }) => [
    printable(basename(file)),
    problems.length === 0 ? "ok" : "WRONG",
    problems.length === 0 ? holds : printable(problems[0]!.message),
  ]);
  return table([{ least: 10 }, {}, { least: 20 }], rows, { width });
}
