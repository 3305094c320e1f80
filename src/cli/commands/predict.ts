/** `nnt predict`: rows from stdin or a file, answers to stdout or a file, as they come. */
import { notice } from "../../report/progress.ts";
import { counted } from "../../report/text.ts";
import { predict as predictRows } from "../../train/predict.ts";
import type { Action } from "../actions.ts";
import { type StopSignal, signalExitCodes } from "../main.ts";
import { fileSink, outputSink } from "../sink.ts";
import { rowBytes } from "../source.ts";

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
    const request = { ...options, model, input: rows, images, from, to };
    const done = await predictRows(request, write);
    sink.commit();
    if (done.failed > 0) {
      const message = `${counted(done.failed, "bad row")}, ${outcomes[options.onError ?? "fail"]}`;
      await context.err.line(notice("warning", message, await context.err.style()));
    }
    return 0;
  } catch (error) {
    sink.discard();
    if (interruption.aborted) return signalExitCodes[interruption.reason as StopSignal];
    throw error;
  }
};

/** What `--on-error` did with bad rows. */
const outcomes = {
  fail: "not predicted",
  skip: "left out",
  record: "with an error in place of a prediction",
} as const;

/** The format that a file's name promises. */
function formatOf(file: string | null): "csv" | "jsonl" | null {
  if (file === null) return null;
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(file) ? "jsonl" : "csv";
}
