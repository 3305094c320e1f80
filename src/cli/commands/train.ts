/** `nnt train`: a spec in, a run's directory out; events to the terminal on the way. */
import { join } from "node:path";
import type { LoadedSpec } from "../../config/load.ts";
import type { DataSpec } from "../../config/schema.ts";
import { RunDigest } from "../../report/digest.ts";
import { liveProgress } from "../../report/liveView.ts";
import { lineProgress, type Progress, quietProgress } from "../../report/progress.ts";
import { wantsRedrawing } from "../../report/style.ts";
import { drawSeeds, drawSummary } from "../../report/summary.ts";
import type { SeedsEnd } from "../../run/seeds.ts";
import type { TrainOptions } from "../../run/trainOptions.ts";
import type { Problem } from "../../support/errors.ts";
import type { EndEvent, Listener } from "../../train/events.ts";
import { type Context, defineCommand, type OptionRows, type OptionsOf } from "../command.ts";
import { threadsFor } from "../company.ts";
import { eventWriter } from "../eventWriter.ts";
import { efforts } from "../init/efforts.ts";
import { annotate, atStart, notesOn, summarize, warn } from "../notices.ts";
import {
  computing,
  debug,
  epochs,
  jsonEvents,
  kernelsChoice,
  maxTime,
  quiet,
  set,
  strict,
} from "../options.ts";
import { isStopSignal, signalExitCodes } from "../signals.ts";
import { choice, integer, names, text } from "../values.ts";

const options = {
  target: {
    short: "t",
    value: names("COLS"),
    help: "the argument is a table, and this its column to predict, or several: trains what nnt init would write",
  },
  effort: { value: choice("EFFORT", efforts), help: "of a table's spec, as nnt init's", needs: "target" },
  task: {
    value: choice("TASK", ["classification", "regression"]),
    help: "of a table's spec, as nnt init's",
    needs: "target",
  },
  set,
  out: {
    short: "o",
    value: text("DIR"),
    help: "directory for the run (default: runs/NAME, or the next free one)",
  },
  overwrite: { help: "replace the run in --out", conflicts: ["resume"] },
  resume: { help: "continue the run in --out" },
  from: {
    value: text("MODEL"),
    help: "go on from a model: its weights, columns, classes and scaling; what is new starts afresh",
  },
  freeze: {
    value: text("LAYER"),
    repeat: true,
    help: "leave a layer's weights as they are, such as layers.0 (repeatable)",
  },
  seed: { value: integer("N", 0), help: "seed for everything random" },
  seeds: {
    value: integer("N", 2),
    help: "train with N seeds, starting from the spec's, and save their ensemble too",
  },
  epochs,
  maxTime,
  pauseAt: { value: integer("EPOCH", 1), help: "stop after this epoch, to continue later with --resume" },
  ...computing,
  strict,
  json: jsonEvents,
  quiet,
  debug,
} as const satisfies OptionRows;

type Options = OptionsOf<typeof options>;

export const command = defineCommand({
  argument: {
    name: "SPEC",
    help: "the spec: a YAML or JSON file; or a table, with --target",
  },
  options,
  isShared: true,
  examples: [
    ["nnt train configs/digits.yaml", "trains the quick start"],
    ["nnt train houses.csv --target price", "writes the spec and trains, in one go"],
    ["nnt train spec.yaml --set optimizer.lr=0.01 --epochs 5", "overrides the spec"],
    ["nnt train spec.yaml --out runs/a --resume", "continues where runs/a stopped"],
    ["nnt train new.yaml --from runs/a/best.ckpt --freeze layers.0", "goes on with other data"],
    ["nnt train spec.yaml --seeds 5", "five runs, their mean ± deviation, and their ensemble as one model"],
    ["mpirun -n 4 nnt train spec.yaml --set train.shards=4", "in four processes (docs/clusters.md)"],
    ["nnt train spec.yaml --json | jq .validation.loss", "for scripts"],
  ],
  run: train,
});

