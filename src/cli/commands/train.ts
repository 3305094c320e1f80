/** `nnt train`: a spec in, a run's directory out; events to the terminal on the way. */
import { join } from "node:path";
import { type LoadedSpec, loadSpec } from "../../config/load.ts";
import type { DataSpec } from "../../config/schema.ts";
import { rebaseSpec, stringifySpec } from "../../config/stringify.ts";
import { RunDigest } from "../../report/github.ts";
import { liveProgress } from "../../report/liveView.ts";
import { lineProgress, type Progress, quietProgress } from "../../report/progress.ts";
import { wantsRedrawing } from "../../report/style.ts";
import { drawSummary } from "../../report/summary.ts";
import type { Problem } from "../../support/errors.ts";
import { type EndEvent, isSignal, type Listener } from "../../train/events.ts";
import { train as run, type TrainOptions } from "../../train/run.ts";
import type { Action } from "../actions.ts";
import type { OptionsOf } from "../commands.ts";
import { eventWriter } from "../eventWriter.ts";
import { annotate, summarize } from "../github.ts";
import { kernelsChoice } from "../kernels.ts";
import { type Context, signalExitCodes } from "../main.ts";

type Options = OptionsOf<"train">;

export const train: Action<"train"> = async (context, file, options) => {
  const signal = context.interruption();
  const spec = loadSpec(file, { set: options.set, overrides: overridesOf(options) });
  const progress = await progressOn(context, options);
  const events = eventWriter(context.out);
  const digest = new RunDigest();
  const warnings: Problem[] = [];
  const ends: EndEvent[] = [];
  const listen: Listener = (event) => {
    progress.listen(event);
    if (options.json) events.listen(event);
    digest.listen(event);
    if (event.event === "warning") warnings.push({ message: event.message });
    if (event.event === "end") ends.push(event);
  };
  try {
    await run(
      {
        spec,
        signal,
        out: options.out,
        mode: options.resume ? "resume" : options.overwrite ? "overwrite" : "fresh",
        ...kernelsChoice(options, context.env),
        maxSeconds: options.maxTime,
        pauseAt: options.pauseAt,
        load: { strict: options.strict, profile: true },
        renderSpec: (resolved, directory) =>
          stringifySpec(rebaseSpec(resolved, spec.baseDirectory, directory)),
        ...(await followers(spec)),
        renderReport: async (data) => (await import("../../report/page/page.ts")).renderPage(data),
        version: context.version,
      },
      listen,
    );
  } finally {
    progress.stop();
    await events.written();
    await annotate(context.err, "warning", warnings);
  }
  await summarize(context.err, () => digest.markdown());
  const end = ends.at(-1);
  if (end?.reason === "SIGHUP") return signalExitCodes.SIGHUP; // nobody is there to be told more
  if (end && !options.json && !options.quiet) {
    await printSummary(context, spec.spec.data.format, end);
  }
  events.throwIfFailed();
  return end && isSignal(end.reason) ? signalExitCodes[end.reason] : 0;
};

/** Trackers, loaded only for who wants them. */
async function followers({
  spec: { track },
  baseDirectory,
}: LoadedSpec): Promise<Pick<TrainOptions, "follow">> {
  if (track === null) return {};
  const { trackersOf } = await import("../../track/trackers.ts");
  return { follow: (directory, spec) => trackersOf({ directory, spec, baseDirectory, now: Date.now }) };
}

/** The options that stand for one value of the spec. */
function overridesOf({ seed, epochs }: Options) {
  return [
    ...(seed === null ? [] : [{ option: "--seed", path: "seed", value: seed }]),
    ...(epochs === null ? [] : [{ option: "--epochs", path: "train.epochs", value: epochs }]),
  ];
}

/** Bars where they can be redrawn and nothing else is written to the same terminal. */
async function progressOn({ out, err, env }: Context, { quiet, json }: Options): Promise<Progress> {
  const style = await err.style();
  const eventsAreShown = json && out.isTerminal;
  if (quiet || eventsAreShown) return quietProgress(err.stream, style);
  return wantsRedrawing(err.isTerminal, env)
    ? liveProgress(err.stream, style)
    : lineProgress(err.stream, style);
}

async function printSummary({ out }: Context, format: DataSpec["format"], end: EndEvent): Promise<void> {
  const model = join(end.directory, "best.ckpt");
  const isDone = ["epochs", "max_steps", "early_stopping", "target"].includes(end.reason);
  const next = [
    ...(isDone ? [] : [`nnt train ${join(end.directory, "spec.yaml")} --out ${end.directory} --resume`]),
    `nnt eval ${model}`,
    format === "csv" ? `nnt predict ${model} < rows.csv` : `nnt predict ${model} --images FILE`,
  ];
  const lines = drawSummary({ end, model, next }, await out.style(), out.columns);
  await out.line(lines.join("\n"));
}
