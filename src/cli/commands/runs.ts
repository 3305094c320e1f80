/** `nnt runs`: the runs of a folder as a table or as JSON Lines, filtered and in order. */
import { isUp } from "../../metrics/metrics.ts";
import { drawRuns, type RunValues } from "../../report/runsTable.ts";
import { counted } from "../../report/text.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { namesIn } from "../../support/names.ts";
import { nearest } from "../../support/nearest.ts";
import { defineCommand } from "../command.ts";
import { compareValues, condition, dotted } from "../condition.ts";
import { warn } from "../notices.ts";
import { debug } from "../options.ts";
import { names, text } from "../values.ts";

export const command = defineCommand({
  argument: { name: "FOLDER", help: "folder of runs (default: runs)", fallback: "runs" },
  options: {
    sort: { value: text("KEY"), help: "sort by this key; metrics best first, others ascending" },
    filter: {
      value: condition,
      repeat: true,
      help: "only runs for which this holds, such as 'accuracy>0.97' or 'optimizer.name==adam' (repeatable)",
    },
    show: {
      value: names("KEYS"),
      help: "more columns, separated by commas: optimizer.lr,seed (--json prints every key)",
    },
    json: { help: "print JSON Lines, one object per run" },
    debug,
  },
  examples: [
    ["nnt runs", "every run in runs/"],
    ["nnt runs --sort accuracy --filter 'accuracy>0.9'", "best first"],
    ["nnt runs sweeps/a/trials --show optimizer.lr", "with a value of the spec"],
  ],
  async run({ out, err }, folder, { filter, json, ...options }) {
    const { damages, runsIn, valuesOfRun } = await import("../../run/storedRuns.ts");
    const found = runsIn(folder);
    const all = found.map(valuesOfRun);
    await warn(err, damages(found));
    const sort = options.sort === null ? null : dotted(options.sort);
    const asked = [...namesIn(options.show ?? "").map(dotted), ...(sort === null ? [] : [sort])];
    checkKeys(all, [...filter.map(({ key }) => key), ...asked]);
    const chosen = all.filter((run) => filter.every(({ key, holds }) => holds(run[key])));
    if (sort !== null) chosen.sort(orderBy(sort));
    if (json) for (const run of chosen) await out.json(run);
    else if (chosen.length > 0) {
      const width = out.isTerminal ? out.columns : Number.POSITIVE_INFINITY;
      const { dim } = await out.style();
      await out.lines(drawRuns(chosen, asked, { width, title: dim }));
    } else if (all.length > 0)
      await out.line(`none of the ${counted(all.length, "run")} in ${folder} matches`);
    else await out.line(`no runs in ${folder}`);
    return 0;
  },
});

/** Metrics best first, other keys ascending; runs without the key last. */
function orderBy(key: string): (a: RunValues, b: RunValues) => number {
  const isAbsent = (run: RunValues) => Number(run[key] === undefined || run[key] === null);
  return (a, b) => isAbsent(a) - isAbsent(b) || (isUp(key) ? -1 : 1) * compareValues(a[key], b[key]);
}

/** A key that no run has is a typing error. */
function checkKeys(runs: readonly RunValues[], keys: readonly string[]): void {
  const known = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  const wrong = runs.length > 0 ? keys.filter((key) => !known.includes(key)) : [];
  if (wrong.length === 0) return;
  throw new UserError(
    exitCodes.usage,
    wrong.map((key) => {
      const guess = nearest(key, known);
      const hint = guess ? `did you mean ${guess}?` : "--json lists every key";
      return { message: `no run has the key "${key}"`, hint };
    }),
  );
}
