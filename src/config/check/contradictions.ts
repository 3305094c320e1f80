/** Values of a spec that are valid on their own but not together: one function per rule. */
import { quantilesIn } from "../../tasks/losses.ts";
import { areQuantiles } from "../../tasks/regression.ts";
import { lossesOf, taskFor, taskOf, tasksOf } from "../../tasks/tasks.ts";
import { type Path, parsePath } from "../paths.ts";
import { comparableFor, watchableFor } from "../schema/metrics.ts";
import type { ColumnType, CsvDataSpec, LayerSpec, Spec, SpecFile } from "../schema.ts";
import { columns } from "./columns.ts";
import { type Contradiction, repeated } from "./contradiction.ts";
import { streaming } from "./streaming.ts";

/** All contradictions between the sections that are valid in themselves. */
export function contradictions(spec: Partial<SpecFile>): Contradiction[] {
  const { data } = spec;
  return [
    ...(data?.format === "csv" ? [...sources(data), ...columns(data)] : []),
    ...shares(spec),
    ...folds(spec),
    ...streaming(spec),
    ...layers(spec),
    ...loss(spec),
    ...severalTargets(spec),
    ...optimizer(spec),
    ...schedule(spec),
    ...train(spec),
    ...goingOn(spec),
    ...blend(spec),
    ...search(spec),
    ...track(spec),
  ];
}

function* track({ track }: Partial<SpecFile>): Iterable<Contradiction> {
  if (!track?.mlflow || track.mlflow.server === undefined || track.mlflow.directory === null) return;
  const message = "track.mlflow has a server and a directory";
  yield { path: ["track", "mlflow", "directory"], message, expected: "one of them" };
}

function* blend({ blend, train, loss }: Partial<SpecFile>): Iterable<Contradiction> {
  if (!blend || !train) return;
  const path = ["blend"];
  if (!train.combine) {
    const message = "networks are to be blended, and train.combine does not combine any folds' models";
    yield { path, message, expected: "train: { folds: 5, combine: average }" };
  }
  if (loss?.name === "gaussian_nll" || quantilesIn(loss ?? null)) {
    const message = "networks are to be blended whose answers are distributions";
    yield {
      path,
      message,
      expected: `no blend beside ${loss!.name === "quantile" ? "quantiles" : loss!.name}`,
    };
  }
}

function* sources(data: CsvDataSpec): Iterable<Contradiction> {
  const separate = (["train", "validation", "test"] as const).filter((source) => data[source] !== null);
  if (data.path === null && data.train === null) {
    const message =
      separate.length > 0 ? `data.${separate[0]} is given, data.train is missing` : "data.path is missing";
    yield {
      path: ["data"],
      message,
      expected: "path: with one file to split, or train: with the training rows",
    };
  }
  if (data.path !== null && separate.length > 0) {
    const message = `data.path and data.${separate[0]} are both given`;
    yield { path: ["data", "path"], message, expected: "path alone, or train, validation and test" };
  }
}

function* shares({ data }: Partial<Spec>): Iterable<Contradiction> {
  if (!data) return;
  const { split, classes } = data;
  const path = ["data", "split"];
  if (split.validation + split.test >= 1) {
    const message = `validation ${split.validation} and test ${split.test} leave no rows to train on`;
    yield { path, message, expected: "shares whose sum is below 1" };
  }
  for (const name of ["validation", "test"] as const) {
    if (split[name] === 0) continue;
    const asked = `${name} rows are ${split[name]} of the rows`;
    const rule =
      data.format === "csv" && Object.entries(data.columns).find(([, { type }]) => type === "split");
    if (data[name] !== null) {
      yield {
        path: [...path, name],
        message: `${asked}, but also come from a file`,
        expected: `one of data.split.${name} and data.${name}`,
      };
    } else if (rule) {
      const message = `${asked}, but the column ${rule[0]} also determines them`;
      yield { path: [...path, name], message, expected: "no shares together with a column of type split" };
    }
  }
  if (classes) yield* repeated(classes, ["data", "classes"]);
}

