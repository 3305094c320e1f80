/** `nnt lr-find`: the loss over rising learning rates, and the rate to begin with. */
import { loadSpec } from "../../config/load.ts";
import { table } from "../../report/table.ts";
import { figure } from "../../report/text.ts";
import { findLearningRate, type LrFindResult } from "../../run/lrFind.ts";
import type { Action } from "../actions.ts";
import { warnings } from "../warn.ts";

const defaults = { from: 1e-6, to: 10, steps: 200 };

export const lrFind: Action<"lr-find"> = async ({ out, err, version }, file, options) => {
  const { set, from, to, steps, threads, kernels, json } = options;
  const spec = loadSpec(file, { set });
  const noticed = warnings(err);
  const range = { from: from ?? defaults.from, to: to ?? defaults.to, steps: steps ?? defaults.steps };
  const result = await findLearningRate(
    { spec, version, threads, kernels: kernels ?? "auto", ...range },
    noticed.listen,
  );
  await noticed.told();
  if (json) await out.line(JSON.stringify(result));
  else await out.line(draw(result, out.columns).join("\n"));
  return 0;
};

/** Lines of the curve. */
const mostLines = 24;

function draw({ curve, suggestion, minimum }: LrFindResult, width: number): string[] {
  const every = Math.max(1, Math.ceil(curve.length / mostLines));
  const shown = curve.filter((_, i) => i % every === 0);
  const top = Math.max(...shown.map(({ smoothed }) => smoothed));
  const room = Math.max(10, width - 24);
  const columns = [
    { title: "lr", align: "right" },
    { title: "loss", align: "right" },
    { title: "" },
  ] as const;
  const lines = shown.map(({ lr, smoothed }) => [
    lr.toExponential(1),
    figure(smoothed),
    "█".repeat(Math.round((room * smoothed) / top)),
  ]);
  const verdict =
    suggestion === null
      ? "the loss does not fall at any of these rates"
      : `suggestion: optimizer.lr ${Number(suggestion.toPrecision(2))} (steepest fall; the least loss is at ${Number(minimum.toPrecision(2))})`;
  return [...table(columns, lines, { width }), "", verdict];
}
