/** `nnt gradcheck`: a network's gradients beside finite differences of its loss, a line per parameter. */
import { table } from "../../report/table.ts";
import { count, shape } from "../../report/text.ts";
import type { GradcheckResult } from "../../run/gradcheck.ts";
import { defineCommand } from "../command.ts";
import { warnings } from "../notices.ts";
import { debug, json, set } from "../options.ts";
import { integer } from "../values.ts";

const defaultSamples = 20;

/** Wrong gradients are nnt's own fault: the exit code is that of a bug. */
const wrongGradients = 1;

export const command = defineCommand({
  argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
  options: {
    set,
    samples: {
      value: integer("N", 1),
      help: `elements to check in each parameter (default: ${defaultSamples})`,
    },
    json,
    debug,
  },
  examples: [
    ["nnt gradcheck configs/iris.yaml", "a line per parameter; exits with 1 if one is wrong"],
    ["nnt gradcheck spec.yaml --samples 1000", "more elements of each parameter"],
  ],
  async run({ out, err, version }, file, { set, samples, json }) {
    const { loadSpec } = await import("../../config/load.ts");
    const { gradcheck } = await import("../../run/gradcheck.ts");
    const spec = loadSpec(file, { set });
    const noticed = warnings(err);
    const result = await gradcheck({ spec, version, samples: samples ?? defaultSamples }, noticed.listen);
    await noticed.told();
    if (json) await out.json(result);
    else await out.lines(draw(result, out.columns));
    return result.passed ? 0 : wrongGradients;
  },
});

function draw({ parameters, rows, passed }: GradcheckResult, width: number): string[] {
  const columns = [
    { title: "parameter", least: 10 },
    { title: "shape" },
    { title: "checked", align: "right" },
    { title: "largest gradient", align: "right" },
    { title: "largest error", align: "right" },
    { title: "" },
  ] as const;
  const lines = parameters.map(({ name, shape: sizes, checked, gradient, error, passed }) => [
    name,
    shape(sizes),
    count(checked),
    gradient.toExponential(2),
    error.toExponential(1),
    passed ? "ok" : "WRONG",
  ]);
  const verdict = passed
    ? `all gradients match finite differences of the loss (64-bit, ${count(rows)} rows, errors relative to the largest gradient)`
    : "some gradients do not match finite differences of the loss: this is a bug in nnt; please report it with the spec";
  return [...table(columns, lines, { width }), "", verdict];
}
