/** `nnt eval`: a model's figures, and the gates they must pass. */

import { evaluate as measure } from "../../evaluate/evaluate.ts";
import { drawEvaluation } from "../../report/evaluation.ts";
import { evaluationMarkdown } from "../../report/github.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import type { Action } from "../actions.ts";
import { worseThan } from "../baseline.ts";
import { failedGates } from "../gate.ts";
import { summarize } from "../github.ts";
import { kernelsChoice } from "../kernels.ts";
import { warn } from "../warn.ts";

export const evaluate: Action<"eval"> = async ({ out, err, env }, model, options) => {
  const { split, data, images, labels, slice, failIf } = options;
  const choice = kernelsChoice(options, env);
  const { warnings, ...result } = await measure({ model, split, data, images, labels, slice, ...choice });
  await warn(err, warnings);
  const worse = options.baseline === null ? [] : worseThan(options.baseline, options.tolerance, result);
  const failed = failedGates(failIf, result.metrics);
  if (options.json) {
    await out.line(JSON.stringify(result));
  } else {
    await out.line(drawEvaluation(result, await out.style(), out.columns).join("\n"));
  }
  const problems = [
    ...failed.map(({ metric, comparison, bound }) => ({
      file: model,
      message: `${metric} is ${result.metrics[metric]}: --fail-if '${metric}${comparison}${bound}' is met`,
    })),
    ...worse,
  ];
  const missed = problems.map(({ message }) => message);
  await summarize(err, () => evaluationMarkdown(result, missed));
  if (problems.length > 0) throw new UserError(exitCodes.gate, problems);
  return 0;
};