function* folds({ data, train }: Partial<Spec>): Iterable<Contradiction> {
  const fold = data?.split.fold ?? null;
  const asked = train?.folds ? "train.folds" : fold && "data.split.fold";
  if (train?.combine && !train.folds) {
    const message = "train.combine is given without folds whose models it could combine";
    yield { path: ["train", "combine"], message, expected: "train.folds: 5" };
  }
  if (train?.repeats !== undefined && (!train.folds || train.combine)) {
    const message = train.folds
      ? "train.repeats deals the rows to folds again, and train.combine combines the models of one deal"
      : "train.repeats is given without folds that it could repeat";
    const expected = train.folds ? "one of them" : "train.folds: 5";
    yield { path: ["train", "repeats"], message, expected };
  }
  if (!data || !asked) return;
  const path = asked.split(".");
  if (train?.folds && fold) {
    const message = "train.folds is given in the spec of one fold";
    yield { path, message, expected: "one of train.folds and data.split.fold" };
  }
  if (fold && fold.number > fold.of) {
    const message = `data.split.fold.number is ${fold.number}`;
    yield { path: [...path, "number"], message, expected: `at most ${fold.of}, the value of \`of\`` };
  }
  if (train?.combine && (data.split.validation > 0 || data.validation !== null)) {
    const message =
      "train.combine validates each fold's model on its part of the rows, and there are others to validate on";
    yield { path: ["train", "combine"], message, expected: "no validation rows beside it" };
  }
  if (data.format !== "csv") return;
  const columnOf = (type: ColumnType) =>
    Object.keys(data.columns).find((name) => data.columns[name]!.type === type);
  const [ruling, time] = [columnOf("split"), columnOf("time")];
  if (ruling !== undefined) {
    const message = `${asked} splits the rows at random, but the split column ${ruling} determines the split`;
    yield { path, message, expected: "one of them" };
  }
  const once = train?.combine ? "combine" : train?.repeats ? "repeats" : null;
  if (time !== undefined && once) {
    const why =
      once === "combine" ? "models of early folds have seen few rows" : "no deal differs from another";
    const message = `folds follow each other in time by the column ${time}: ${why}`;
    yield { path: ["train", once], message, expected: `one of train.${once} and a time column` };
  }
  if ([data.path, data.train].some((files) => files?.includes("-"))) {
    const message = `${asked} reads the data again for each fold, which standard input does not allow`;
    yield { path, message, expected: "a file" };
  }
}

function* layers({ model, train }: Partial<Spec>): Iterable<Contradiction> {
  if (!model) return;
  const path = ["model", "layers"];
  const isLinear = (layer: LayerSpec): boolean =>
    layer.type === "linear" ||
    ("layers" in layer && layer.layers.some(isLinear)) ||
    (layer.type === "blend" && layer.networks.every(({ layers }) => layers.some(isLinear)));
  if (!model.layers.some(isLinear))
    yield { path, message: "the model has nothing to learn", expected: "at least one linear layer" };
  const early = model.layers.slice(0, -1).findIndex(({ type }) => type === "ensemble" || type === "blend");
  if (early >= 0) {
    const expected = "it to be the last: its members' answers are averaged";
    const message = `layers follow ${model.layers[early]!.type === "blend" ? "a blend" : "an ensemble"}`;
    yield { path: [...path, early], message, expected };
  }
  yield* row(model.layers, path, train ?? null);
}

/** Layers in a row, of the model or of a block in it. */
function* row(
  layers: readonly LayerSpec[],
  path: Path,
  train: Pick<Spec["train"], "batch_size" | "shards"> | null,
  /** Members of an ensemble, among which the rows of a batch are divided. */
  members = 1,
): Iterable<Contradiction> {
  const last = layers.findLastIndex(({ type }) => type === "linear");
  for (const [index, layer] of layers.entries()) {
    const inner = [...path, index, "layers"];
    if (layer.type === "residual") yield* row(layer.layers, inner, train, members);
    if (layer.type === "ensemble") yield* row(layer.layers, inner, train, layer.members);
    if (layer.type === "blend")
      for (const [number, { layers }] of layer.networks.entries())
        yield* row(layers, [...path, index, "networks", number, "layers"], train);
    if (layer.type === "ensemble" && layer.shared && layer.layers.some(({ type }) => type === "residual")) {
      const message = "an ensemble with shared weights contains a residual block";
      yield { path: [...path, index], message, expected: "shared: false, or no residual block" };
    }
    if (layer.type === "linear" && layer.width === null && index !== last) {
      const message = "a linear layer without a width";
      yield {
        path: [...path, index],
        message,
        expected: "a width: only that of the last linear layer follows from the data",
      };
    }
    const isFirst = path.length <= 2 && layers.slice(0, index).every(({ type }) => type === "embed_text");
    if ((layer.type === "embed" || layer.type === "embed_text") && !isFirst) {
      const message = `an ${layer.type} layer that is not the first one`;
      yield { path: [...path, index], message, expected: "it first, where it reads the columns" };
    }
    const least = 2 * members * (train?.shards ?? 1);
    if (layer.type === "batch_norm" && train !== null && train.batch_size < least) {
      const message = `batch normalisation of ${train.shards > 1 ? "shards" : "batches"} of 1 row`;
      const expected = `train.batch_size of at least ${least}`;
      yield { path: [...path, index], message, expected };
    }
  }
}

