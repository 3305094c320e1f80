/** A network: its layers in a row, all parameters in one flat θ, and its passes over batches of rows. */
import type { InitSpec, LayerSpec } from "../config/schema.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import { describeModel, type ModelDescription } from "./describe.ts";
import { initialise } from "./initialise.ts";
import type { Live, TensorPlan } from "./layer.ts";
import { layerOf } from "./layers.ts";
import { type Pass, type PassOptions, planPass } from "./pass.ts";
import { Storage } from "./storage.ts";
import {
  type Buffer,
  elements,
  layOut,
  loadTensors,
  type NamedTensor,
  type Parameter,
  readTensors,
  within,
} from "./tensors.ts";
import { TouchedRows } from "./touchedRows.ts";

export type { Pass };

export interface Model {
  readonly description: ModelDescription;
  /** All parameters [1, size], with zeros between them so that each starts on a cache line. */
  readonly theta: Matrix;
  /** ∂L/∂θ, laid out as θ. */
  readonly gradient: Matrix;
  /** Running statistics in one row; null: there are none. */
  readonly statistics: Matrix | null;
  /** What a pass over a batch leaves: `gradient`, and behind it `statistics`. */
  readonly outcome: Matrix;
  /** The beginning of θ: the linear layers' weights, without biases, scales and shifts. */
  readonly weights: Matrix;
  readonly parameters: readonly Parameter[];
  /** What training changes on the way. */
  readonly live: Live;
  /** Running statistics. */
  readonly buffers: readonly Buffer[];
  /**
   * The passes over `batchSize` rows; planned once per size. Sizes share memory: plan the largest first, and
   * use what one pass has computed before another pass runs.
   */
  plan(batchSize: number, options?: PassOptions): Pass;
  /** Parameters, then buffers, with their numbers: valid until the next verb. */
  tensors(): Promise<NamedTensor[]>;
  /** Takes over given tensors. @throws UserError (exit code 4) naming all that do not fit. */
  load(tensors: readonly NamedTensor[], source: string): void;
}

export interface ModelOptions {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly seed: number;
  readonly init: InitSpec;
}

/**
 * Builds a network and its first weights.
 * @throws UserError (exit code 2) if the layers do not end at `outputWidth`
 */
export function buildModel(k: Kernels, layers: readonly LayerSpec[], options: ModelOptions): Model {
  const description = describeModel(layers, options.inputWidth, options.outputWidth);
  const plans = description.layers.flatMap((layer) => layer.tensors);
  const trained = plans.filter((plan) => plan.trained);
  const { offsets, size, weightsEnd } = layOutWeightsFirst(trained);
  const untrained = plans.filter((plan) => !plan.trained);
  const behind = layOut(untrained.map((plan) => elements(plan.shape)));
  const theta = k.sharedMatrix(1, size);
  const outcome = k.sharedMatrix(1, size + behind.size);
  const gradient = outcome.view(1, size);

  const parameters = trained.map(({ name, shape, kind, unit = 1, isSparse }, i): Parameter => {
    const [rows, cols] = asMatrix(shape);
    return {
      name,
      shape,
      value: theta.view(rows, cols, offsets[i]!),
      gradient: gradient.view(rows, cols, offsets[i]!),
      kind: kind ?? (shape.length === 2 ? "weights" : "biases"),
      unit,
      touched: isSparse ? new TouchedRows(k, rows) : null,
    };
  });
  const buffers = untrained.map(({ name, shape }, i): Buffer => {
    const [rows, cols] = asMatrix(shape);
    return { name, shape, value: outcome.view(rows, cols, size + behind.offsets[i]!) };
  });
  const all = [...parameters, ...buffers];
  const starts = new Map(plans.map((plan) => [plan.name, plan.start]));
  all.forEach(({ name, value }, i) => {
    k.write(value, (values) => initialise(values, starts.get(name)!, options.init, options.seed, i));
  });

  const live: Live = { dropout: 1 };
  const storage = new Storage(k);
  const stack = description.layers.map(({ spec, index, outputWidth }) => ({
    row: layerOf(spec),
    spec,
    index,
    seed: options.seed,
    live,
    width: outputWidth,
    parameters: within(parameters, `layers.${index}`),
    buffers: within(buffers, `layers.${index}`),
  }));
  const passes = new Map<string, Pass>();
  return {
    description,
    theta,
    gradient,
    statistics: behind.size > 0 ? outcome.view(1, behind.size, size) : null,
    outcome,
    weights: theta.view(1, weightsEnd),
    parameters,
    live,
    buffers,
    plan(batchSize, passOptions = {}) {
      const id = `${batchSize} ${passOptions.inputGradient ?? false}`;
      const known = passes.get(id);
      if (known) return known;
      const pass = planPass(k, stack, storage, options.inputWidth, batchSize, passOptions);
      passes.set(id, pass);
      return pass;
    },
    tensors: () => readTensors(k, all),
    load: (tensors, source) => loadTensors(k, all, tensors, source),
  };
}

/** Offsets in the plans' order; in memory matrices come before vectors, so that decay can leave these alone. */
function layOutWeightsFirst(plans: readonly TensorPlan[]) {
  const isMatrix = ({ shape }: TensorPlan) => shape.length === 2;
  const order = [...plans.filter(isMatrix), ...plans.filter((plan) => !isMatrix(plan))];
  const { offsets, size } = layOut(order.map((plan) => elements(plan.shape)));
  const weightsEnd = offsets[plans.filter(isMatrix).length] ?? size;
  return { offsets: plans.map((plan) => offsets[order.indexOf(plan)]!), size, weightsEnd };
}

/** A vector is one row. */
function asMatrix(shape: readonly number[]): [rows: number, cols: number] {
  return shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
}
