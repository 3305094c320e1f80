/** Builds the parts of a run: its data in memory, a network that fits it, a trainer, and what measures it. */
import { type Checkpoint, readWeights } from "../checkpoint/checkpoint.ts";
import { alone, type Peers } from "../cluster/peers.ts";
import { type AnySplit, type Dataset, isStreamed, rowCount } from "../data/dataset/dataset.ts";
import { openDataset } from "../data/dataset/load.ts";
import { placeFile } from "../data/formats/files.ts";
import {
  blocksOf,
  classLists,
  embeddedInputs,
  inputWidth,
  isOneClass,
  numberInputs,
  type Preprocessing,
  targetWidth,
  textInputs,
} from "../data/preprocessing/preprocessing.ts";
import type { Backend } from "../engine/backend.ts";
import { dependsOnWork, type KernelsChoice, openKernels } from "../engine/choose.ts";
import { Kernels } from "../engine/kernels.ts";
import { checkCalibration } from "../evaluate/calibrator.ts";
import { Measure } from "../evaluate/measure.ts";
import type { MetricName } from "../metrics/metrics.ts";
import { lossRule } from "../model/losses.ts";
import { buildModel, type Model } from "../model/model.ts";
import { quantilesIn } from "../tasks/losses.ts";
import { createAugmentation } from "../train/augmentation.ts";
import type { Listener, StartEvent, StopReason } from "../train/events.ts";
import { fitPieces } from "../train/fitPieces.ts";
import type { Monitor } from "../train/monitor.ts";
import { epochMetrics, monitorOf } from "../train/monitor.ts";
import { Pace } from "../train/pace.ts";
import { rowsIn } from "../train/residentRows.ts";
import { type Network, resolveNetwork } from "../train/resolveNetwork.ts";
import { rowsOfUpdate } from "../train/runLength.ts";
import { Trainer } from "../train/trainer.ts";
import { blendLayer, ensembleLayer } from "./combine.ts";
import { continued, earlierModel } from "./continued.ts";
import { lastLayerWarnings } from "./lastLayer.ts";
import { checkRoom, needOf } from "./need.ts";
import { checkAgreement, checkAlone, checkSharing } from "./sameEverywhere.ts";
import type { TrainOptions } from "./trainOptions.ts";

export interface AssemblyOptions
  extends KernelsChoice,
    Pick<TrainOptions, "spec" | "version" | "load" | "peers">,
    Partial<Pick<TrainOptions, "signal">> {
  /** An open backend to use instead of choosing one. */
  readonly backend?: Backend;
}

export interface Assembly {
  readonly network: Network;
  /** The resolved spec; the network's own has the model that folds' models are combined to. */
  readonly spec: Network["spec"];
  readonly data: Dataset<AnySplit>;
  readonly preprocessing: Preprocessing;
  readonly backend: Backend;
  readonly k: Kernels;
  readonly model: Model;
  readonly trainer: Trainer;
  readonly pace: Pace;
  readonly peers: Peers;
  readonly monitor: Monitor;
  /** null: there are no validation rows. */
  readonly validation: Measure | null;
  measure(split: "train" | "validation" | "test", calibration?: Preprocessing["calibration"]): Measure | null;
  /** The metrics of the validation rows after each epoch. */
  readonly epochMetrics: readonly MetricName[];
  /** Why the run ends if nothing stops it before. */
  readonly plannedEnd: StopReason;
  startEvent(): StartEvent;
  /** The model and all that a resumed run needs: valid until the next verb. */
  checkpoint(): Promise<Checkpoint>;
  /** The same data and kernels with a blend in which each network counts so often; one with no vote is left out. */
  withVotes(votes: readonly number[]): Promise<Assembly>;
  close(): Promise<void>;
}

/** @throws UserError: usage, data, io, model */
export async function assemble(options: AssemblyOptions, listen: Listener): Promise<Assembly> {
  const { spec } = options.spec;
  checkSharing(options.peers ?? alone, spec);
  const early = options.backend ?? (dependsOnWork(options) ? null : opened(options, listen));
  const [data, openedEarly] = await Promise.all([loadData(options), early]);
  for (const message of data.warnings) listen({ event: "warning", message });
  return assembled(options, data, openedEarly, null, listen);
}

