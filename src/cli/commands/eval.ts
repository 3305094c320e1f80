/** `nnt eval`: a model's figures, and the gates they must pass. */
import { drawFigures } from "../../report/summary.ts";
import { counted } from "../../report/text.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { evaluate as measure } from "../../train/evaluate.ts";
import type { Action } from "../actions.ts";
import { failedGates } from "../gate.ts";
import { kernelsChoice } from "../kernels.ts";
import { warn } from "../warn.ts";

export const evaluate: Action<"eval"> = async ({ out, err, env }, model, options) => {
  const { split, data, images, labels, failIf } = options;
  const choice = kernelsChoice(options, env);
  const { warnings, ...result } = await measure({ model, split, data, images, labels, ...choice });
  await warn(err, warnings);
  const failed = failedGates(failIf, result.metrics);
  if (options.json) {
    await out.line(JSON.stringify(result));
  } else {
    const style = await out.style();
    const title = `${model}: ${counted(result.rows, "row")}`;
    const figures = drawFigures({ [result.split]: result.metrics }, style, out.columns);
    await out.line([title, "", ...figures].join("\n"));
  }
  if (failed.length > 0) {
    const problems = failed.map(({ metric, comparison, bound }) => ({
      file: model,
      message: `${metric} is ${result.metrics[metric]}: --fail-if '${metric}${comparison}${bound}' is met`,
    }));
    throw new UserError(exitCodes.gate, problems);
  }
  return 0;
};