function* loss({ data, loss }: Partial<Spec>): Iterable<Contradiction> {
  if (!loss || !data) return;
  const tasks = tasksOf(loss.name);
  if (data.task && !tasks.includes(data.task)) {
    const message = `${loss.name} is a loss for ${tasks.join(" or ")}, data.task is ${data.task}`;
    yield { path: ["loss"], message, expected: `one of ${lossesOf(data.task).join(", ")}` };
  }
  if ("class_weights" in loss && Array.isArray(loss.class_weights) && data.classes) {
    yield* counted(loss.class_weights, data.classes.length, ["loss", "class_weights"], "class");
  }
  if (loss.name === "quantile" && loss.quantiles && !areQuantiles(loss.quantiles)) {
    const message = `quantiles ${loss.quantiles.join(", ")}`;
    yield { path: ["loss", "quantiles"], message, expected: "two or more, ascending, with 0.5 among them" };
  }
  if (loss.name === "bce_with_logits" && Array.isArray(loss.pos_weight) && data.format === "csv") {
    yield* counted(loss.pos_weight, data.target.length, ["loss", "pos_weight"], "target");
  }
}

/** Refuses what works for a single target of classes; where the task follows from the data, it is refused later. */
function* severalTargets(spec: Partial<Spec>): Iterable<Contradiction> {
  const { data, loss, calibration } = spec;
  const targets = data?.format === "csv" ? data.target.length : null;
  if (!data?.task) return;
  const task = taskFor(data.task, targets ?? 1);
  if (!taskOf(task).hasSeveral) return;
  if (targets === 1) {
    const message = `data.task is ${task}, but there is only one target`;
    yield { path: ["data", "task"], message, expected: "classification" };
    return;
  }
  const found: readonly { path: Path; is: boolean }[] = [
    {
      path: ["loss", "class_weights"],
      is: loss != null && "class_weights" in loss && loss.class_weights !== null,
    },
    { path: ["calibration"], is: calibration != null },
    { path: ["data", "classes"], is: data.classes !== null },
    { path: ["data", "split", "stratify"], is: data.split.stratify === true },
  ];
  for (const { path, is } of found) {
    const message = `${path.join(".")} is for one target of classes, but the data has several`;
    if (is) yield { path, message, expected: "one of them" };
  }
}

function* counted(
  list: readonly unknown[],
  count: number,
  path: Path,
  what: string,
): Iterable<Contradiction> {
  if (list.length === count) return;
  yield {
    path,
    message: `${path.join(".")} has ${list.length} weights`,
    expected: `${count}, one for each ${what}`,
  };
}

/** A line search needs the loss's own gradient, over all rows. */
const notForSearches = ["accumulate", "clip_grad_norm", "clip_grad_value", "drop_last"] as const;

function* optimizer({ optimizer, train }: Partial<Spec>): Iterable<Contradiction> {
  if (optimizer?.name === "lbfgs" && train) {
    const given = notForSearches.filter(
      (key) => train[key] !== null && train[key] !== false && train[key] !== 1,
    );
    for (const key of given)
      yield {
        path: ["train", key],
        message: `train.${key} is set, but the optimizer lbfgs needs the unchanged gradient over all rows`,
        expected: "one of them",
      };
  }
  if (optimizer?.name !== "sgd" || !optimizer.nesterov) return;
  if (optimizer.momentum > 0 && optimizer.dampening === 0) return;
  const message = `nesterov with momentum ${optimizer.momentum} and dampening ${optimizer.dampening}`;
  yield {
    path: ["optimizer", "nesterov"],
    message,
    expected: "a momentum above 0 and no dampening",
  };
}

function* schedule({ schedule }: Partial<Spec>): Iterable<Contradiction> {
  if (!schedule) return;
  if (schedule.warmup_epochs > 0 && schedule.warmup_steps > 0) {
    const message = "warmup_epochs and warmup_steps are both given";
    yield { path: ["schedule", "warmup_steps"], message, expected: "one of them" };
  }
  if (schedule.name !== "multi_step") return;
  const index = schedule.milestones.findIndex((milestone, at, all) => at > 0 && milestone <= all[at - 1]!);
  if (index < 0) return;
  const message = `${schedule.milestones[index]} follows ${schedule.milestones[index - 1]}`;
  yield {
    path: ["schedule", "milestones", index],
    message,
    expected: "milestones in ascending order",
  };
}

