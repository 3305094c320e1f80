/** `nnt eval`: a model's metrics, and the gates they must pass. */

import { evaluationMarkdown } from "../../report/digest.ts";
import { drawEvaluation } from "../../report/evaluation.ts";
import { exitCodes, UserError } from "../../support/errors.ts";
import { defineCommand } from "../command.ts";
import { threadsFor } from "../company.ts";
import { driftFigures, failedGates, gate, worseThan } from "../gates.ts";
import { summarize, warn } from "../notices.ts";
import { computing, debug, json, kernelsChoice, labelledRows, strict } from "../options.ts";
import { text, tolerance } from "../values.ts";

export const command = defineCommand({
  argument: { name: "MODEL", second: "data", help: "a model file (.ckpt)" },
  options: {
    ...labelledRows,
    slice: {
      value: text("COLUMN"),
      help: "also measure the rows of each value of this column separately",
    },
    failIf: {
      value: gate,
      repeat: true,
      help: "exit with 7 if this holds, such as 'accuracy<0.97', or with --data 'drift.age>0.2' (repeatable)",
    },
    baseline: {
      value: text("FILE"),
      help: "exit with 7 if a metric is worse than in this summary.json or eval --json output",
    },
    tolerance: {
      value: tolerance,
      help: "how much worse it may be: 0.01, or 2% of the baseline's value (default: 0)",
      needs: "baseline",
    },
    ...computing,
    strict,
    json,
    debug,
  },
  isShared: true,
  examples: [
    ["nnt eval runs/digits/best.ckpt", "metrics on the test rows"],
    ["nnt eval best.ckpt --data new.csv --json", "on other rows, for scripts"],
    ["nnt eval best.ckpt --slice region", "where it does better, and where worse"],
    ["nnt eval best.ckpt --fail-if 'accuracy<0.97'", "a gate for CI: exits with 7 if it holds"],
    ["nnt eval best.ckpt --data new.csv --fail-if 'drift>0.2'", "or where columns have drifted"],
    ["nnt eval best.ckpt --baseline old/summary.json --tolerance 0.01", "or if it is worse than before"],
  ],
  async run({ out, err, env, company }, model, options) {
    const peers = await company.join();
    const { evaluate } = await import("../../evaluate/evaluate.ts");
    const { split, data, images, labels, slice, failIf } = options;
    const choice = { ...kernelsChoice(options, env), threads: threadsFor(peers, options.threads) };
    const request = { model, split, data, images, labels, slice, peers, strict: options.strict };
    const { warnings, ...result } = await evaluate({ ...request, ...choice });
    company.part();
    if (peers.rank > 0) return 0;
    await warn(err, result.drift === null ? [...warnings, noProfile] : warnings);
    const worse = options.baseline === null ? [] : worseThan(options.baseline, options.tolerance, result);
    const figures = { ...result.metrics, ...driftFigures(result.drift) };
    const failed = failedGates(failIf, figures);
    if (options.json) await out.json(result);
    else await out.lines(drawEvaluation(result, await out.style(), out.columns));
    const problems = [
      ...failed.map(({ metric, comparison, bound }) => ({
        file: model,
        message: `${metric} is ${figures[metric]}: --fail-if '${metric}${comparison}${bound}' is met`,
      })),
      ...worse,
    ];
    const missed = problems.map(({ message }) => message);
    await summarize(err, () => evaluationMarkdown(result, missed));
    if (problems.length > 0) throw new UserError(exitCodes.gate, problems);
    return 0;
  },
});

const noProfile =
  "the model has no profile of its training columns, as those of earlier versions: drift is not told";