/** @param votes how often each network of a blend counts; null: all alike */
async function assembled(
  options: AssemblyOptions,
  data: Dataset<AnySplit>,
  openedEarly: Backend | null,
  votes: readonly number[] | null,
  listen: Listener,
): Promise<Assembly> {
  const { spec, baseDirectory } = options.spec;
  const { peers = alone } = options;
  const { preprocessing, splits } = data;
  const shape = shapeOf(data);
  const asked = resolveNetwork(spec, shape);
  const network = combined(asked, shape, votes);
  if (votes === null)
    for (const message of lastLayerWarnings(network, preprocessing)) listen({ event: "warning", message });
  const need = needOf(network, data);
  const backend =
    openedEarly ?? (await opened({ ...options, work: peers.size > 1 ? 0 : need.multiplyAdds }, listen));
  checkAlone(peers, backend);
  checkRoom(need, backend);
  checkCalibration(spec.calibration, preprocessing, splits.validation !== null);
  const monitor = monitorOf(network, splits.validation !== null || spec.train.combine !== undefined);

  const k = new Kernels(backend);
  const model = await firstModel(k, network, data, baseDirectory, listen);
  const { version } = options;
  await checkAgreement(peers, {
    version,
    spec: network.spec,
    data,
    weights: await k.read(model.theta),
    backend,
  });
  const rule = lossRule(k, network.spec.loss, network.outputs, blocksOf(preprocessing));
  const toRows = rowsIn(k);
  const measure = (split: AnySplit | null, calibration?: Preprocessing["calibration"]) =>
    split && new Measure(k, model, toRows(split), rule, preprocessing.target, calibration);
  const validation = measure(splits.validation);
  const trainRows = toRows(splits.train, rowsOfUpdate(spec, rowCount(splits.train)));
  const augmentation = createAugmentation(k, network.spec, preprocessing.inputs, trainRows.count);
  const trainer = new Trainer(k, model, trainRows, rule, network.spec, augmentation, peers);

  return {
    network,
    spec: asked.spec,
    data,
    preprocessing,
    backend,
    k,
    model,
    trainer,
    pace: new Pace(network.spec.train.checkpoint?.every_steps ?? null),
    peers,
    monitor,
    validation,
    measure: (name, calibration) =>
      name === "validation" && !calibration ? validation : measure(splits[name], calibration),
    epochMetrics: epochMetrics(network, monitor),
    plannedEnd: trainer.length.endsBySteps ? "max_steps" : "epochs",
    startEvent: () => startEvent(network, data, model, trainer, backend, monitor),
    checkpoint: () => checkpointOf(version, network, preprocessing, model, trainer),
    withVotes: (own) => assembled(options, data, backend, own, listen),
    async close() {
      data.close?.();
      await backend.close();
    },
  };
}

/** Where a card was worth trying and does not compute, it says why. */
async function opened(
  { peers = alone, ...choice }: KernelsChoice & { peers?: Peers },
  listen: Listener,
): Promise<Backend> {
  const { backend, report } = await openKernels({
    ...choice,
    sharedMemory: peers.shared?.allocate ?? null,
  });
  for (const { name, opened, outcome } of report)
    if (name === "cuda" && !opened)
      listen({
        event: "warning",
        message: `no graphics card computes: ${outcome}; ${backend.name} kernels do`,
      });
  return backend;
}

/** The network with its first weights: drawn, or those of a file, or of an earlier model as far as it has them. */
async function firstModel(
  k: Kernels,
  { spec, inputs, outputs }: Network,
  { preprocessing, splits }: Dataset<AnySplit>,
  baseDirectory: string,
  listen: Listener,
): Promise<Model> {
  const { seed, init } = spec;
  const earlier = earlierModel({ spec, baseDirectory });
  const model = buildModel(k, spec.model.layers, {
    inputWidth: inputs,
    outputWidth: outputs,
    seed,
    init: earlier ? { name: "default" } : init,
  });
  fitPieces(k, model, splits.train, isOneClass(preprocessing) ? classCount(preprocessing) : 0);
  if (earlier) {
    const { tensors, notes } = await continued(earlier, { model, preprocessing });
    model.load(tensors, earlier.path);
    for (const message of notes) listen({ event: "note", message });
  } else if (init.name === "file") {
    const file = placeFile(init.from, baseDirectory);
    model.load(readWeights(file), file);
  }
  return model;
}

