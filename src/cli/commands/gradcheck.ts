/** `nnt gradcheck`: a network's gradients beside slopes of its loss, a line per parameter. */
import { loadSpec } from "../../config/load.ts";
import { table } from "../../report/table.ts";
import { count, shape } from "../../report/text.ts";
import { type GradcheckResult, gradcheck as run } from "../../run/gradcheck.ts";
import type { Action } from "../actions.ts";
import { warnings } from "../warn.ts";

const defaultSamples = 20;

/** Wrong gradients are nnt's own fault: the exit code is that of a bug. */
const wrongGradients = 1;

export const gradcheck: Action<"gradcheck"> = async ({ out, err, version }, file, { set, samples, json }) => {
  const spec = loadSpec(file, { set });
  const noticed = warnings(err);
  const result = await run({ spec, version, samples: samples ?? defaultSamples }, noticed.listen);
  await noticed.told();
  if (json) await out.line(JSON.stringify(result));
  else await out.line(draw(result, out.columns).join("\n"));
  return result.passed ? 0 : wrongGradients;
};

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
    ? `all gradients are the slopes of the loss (64 bit, ${count(rows)} rows, errors relative to the largest gradient)`
    : "some gradients are not the slopes of the loss: this is a bug in nnt, please report it with the spec";
  return [...table(columns, lines, { width }), "", verdict];
}
