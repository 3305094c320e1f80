/** `nnt verify`: whether a model file, or all files of a run, are whole. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { printable } from "../../report/style.ts";
import { table } from "../../report/table.ts";
import { type Verified, verifyModel, verifyRun } from "../../run/verify.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import type { Action } from "../actions.ts";

export const verify: Action<"verify"> = async ({ out }, path, { json }) => {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const results = isDirectory ? verifyRun(path) : [verifyModel(path)];
  if (json) await out.line(JSON.stringify(plain(path, results)));
  else await out.line(draw(results, out.columns).join("\n"));
  const problems = results.flatMap((result) => result.problems);
  if (problems.length > 0) throw new UserError(exitCodes.model, problems);
  return 0;
};

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