/** Where folds' models are to be combined, the network that they will be. */
function combined(
  network: Network,
  shape: ReturnType<typeof shapeOf>,
  votes: readonly number[] | null,
): Network {
  const { spec } = network;
  const { folds, combine } = spec.train;
  if (!combine || !folds) return network;
  const { loss, model } = spec;
  if (!spec.blend) {
    const ensemble = ensembleLayer(model.layers, folds, loss.name, network.task);
    return { ...network, spec: { ...spec, model: { layers: [ensemble] } } };
  }
  const others = spec.blend.map(({ model }) => resolveNetwork({ ...spec, model }, shape).spec.model.layers);
  const all = [model.layers, ...others];
  const layer = blendLayer(all, votes ?? all.map(() => 1), folds, loss.name, network.task);
  return { ...network, spec: { ...spec, model: { layers: [layer] } } };
}

async function checkpointOf(
  version: string,
  { spec }: Network,
  preprocessing: Preprocessing,
  model: Model,
  trainer: Trainer,
): Promise<Checkpoint> {
  const tensors = await model.tensors();
  return {
    nnt: version,
    spec,
    preprocessing,
    training: trainer.state,
    parameters: tensors.slice(0, model.parameters.length),
    buffers: tensors.slice(model.parameters.length),
    optimizer: spec.train.combine ? [] : await trainer.optimizerTensors(),
  };
}

/** The data of a spec as training takes it. @throws UserError: usage, data, io */
export function loadData({
  spec: { spec, baseDirectory },
  load,
  signal,
  threads = null,
}: Pick<AssemblyOptions, "spec" | "load" | "signal"> & Partial<Pick<AssemblyOptions, "threads">>): Promise<
  Dataset<AnySplit>
> {
  return openDataset(spec.data, {
    seed: spec.data.split.seed ?? spec.seed,
    baseDirectory,
    earlier: earlierModel({ spec, baseDirectory })?.preprocessing ?? null,
    loss: spec.loss?.name ?? null,
    quantiles: quantilesIn(spec.loss),
    ...load,
    threads,
    ...(signal && { signal }),
  });
}

function shapeOf({ preprocessing, splits: { train } }: Dataset<AnySplit>) {
  const { target } = preprocessing;
  const classes = classCount(preprocessing);
  return {
    task: target.task,
    inputs: inputWidth(preprocessing),
    texts: textInputs(preprocessing),
    embedded: embeddedInputs(preprocessing),
    numbers: numberInputs(preprocessing),
    classes,
    classCounts: isOneClass(preprocessing) ? countClasses(train, classes) : [],
    targets: targetWidth(preprocessing),
  };
}

const classCount = (preprocessing: Preprocessing) => (classLists(preprocessing) ?? []).flat().length;

function countClasses(train: AnySplit, classes: number): readonly number[] {
  if (isStreamed(train)) return train.classCounts;
  const counts = new Array<number>(classes).fill(0);
  for (const row of train.indices) counts[train.targets[row]!]!++;
  return counts;
}

function startEvent(
  { spec, task, inputs, outputs }: Network,
  { splits }: Dataset<AnySplit>,
  model: Model,
  { length, state }: Trainer,
  backend: Backend,
  { metric }: Monitor,
): StartEvent {
  const rows = Object.entries(splits).flatMap(([name, split]) => (split ? [[name, rowCount(split)]] : []));
  return {
    event: "start",
    name: spec.name,
    task,
    rows: Object.fromEntries(rows),
    inputs,
    outputs,
    parameters: model.description.parameterCount,
    epochs: Math.ceil(length.totalSteps / length.stepsPerEpoch),
    updates_per_epoch: length.stepsPerEpoch,
    seed: spec.seed,
    monitor: metric,
    backend: backend.name,
    threads: backend.threads,
    fused: backend.fused,
    ...(backend.card && { card: backend.card.name }),
    epoch: state.epoch,
    step: state.step,
  };
}
