/**
 * Several runs of one spec with different seeds: each in `seed-<number>` of one directory, and all of them together as
 * one model file, an ensemble that predicts their mean. All of them split the rows alike.
 */
import { performance } from "node:perf_hooks";
import { type Checkpoint, writeCheckpoint } from "../checkpoint/checkpoint.ts";
import { pathsIn } from "../checkpoint/runDirectory.ts";
import { openSeeds, seedDirectory } from "../checkpoint/seedsDirectory.ts";
import type { Spec } from "../config/schema.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import { readModel, type SavedModel } from "../evaluate/savedModel.ts";
import { spreadOf } from "../evaluate/spread.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { refuseLink } from "../support/inside.ts";
import { type Figures, isSignal, type Listener, type Spread, type StopReason } from "../train/events.ts";
import { ensembleLayer, joined, requireAlike } from "./combine.ts";
import { SideBySide } from "./sideBySide.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./trainOptions.ts";

/** The result of several seeds: `seeds.json`, and the last line of `--json`. */
export interface SeedsEnd {
  readonly event: "end";
  readonly name: string;
  readonly seeds: readonly number[];
  /** Why the first interrupted run stopped; null: all finished. */
  readonly interrupted: StopReason | null;
  /** Metrics of the ensemble, by split. */
  readonly metrics: Readonly<Record<string, Figures>>;
  /** Metrics of the runs' best models, by split. */
  readonly spread: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
  readonly parameters: number;
  readonly seconds: number;
  readonly directory: string;
  /** The ensemble's file; null: not all runs have finished. */
  readonly model: string | null;
  readonly weights_sha256: string | null;
  /** Where the spec's relative paths start. */
  readonly spec_directory: string;
}

/**
 * Trains with `count` seeds from the spec's on. Of several processes that share the work, all but the first get null.
 * @throws UserError as `train`; io for a directory that holds runs already
 */
export async function trainSeeds(
  options: TrainOptions,
  count: number,
  listen: Listener,
): Promise<SeedsEnd | null> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const { spec, baseDirectory } = options.spec;
  refuseStdin(spec);
  const seeds = Array.from({ length: count }, (_, index) => spec.seed + index);
  if (options.peers && options.peers.rank > 0) return followSeeds(options, seeds);
  const place = openSeeds({ out: options.out, name: spec.name, mode: options.mode }, seeds);
  const { directory } = place;
  const begun = { name: spec.name, seeds, spec_directory: baseDirectory };
  try {
    const begin = () => {
      place.begin();
      place.write(`${JSON.stringify(begun, null, 2)}\n`);
    };
    const secondsLeft = () => options.maxSeconds && Math.max(0, options.maxSeconds - seconds());
    const summaries = await trainAll(
      seeds,
      directory,
      options,
      secondsLeft,
      listenOnce(listen, begin),
      listen,
    );
    const interrupted =
      summaries.map(({ reason }) => reason).find((reason) => reason.startsWith("SIG")) ?? null;
    const model = interrupted === null ? place.ensemble : null;
    const saved = model && saveEnsemble(model, spec, seeds, directory);
    const end: SeedsEnd = {
      event: "end",
      ...begun,
      interrupted,
      metrics: model ? await measure(model, summaries[0]!, options) : {},
      spread: interrupted === null ? spreadBySplit(summaries) : {},
      parameters: summaries.reduce((sum, { parameters }) => sum + parameters, 0),
      seconds: seconds(),
      directory,
      model,
      weights_sha256: saved,
    };
    place.write(`${JSON.stringify(end, null, 2)}\n`);
    return end;
  } finally {
    place.close();
  }
}

/** The runs' summaries, in order, up to the first that a signal stopped. */
async function trainAll(
  seeds: readonly number[],
  directory: string,
  options: TrainOptions,
  secondsLeft: () => number | null,
  told: (seed: number) => Listener,
  listen: Listener,
): Promise<Summary[]> {
  const count = seeds.length;
  const jobs = seeds.map((seed, index) => {
    const out = seedDirectory(directory, seed);
    const optionsNow = (atOnce: number): TrainOptions => {
      refuseLink(out);
      const left = secondsLeft();
      const spec = { ...options.spec, spec: specOf(options.spec.spec, seed) };
      return { ...options, spec, out, maxSeconds: left && left / Math.ceil((count - index) / atOnce) };
    };
    return { seed, out, options: optionsNow, listen: told(seed) };
  });
  const isLast = ({ reason }: Summary) => isSignal(reason);
  const runs = new SideBySide(jobs, { options, train, isLast });
  const summaries: Summary[] = [];
  try {
    for (const [index, { seed, out }] of jobs.entries()) {
      listen({ event: "note", message: `seed ${seed}, ${index + 1} of ${count}: ${out}` });
      const summary = await runs.result(index);
      summaries.push(summary);
      if (isLast(summary)) break;
    }
  } finally {
    await runs.close();
  }
  return summaries;
}

