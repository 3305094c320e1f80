/** `nnt predict`: rows from stdin or a file, answers to stdout or a file, as they come. */

import { predict as predictRows } from "../../evaluate/predict.ts";
import { counted } from "../../report/text.ts";
import type { Action } from "../actions.ts";
import type { OptionsOf } from "../commands.ts";
import { kernelsChoice } from "../kernels.ts";
import { type StopSignal, signalExitCodes } from "../main.ts";
import { fileSink, outputSink } from "../sink.ts";
import { rowBytes } from "../source.ts";
import { warn } from "../warn.ts";

export const predict: Action<"predict"> = async (context, model, options) => {
  const { input, output, images } = options;
  const interruption = context.interruption();
  const sink = output === null ? outputSink(context.out) : fileSink(output);
  const from = options.from ?? formatOf(input) ?? "csv";
  const to = options.to ?? formatOf(output) ?? from;
  const rows = rowBytes(input, context, interruption);
  const write = async (chunk: Uint8Array | string) => {
    interruption.throwIfAborted();
    await sink.write(chunk);
  };
  try {
    const done = await predictRows(
      {
        model,
        input: rows,
        inputName: input ?? "stdin",
        images,
        from,
        to,
        proba: options.proba,
        topK: options.topK,
        interval: options.interval,
        keep: options.keep?.length === 1 && options.keep[0] === "all" ? "all" : options.keep,
        onError: options.onError,
        ...kernelsChoice(options, context.env),
      },
      write,
    );
    sink.commit();
    await warn(context.err, [...done.warnings, ...failures(done.failed, options.onError)]);
    return 0;
  } catch (error) {
    sink.discard();
    if (interruption.aborted) return signalExitCodes[interruption.reason as StopSignal];
    throw error;
  }
};

/** What `--on-error` did with bad rows, if there were any. */
function failures(failed: number, onError: OptionsOf<"predict">["onError"]): string[] {
  if (failed === 0) return [];
  const one = failed === 1;
  const recorded = `${one ? "has" : "have"} an error in place of a prediction`;
  return [
    `${counted(failed, "bad row")} ${onError === "record" ? recorded : `${one ? "is" : "are"} left out`}`,
  ];
}

/** The format that a file's name promises. */
function formatOf(file: string | null): "csv" | "jsonl" | null {
  if (file === null) return null;
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(file) ? "jsonl" : "csv";
}
