/** `nnt compare`: where runs differ, in what was asked for and in what came of it. */
import { isDeepStrictEqual } from "node:util";
import { betterOf, isMetric } from "../../metrics/metrics.ts";
import { table } from "../../report/table.ts";
import { figure } from "../../report/text.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { flat, readRun, type StoredRun } from "../../train/runs.ts";
import type { Action } from "../actions.ts";

/** One key's value in every run, in their order; undefined where a run has none. */
type Row = readonly [key: string, values: readonly unknown[]];

export const compare: Action<"compare"> = async ({ out }, _first, { json }, directories = []) => {
  if (directories.length < 2)
    throw new UserError(exitCodes.usage, {
      message: "one run alone has nothing to be compared with",
      expected: "the directories of two or more",
    });
  const runs = directories.map(readRun);
  const spec = differences(runs.map(({ spec }) => flat(spec ?? {})));
  const metrics = rowsOf(runs.map((run) => flat(figuresOf(run))));
  const other = rowsOf(runs.map(factsOf)).filter(([, values]) => !areEqual(values));
  if (json) {
    const objects = { spec, metrics, other };
    const named = Object.entries(objects).map(([name, rows]) => [name, Object.fromEntries(rows)]);
    await out.line(JSON.stringify({ runs: directories, ...Object.fromEntries(named) }));
    return 0;
  }
  const style = await out.style();
  const draw = (title: string, rows: readonly Row[], show: (row: Row) => string[]) => {
    const columns = [
      { title, least: 12 },
      ...directories.map((name) => ({ title: name, align: "right" as const, least: 8 })),
    ];
    const lines = rows.map((row) => [row[0], ...show(row)]);
    return rows.length > 0 ? table(columns, lines, { width: out.columns, title: style.dim }) : [];
  };
  const sections = [
    spec.length > 0 ? draw("spec", spec, ([, values]) => values.map(text)) : ["The specs are the same."],
    draw("figures", metrics, marked),
    draw("other", other, ([, values]) => values.map(text)),
  ];
  const lines = sections.filter((section) => section.length > 0).flatMap((section) => [...section, ""]);
  await out.line(lines.slice(0, -1).join("\n"));
  return 0;
};

/** Of a run that is not finished, those of its last epoch. */
function figuresOf({ summary, epochs }: StoredRun): object {
  if (summary) return summary.metrics;
  const { train, validation } = epochs.at(-1) ?? {};
  return { ...(train && { train }), ...(validation && { validation }) };
}

function factsOf({ summary, epochs }: StoredRun): Record<string, unknown> {
  if (!summary) return { epochs: epochs.length, reason: "unfinished" };
  const { reason, best_epoch, parameters, seconds, weights_sha256 } = summary;
  const rounded = Number(seconds.toPrecision(3));
  const kernels = summary.kernels.description;
  const facts = { epochs: summary.epochs, best_epoch, reason, parameters, seconds: rounded, kernels };
  return { ...facts, weights: weights_sha256.slice(0, 12) };
}

function rowsOf(runs: readonly Record<string, unknown>[]): Row[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  return keys.map((key) => [key, runs.map((run) => run[key])]);
}

function differences(runs: readonly Record<string, unknown>[]): Row[] {
  return rowsOf(runs).filter(([, values]) => !areEqual(values));
}

function areEqual(values: readonly unknown[]): boolean {
  return values.every((value) => isDeepStrictEqual(value, values[0]));
}

/** A figure of every run, with a star at the best where there is one. */
function marked([key, values]: Row): string[] {
  const name = key.split(".").at(-1)!;
  const isUp = isMetric(name) && betterOf(name) === "higher";
  const numbers = values.filter((value) => typeof value === "number");
  const best = isUp ? Math.max(...numbers) : Math.min(...numbers);
  const isTie = areEqual(values);
  return values.map((value) => {
    if (typeof value !== "number") return "";
    return value === best && !isTie ? `* ${figure(value)}` : figure(value);
  });
}

function text(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
