/** The runs of folds' models: where they are, what their specs say, how their losses fell. */
import { join } from "node:path";
import { readMetricsLog } from "../checkpoint/metricsLog.ts";
import { pathsIn } from "../checkpoint/runDirectory.ts";
import type { Spec } from "../config/schema.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { refuseLink } from "../support/inside.ts";
import type { EpochEvent, Listener } from "../train/events.ts";
import type { Job } from "./sideBySide.ts";
import type { TrainOptions } from "./trainOptions.ts";

/** For each fold, what sees the model's answers to the fold's rows. */
export type ObserveFold = (number: number) => NonNullable<TrainOptions["observe"]>;

interface FoldRun {
  /** Of the folds, from 1. */
  readonly number: number;
  /** 0: the model's; others are the blend's. */
  readonly network: number;
  /** To train to and to measure at, the same for all folds; null: to the end, and the best is kept. */
  readonly epoch: number | null;
}

interface Setting {
  /** Of the run that the folds are of. */
  readonly options: TrainOptions;
  readonly directory: string;
  readonly preprocessing: Preprocessing;
  secondsLeft(): number | null;
  readonly listen: Listener;
}

/**
 * All folds of the first network, then of the others.
 * @param epochs of each network, the one that all its folds are trained to; null: each fold keeps its best
 */
export function foldJobs(
  { options, directory, preprocessing: { trained: _, ...fitted }, secondsLeft, listen }: Setting,
  observe: ObserveFold | null,
  epochs: readonly number[] | null,
): (Job & FoldRun)[] {
  const { spec } = options.spec;
  const count = spec.train.folds! * (spec.train.repeats ?? 1);
  const isCombined = spec.train.combine !== undefined;
  const { renderReport: __, ...unreported } = options;
  return Array.from({ length: count * (1 + (spec.blend?.length ?? 0)) }, (_, job) => {
    const [network, number] = [Math.floor(job / count), (job % count) + 1];
    const fold = { network, number, epoch: epochs && epochs[network]! };
    const out = foldDirectory(directory, fold);
    const optionsNow = (): TrainOptions => {
      refuseLink(out);
      return {
        ...(isCombined ? unreported : options),
        spec: { ...options.spec, spec: foldSpec(spec, fold) },
        out,
        maxSeconds: secondsLeft(),
        // Models that become one are to agree on what columns mean; which rows were trained on differs from fold to fold.
        ...(isCombined && { load: { ...options.load, preprocessing: fitted } }),
        ...(observe && { observe: observe(number) }),
      };
    };
    return { ...fold, options: optionsNow, listen: foldListener(number, listen) };
  });
}

function foldDirectory(directory: string, { number, network, epoch }: FoldRun): string {
  const which = network > 0 ? `-network-${network + 1}` : "";
  return join(directory, `fold-${number}${which}${epoch === null ? "" : "-common"}`);
}

/** Of so many folds' runs of a network, where their files are. */
function filesOf(directory: string, count: number, network: number) {
  return Array.from({ length: count }, (_, i) =>
    pathsIn(foldDirectory(directory, { number: i + 1, network, epoch: null })),
  );
}

/** The files of so many folds' best models of a network. */
export function foldModels(directory: string, count: number, network: number): string[] {
  return filesOf(directory, count, network).map(({ best }) => best);
}

/** Of each fold, a network's losses on it by epoch. */
export function foldLosses(directory: string, count: number, network: number): number[][] {
  return filesOf(directory, count, network).map(({ metrics }) => lossesIn(metrics));
}

function lossesIn(log: string): number[] {
  const epochs = readMetricsLog(log).filter(({ event }) => event === "epoch") as unknown as EpochEvent[];
  return epochs.map(({ validation }) => validation?.loss ?? Number.NaN);
}

const bestOf = (losses: readonly number[]) => Math.min(...losses.filter(Number.isFinite));

/** Of each fold, losses by epoch: those of all folds together. */
function meanCurve(curves: readonly (readonly number[])[]): number[] {
  const epochs = Math.min(...curves.map(({ length }) => length));
  return Array.from({ length: epochs }, (_, epoch) =>
    curves.reduce((sum, losses) => sum + losses[epoch]! / curves.length, 0),
  );
}

/** The epoch that is best for all folds together; the first where none has a loss. */
export function commonEpoch(curves: readonly (readonly number[])[]): number {
  const means = meanCurve(curves);
  return Math.max(0, means.indexOf(bestOf(means))) + 1;
}

/** By how much the best epoch of all folds together is worse than the best of each. */
export function flatteryOf(curves: readonly (readonly number[])[]): number {
  const own = curves.reduce((sum, losses) => sum + bestOf(losses) / curves.length, 0);
  const times = bestOf(meanCurve(curves)) / own;
  return Number.isFinite(times) ? Math.max(1, times) : 1;
}

/** The spec of one fold of a network, the model's or one of the blend's: a run that can be repeated without the others. */
function foldSpec({ blend, ...spec }: Spec, { number, network, epoch }: FoldRun): Spec {
  const of = spec.train.folds!;
  const { combine, anneal, repeats, ...others } = spec.train;
  const { train, ...sections } = blend?.[network - 1] ?? { train: { ...(anneal && { anneal }) } };
  const repeat = Math.ceil(number / of);
  const fold = { number: number - (repeat - 1) * of, of, ...(repeats && { repeat }) };
  const own = combine ? { seed: spec.data.split.seed ?? spec.seed, fold: { ...fold, validates: true } } : {};
  const split = { ...spec.data.split, fold, ...own };
  const which = network > 0 ? ` network ${network + 1}` : "";
  return {
    ...spec,
    ...sections,
    recipe: null, // it would combine folds' models
    // Models that are averaged are to differ in more than their rows.
    seed: combine ? spec.seed + number - 1 + network * of : spec.seed,
    name: `${spec.name.slice(0, 70)} fold ${number} of ${of * (repeats ?? 1)}${which}`,
    data: { ...spec.data, split },
    train: {
      ...others,
      ...(train as Partial<Spec["train"]>),
      folds: null,
      ...(epoch !== null && { keep_epoch: epoch }),
    },
  };
}

/** Adds the fold's number to events. Warnings about the data are dropped: the run itself has already given them. */
function foldListener(fold: number, listen: Listener): Listener {
  let isBegun = false;
  return (event) => {
    if (event.event === "start") isBegun = true;
    if (event.event === "warning" && !isBegun) return;
    listen(
      event.event === "start" || event.event === "epoch" || event.event === "end"
        ? { ...event, fold }
        : event,
    );
  };
}
