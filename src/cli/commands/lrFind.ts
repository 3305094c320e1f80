/** `nnt lr-find`: the loss over rising learning rates, and the rate to start with. */
import { table } from "../../report/table.ts";
import { figure } from "../../report/text.ts";
import type { LrFindResult } from "../../run/lrFind.ts";
import { defineCommand } from "../command.ts";
import { warnings } from "../notices.ts";
import { computing, debug, json, kernelsChoice, set } from "../options.ts";
import { integer, positive } from "../values.ts";

const defaults = { from: 1e-6, to: 10, steps: 200 };

export const command = defineCommand({
  argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
  options: {
    set,
    from: { value: positive("RATE"), help: "lowest rate (default: 1e-6)" },
    to: { value: positive("RATE"), help: "highest rate (default: 10)" },
    steps: { value: integer("N", 10), help: "number of updates (default: 200)" },
    ...computing,
    json,
    debug,
  },
  examples: [
    ["nnt lr-find configs/digits.yaml", "a curve and a suggestion"],
    ["nnt lr-find spec.yaml --json | jq .suggestion", "for scripts"],
  ],
  async run({ out, err, env, version }, file, options) {
    const { loadSpec } = await import("../../config/load.ts");
    const { findLearningRate } = await import("../../run/lrFind.ts");
    const { set, from, to, steps, json } = options;
    const spec = loadSpec(file, { set });
    const noticed = warnings(err);
    const range = { from: from ?? defaults.from, to: to ?? defaults.to, steps: steps ?? defaults.steps };
    const request = { spec, version, ...kernelsChoice(options, env), ...range };
    const result = await findLearningRate(request, noticed.listen);
    await noticed.told();
    if (json) await out.json(result);
    else await out.lines(draw(result, out.columns));
    return 0;
  },
});

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
      : `suggestion: optimizer.lr ${Number(suggestion.toPrecision(2))} (where the loss falls fastest; it is lowest at ${Number(minimum.toPrecision(2))})`;
  return [...table(columns, lines, { width }), "", verdict];
}