/** Trains; what happens goes to the terminal, to stdout as JSON, and to GitHub's summary. */
export async function train(context: Context, file: string, options: Options): Promise<number> {
  const signal = context.interruption();
  const peers = await context.company.join();
  const { specFrom } = await import("../init/tableSpec.ts");
  const { spec, notes } = await specFrom(file, { ...options, overrides: overridesOf(options) });
  if (peers.rank === 0) await warn(context.err, notes);
  const progress = await progressOn(context, options);
  const events = eventWriter(context.out);
  const digest = new RunDigest();
  const warnings: Problem[] = [];
  const ends: EndEvent[] = [];
  const tell = atStart(peers.rank === 0 ? notesOn(spec) : [], progress.listen);
  const listen: Listener = (event) => {
    tell(event);
    if (options.json) events.listen(event);
    digest.listen(event);
    if (event.event === "warning") warnings.push({ message: event.message });
    if (event.event === "end") ends.push(event);
  };
  let seedsEnd: SeedsEnd | null;
  try {
    const request = { ...(await requestOf(context, spec, options, signal)), peers };
    const threads = threadsFor(peers, options.threads);
    seedsEnd = await trainOnce({ ...request, threads }, options.seeds, listen);
    context.company.part();
  } finally {
    progress.stop();
    await events.written();
    await annotate(context.err, "warning", warnings);
  }
  if (peers.rank > 0) return 0;
  await summarize(context.err, () => digest.markdown());
  const end = ends.at(-1);
  if (end?.reason === "SIGHUP") return signalExitCodes.SIGHUP; // the terminal is gone
  const { format } = spec.spec.data;
  if (seedsEnd && options.json) await context.out.json(seedsEnd);
  else if (!options.json && !options.quiet) {
    if (seedsEnd) await printSeeds(context, format, seedsEnd);
    else if (end) await printSummary(context, format, end);
  }
  events.throwIfFailed();
  return end && isStopSignal(end.reason) ? signalExitCodes[end.reason] : 0;
}

/** With one seed the run's own end event says all. */
async function trainOnce(
  request: TrainOptions,
  seeds: number | null,
  listen: Listener,
): Promise<SeedsEnd | null> {
  if (seeds !== null) {
    const { trainSeeds } = await import("../../run/seeds.ts");
    return trainSeeds(request, seeds, listen);
  }
  const { train } = await import("../../run/train.ts");
  await train(request, listen);
  return null;
}

async function requestOf(
  { env, version }: Context,
  spec: LoadedSpec,
  options: Options,
  signal: AbortSignal,
): Promise<TrainOptions> {
  const { requestFor } = await import("../../api/request.ts");
  return {
    ...(await requestFor(spec)),
    signal,
    out: options.out,
    mode: options.resume ? "resume" : options.overwrite ? "overwrite" : "fresh",
    ...kernelsChoice(options, env),
    maxSeconds: options.maxTime,
    pauseAt: options.pauseAt,
    load: { strict: options.strict, profile: true },
    version,
  };
}

/** The options that stand for one value of the spec. */
function overridesOf({ seed, epochs, from, freeze }: Options) {
  return [
    ...(from === null ? [] : [{ option: "--from", path: "init", value: { from, continue: true } }]),
    ...(freeze.length === 0 ? [] : [{ option: "--freeze", path: "train.freeze", value: freeze }]),
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
  await out.lines(drawSeeds(end, next, await out.style(), out.columns));
}

async function printSummary({ out }: Context, format: DataSpec["format"], end: EndEvent): Promise<void> {
  const model = join(end.directory, "best.ckpt");
  const isDone = ["epochs", "max_steps", "early_stopping", "target"].includes(end.reason);
  const next = [
    ...(isDone ? [] : [`nnt train ${join(end.directory, "spec.yaml")} --out ${end.directory} --resume`]),
    ...commandsFor(model, format),
  ];
  const lines = drawSummary({ end, model, next }, await out.style(), out.columns);
  await out.lines(lines);
}

/** Command lines to try a model with. */
function commandsFor(model: string, format: DataSpec["format"]): string[] {
  const predict = `nnt predict ${model}`;
  return [`nnt eval ${model}`, format === "csv" ? `${predict} < rows.csv` : `${predict} --images FILE`];
}