function* train(spec: Partial<Spec>): Iterable<Contradiction> {
  if (!spec.train) return;
  const { epochs, max_steps, early_stopping, target, batch_size, shards } = spec.train;
  if (epochs === null && max_steps === null) {
    yield {
      path: ["train"],
      message: "train has neither epochs nor max_steps",
      expected: "one of them",
    };
  }
  if (shards > batch_size) {
    const message = `batches of ${batch_size} in ${shards} shards`;
    yield {
      path: ["train", "shards"],
      message,
      expected: `at most ${batch_size}, which train.batch_size says`,
    };
  }
  if (early_stopping) yield* watched(["train", "early_stopping"], early_stopping.metric, spec);
  if (target) yield* watched(["train", "target"], target.metric, spec);
}

/** An earlier model has seen rows that a fold is to be measured on. */
function* goingOn({ init, train, data }: Partial<Spec>): Iterable<Contradiction> {
  if (init?.name !== "file" || !init.continue) return;
  const path = ["init", "continue"];
  if (train?.folds) {
    const message = "train.folds measures models on rows that the one from which they go on may have seen";
    yield { path, message, expected: "one of train.folds and init.continue" };
  }
  if (data?.format === "csv" && data.stream) {
    const message = "data.stream fits columns anew, and init.continue keeps those of a model";
    yield { path, message, expected: "one of them" };
  }
}

function* search({ search, ...spec }: Partial<SpecFile>): Iterable<Contradiction> {
  if (!search) return;
  yield* comparedBy(search, spec);
  for (const [name, dimension] of Object.entries(search.space)) {
    const path = ["search", "space", name];
    const [root] = parsePath(name) ?? [];
    if (root === undefined || root === "search" || root === "name") {
      const message = `${JSON.stringify(name)} is not a value of the spec`;
      yield { path, message, expected: "a path such as optimizer.lr or model.hidden[0]" };
    }
    if (dimension.type === "choice") continue;
    const { min, max, scale } = dimension;
    if (min >= max) {
      const message = `a range from ${min} to ${max}`;
      yield { path, message, expected: "max to be above min" };
    }
    if (scale === "log" && min <= 0) {
      const message = `a logarithmic range from ${min}`;
      yield { path: [...path, "min"], message, expected: "min to be above 0" };
    }
  }
  if (search.method.name === "halving" && spec.train && spec.train.epochs === null) {
    const message = "halving counts epochs, but train.epochs is not given";
    yield { path: ["search", "method"], message, expected: "train.epochs" };
  }
}

/** What trials are compared by. */
function* comparedBy(
  { metric, method }: NonNullable<SpecFile["search"]>,
  spec: Partial<Spec>,
): Iterable<Contradiction> {
  const path = ["search", "metric"];
  if (!metric.startsWith("folds.")) yield* watched(["search"], metric, spec);
  else if (spec.data && !comparableFor(spec.data.task).includes(metric)) {
    const known = comparableFor(spec.data.task).filter((name) => name.startsWith("folds."));
    yield {
      path,
      message: `${metric} does not exist for ${spec.data.task}`,
      expected: `one of ${known.join(", ")}`,
    };
  } else if (!spec.train?.folds)
    yield { path, message: `${metric} is compared, but there are no folds`, expected: "train.folds: 5" };
  else if (method.name === "halving") {
    const message = `${metric} is known at the end of training, and halving compares trials before`;
    yield { path, message, expected: "another method, or a metric of validation" };
  }
}

function* watched(section: Path, metric: string, { data }: Partial<Spec>): Iterable<Contradiction> {
  if (!data) return;
  const path = [...section, "metric"];
  const known = watchableFor(data.task);
  if (!known.includes(metric)) {
    const message = `${metric} does not exist for ${data.task}`;
    yield { path, message, expected: `one of ${known.join(", ")}` };
  } else if (metric.startsWith("validation.") && !hasValidation(data)) {
    const expected = "data.split.validation above 0, or a metric of train";
    yield { path, message: `${metric} is monitored, but there are no validation rows`, expected };
  }
}

function hasValidation(data: Spec["data"]): boolean {
  const byColumn = data.format === "csv" && Object.values(data.columns).some(({ type }) => type === "split");
  return byColumn || data.validation !== null || data.split.validation > 0;
}
