/** `nnt compare`: where runs differ, in what was asked for and in what came of it. */
import type { Comparison } from "../../report/comparison.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { atomicWrite } from "../../support/files.ts";
import { defineCommand } from "../command.ts";
import { summarize, warn } from "../notices.ts";
import { computing, debug, json, kernelsChoice } from "../options.ts";
import { text } from "../values.ts";

export const command = defineCommand({
  argument: { name: "DIR", help: "the directories of two or more runs", many: true },
  options: {
    html: {
      value: text("FILE"),
      help: "write a page with curves and intervals instead",
      conflicts: ["json"],
    },
    json,
    ...computing,
    debug,
  },
  examples: [
    [
      "nnt compare runs/digits runs/digits-2",
      "differences side by side, and which of them are more than chance",
    ],
    ["nnt compare runs/* --html compare.html", "the same as a page"],
  ],
  async run({ out, err, env }, _first, options, directories) {
    if (directories.length < 2)
      throw new UserError(exitCodes.usage, {
        message: "there is nothing to compare a single run with",
        expected: "the directories of two or more runs",
      });
    const { damages, readRun } = await import("../../run/storedRuns.ts");
    const { pairRuns } = await import("../../evaluate/pairRuns.ts");
    const { compareRuns } = await import("../../report/comparison.ts");
    const runs = directories.map(readRun);
    await warn(err, damages(runs));
    const warnings: string[] = [];
    const paired = await pairRuns(directories, kernelsChoice(options, env), (text) => warnings.push(text));
    await warn(err, warnings);
    const comparison = compareRuns(runs, paired);
    const { comparisonMarkdown } = await import("../../report/comparisonMarkdown.ts");
    await summarize(err, () => comparisonMarkdown(comparison));
    if (options.html !== null) {
      const { renderComparison } = await import("../../report/page/comparePage.ts");
      atomicWrite(options.html, [renderComparison(comparison)]);
      await out.line(options.html);
    } else if (options.json) await out.json(asJson(comparison));
    else {
      const { drawComparison } = await import("../../report/comparisonTables.ts");
      await out.lines(drawComparison(comparison, await out.style(), out.columns, out.isTerminal));
    }
    return 0;
  },
});

/** Rows as objects by key; curves are in the runs' own files. */
function asJson({ runs, spec, metrics, other, paired }: Comparison): object {
  const named = Object.entries({ spec, metrics, other }).map(([name, rows]) => [
    name,
    Object.fromEntries(rows),
  ]);
  const pairing = typeof paired === "string" ? { paired: null, unpaired: paired } : { paired };
  return { runs, ...Object.fromEntries(named), ...pairing };
}
