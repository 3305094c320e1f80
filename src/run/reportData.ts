/** The content of a run's report: plain data of bounded size, however large the data and the network. */

import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import type { ColumnProfile } from "../data/table/profile.ts";
import type { Diagnosis, FirstLayer } from "../evaluate/findings.ts";
import { firstLayer } from "../evaluate/firstLayer.ts";
import type { Importance } from "../evaluate/importance.ts";
import type { Summary } from "../evaluate/runSummary.ts";
import type { ModelDescription } from "../model/describe.ts";
import type { NamedTensor } from "../model/tensors.ts";
import { assert } from "../support/errors.ts";
import type { EpochEvent, StartEvent } from "../train/events.ts";

export interface ReportData {
  readonly summary: Summary;
  readonly start: StartEvent;
  readonly epochs: readonly EpochEvent[];
  /** `spec.yaml`. */
  readonly spec: string;
  readonly layers: readonly LayerFacts[];
  readonly firstLayer: FirstLayer | null;
  /** The first columns of a table, and how many there are; null for data that is not a table. */
  readonly profile: { readonly columns: readonly ColumnProfile[]; readonly count: number } | null;
  /** null: the best model was not evaluated, as when the run was interrupted. */
  readonly diagnosis: Diagnosis | null;
  /** Of the columns, the most important ones first, and how many there are; null where it was not measured. */
  readonly importance: (Importance & { readonly count: number }) | null;
  /** The loss over the parameters, where there are two. */
  readonly landscape: Landscape | null;
}

export interface Axis {
  readonly label: string;
  /** Ascending, evenly spaced. */
  readonly values: readonly number[];
}

export interface Landscape {
  readonly name: string;
  readonly x: Axis;
  readonly y: Axis;
  /** The mean loss at each point, a row for each of y's values. */
  readonly loss: readonly (readonly number[])[];
  /** From the first weights to the last. */
  readonly path: readonly { readonly step: number; readonly x: number; readonly y: number }[];
  /** Of how far the path goes, the share that these two directions show; 1 where there is no third. */
  readonly shown: number;
  readonly rows: number;
}

export interface LayerFacts {
  readonly type: string;
  /** Columns of its output. */
  readonly width: number;
  readonly parameters: number;
}

/** What a report is made of. */
export interface ReportSource {
  readonly summary: Summary;
  readonly spec: string;
  /** The lines of `metrics.jsonl`. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly model: { readonly description: ModelDescription; readonly tensors: readonly NamedTensor[] };
  readonly preprocessing: Preprocessing;
  readonly profile: readonly ColumnProfile[] | null;
  readonly diagnosis: Diagnosis | null;
  readonly importance: Importance | null;
  readonly landscape: Landscape | null;
}

/** Epochs in the curves, at most; of more, every second, third … is taken. */
const mostEpochs = 2000;
const mostColumns = 100;
const mostImportant = 30;

export function reportData(source: ReportSource): ReportData {
  const { summary, spec, events, model, preprocessing, profile, diagnosis, importance, landscape } = source;
  const of = <E extends StartEvent | EpochEvent>(kind: E["event"]) =>
    events.filter(({ event }) => event === kind) as unknown as E[];
  const start = of<StartEvent>("start")[0];
  assert(start, "a run's log begins with its start");
  const epochs = of<EpochEvent>("epoch");
  const every = Math.ceil(epochs.length / mostEpochs);
  const isKept = ({ epoch }: EpochEvent, index: number) =>
    (epochs.length - 1 - index) % every === 0 || epoch === summary.best_epoch;
  return {
    summary,
    start,
    epochs: epochs.filter(isKept),
    spec,
    layers: model.description.layers.map(({ spec: { type }, outputWidth, parameterCount }) => ({
      type,
      width: outputWidth,
      parameters: parameterCount,
    })),
    firstLayer: firstLayer(model, preprocessing),
    profile: profile && { columns: profile.slice(0, mostColumns), count: profile.length },
    diagnosis,
    landscape,
    importance: importance && { ...mostImportantOf(importance), count: importance.features.length },
  };
}

function mostImportantOf(importance: Importance): Importance {
  const ranked = [...importance.features].sort((a, b) => b.mean - a.mean);
  return { ...importance, features: ranked.slice(0, mostImportant) };
}
