/** `nnt train`: a spec in, a run's directory out; events to the terminal on the way. */
import { join } from "node:path";
import { type LoadedSpec, loadSpec } from "../../config/load.ts";
import type { DataSpec } from "../../config/schema.ts";
import { rebaseSpec, stringifySpec } from "../../config/stringify.ts";
import { RunDigest } from "../../report/github.ts";
import { liveProgress } from "../../report/liveView.ts";
import { lineProgress, type Progress, quietProgress } from "../../report/progress.ts";
import { wantsRedrawing } from "../../report/style.ts";
import { drawSeeds, drawSummary } from "../../report/summary.ts";
import type { TrainOptions } from "../../run/options.ts";
import { type SeedsEnd, trainSeeds } from "../../run/seeds.ts";
import { train as run } from "../../run/train.ts";
import type { Problem } from "../../support/errors.ts";
import { type EndEvent, isSignal, type Listener } from "../../train/events.ts";
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
  let seedsEnd: SeedsEnd | null = null;
  try {
    const request: TrainOptions = {
      spec,
      signal,
      out: options.out,
      mode: options.resume ? "resume" : options.overwrite ? "overwrite" : "fresh",
      ...kernelsChoice(options, context.env),
      maxSeconds: options.maxTime,
      pauseAt: options.pauseAt,
      load: { strict: options.strict, profile: true },
      renderSpec: (resolved, directory) => stringifySpec(rebaseSpec(resolved, spec.baseDirectory, directory)),
      ...(await followers(spec)),
      renderReport: async (data) => (await import("../../report/page/page.ts")).renderPage(data),
      version: context.version,
    };
    if (options.seeds === null) await run(request, listen);
    else seedsEnd = await trainSeeds(request, options.seeds, listen);
  } finally {
    progress.stop();
    await events.written();
    await annotate(context.err, "warning", warnings);
  }
  await summarize(context.err, () => digest.markdown());
  const end = ends.at(-1);
  if (end?.reason === "SIGHUP") return signalExitCodes.SIGHUP; // nobody is there to be told more
  const { format } = spec.spec.data;
  if (seedsEnd && options.json) await context.out.line(JSON.stringify(seedsEnd));
  else if (!options.json && !options.quiet) {
    if (seedsEnd) await printSeeds(context, format, seedsEnd);
    else if (end) await printSummary(context, format, end);
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

async function printSeeds({ out }: Context, format: DataSpec["format"], end: SeedsEnd): Promise<void> {
  const { model, directory, seeds } = end;
  const resume = `nnt train ${join(directory, `seed-${seeds[0]}`, "spec.yaml")} --seeds ${seeds.length}`;
  const next = model ? commandsFor(model, format) : [`${resume} --out ${directory} --resume`];
  await out.line(drawSeeds(end, next, await out.style(), out.columns).join("\n"));
}

async function printSummary({ out }: Context, format: DataSpec["format"], end: EndEvent): Promise<void> {
  const model = join(end.directory, "best.ckpt");
  const isDone = ["epochs", "max_steps", "early_stopping", "target"].includes(end.reason);
  const next = [
    ...(isDone ? [] : [`nnt train ${join(end.directory, "spec.yaml")} --out ${end.directory} --resume`]),
    ...commandsFor(model, format),
  ];
  const lines = drawSummary({ end, model, next }, await out.style(), out.columns);
  await out.line(lines.join("\n"));
}

/** Command lines to try a model with. */
function commandsFor(model: string, format: DataSpec["format"]): string[] {
  const predict = `nnt predict ${model}`;
  return [`nnt eval ${model}`, format === "csv" ? `${predict} < rows.csv` : `${predict} --images FILE`];
}