/** What the processes do that share the work and do not write it: the same runs, one after the other. */
async function followSeeds(options: TrainOptions, seeds: readonly number[]): Promise<null> {
  for (const seed of seeds) {
    const own = { ...options.spec, spec: specOf(options.spec.spec, seed) };
    const { reason } = await train({ ...options, spec: own, out: null }, () => {});
    if (isSignal(reason)) break;
  }
  return null;
}

/** A run that can be repeated without the others: its own seed, and the split of all. */
function specOf(spec: Spec, seed: number): Spec {
  const split = { ...spec.data.split, seed: spec.data.split.seed ?? spec.seed };
  return { ...spec, seed, data: { ...spec.data, split } as Spec["data"] };
}

function refuseStdin({ data }: Spec): void {
  const isStdin = data.format === "csv" && [data.path, data.train].some((files) => files?.includes("-"));
  if (!isStdin) return;
  throw new UserError(exitCodes.usage, {
    message: "--seeds reads the data once per seed, but stdin can be read only once",
    expected: "a file",
  });
}

/**
 * Adds the seed to events, and drops warnings that an earlier run has already given. Calls `begin` when the first run
 * has begun: until then data or directory may be refused.
 */
function listenOnce(listen: Listener, begin: () => void): (seed: number) => Listener {
  const warned = new Set<string>();
  let isBegun = false;
  return (seed) => (event) => {
    if (event.event === "start" && !isBegun) begin();
    isBegun ||= event.event === "start";
    if (event.event === "warning") {
      if (warned.has(event.message)) return;
      warned.add(event.message);
    }
    listen(event.event === "epoch" || event.event === "end" ? { ...event, seed } : event);
  };
}

/** Writes the best models of all seeds as one; gives the digest of its weights. */
function saveEnsemble(path: string, spec: Spec, seeds: readonly number[], directory: string): string {
  const models = seeds.map((seed) => readModel(pathsIn(seedDirectory(directory, seed)).best));
  return writeCheckpoint(path, ensembleOf(models, specOf(spec, spec.seed))).weights;
}

/**
 * One model of several; `spec` says where their data is.
 * @throws UserError (exit code 3) if the models do not take and give the same
 */
function ensembleOf(models: readonly SavedModel[], { seed, data }: Spec): Checkpoint {
  requireAlike(
    models,
    "did the data change between the runs? --overwrite trains all seeds on the current data",
  );
  const [{ checkpoint, layers, loss, preprocessing, data: trained }] = models as [SavedModel];
  const ensemble = ensembleLayer(layers, models.length, loss.name, preprocessing.target.task);
  const most = (of: "epoch" | "step") => Math.max(...models.map((model) => model.checkpoint.training[of]));
  return {
    nnt: checkpoint.nnt,
    spec: {
      ...checkpoint.spec,
      seed,
      data: { ...data, task: trained.task },
      model: { layers: [ensemble] },
    },
    preprocessing: checkpoint.preprocessing,
    training: { epoch: most("epoch"), step: most("step") },
    parameters: joined(models, "parameters"),
    buffers: joined(models, "buffers"),
    optimizer: [],
  };
}

/** The ensemble's figures where the runs have some. */
async function measure(
  model: string,
  { metrics }: Summary,
  { kernels, threads, isa = null }: TrainOptions,
): Promise<Record<string, Figures>> {
  const measured: Record<string, Figures> = {};
  for (const [split, figures] of Object.entries(metrics)) {
    const files = { data: null, images: null, labels: null };
    const { metrics: all } = await evaluate({ model, split, ...files, kernels, threads, isa });
    measured[split] = Object.fromEntries(Object.keys(figures).map((name) => [name, all[name]!]));
  }
  return measured;
}

function spreadBySplit(summaries: readonly Summary[]): SeedsEnd["spread"] {
  const splits = Object.keys(summaries[0]!.metrics);
  return Object.fromEntries(
    splits.map((split) => [split, spreadOf(summaries.map(({ metrics }) => metrics[split]!))]),
  );
}
