/**
 * Training that goes on from an earlier model with other data: its weights where columns, classes and layers are the
 * same, by their names; fresh ones for what is new.
 */
import type { LayerSpec, Spec } from "../config/schema.ts";
import { placeFile } from "../data/formats/files.ts";
import { inputNames, type Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { readModel, type SavedModel } from "../evaluate/savedModel.ts";
import type { Model } from "../model/model.ts";
import { checkTensors, elements, type NamedTensor } from "../model/tensors.ts";
import { exitCodes, UserError } from "../support/errors.ts";
import { answersOf } from "../tasks/tasks.ts";

/** The model that a spec's `init` goes on from. @throws UserError: model, io */
export function earlierModel({
  spec: { init },
  baseDirectory,
}: {
  readonly spec: Pick<Spec, "init">;
  readonly baseDirectory: string;
}): SavedModel | null {
  if (init.name !== "file" || !init.continue) return null;
  return readModel(placeFile(init.from, baseDirectory));
}

/**
 * What a model, built with fresh weights, is to start from.
 * @throws UserError: model, for layers that differ; usage, for a network whose ends do not tell columns and classes apart
 */
export async function continued(
  { checkpoint, preprocessing: before, path }: SavedModel,
  now: { readonly model: Model; readonly preprocessing: Preprocessing },
): Promise<{ tensors: NamedTensor[]; notes: string[] }> {
  const layers = now.model.description.layers.map(({ spec }) => spec);
  const inputs = difference(inputKeys(before), inputKeys(now.preprocessing));
  const outputs = difference(outputKeys(before), outputKeys(now.preprocessing));
  const first = inputs.isSame ? [] : endOf(layers, "first", "columns");
  const last = outputs.isSame ? [] : endOf(layers, "last", "classes");
  const given = new Map(
    [...checkpoint.parameters, ...checkpoint.buffers].map((tensor) => [tensor.name, tensor]),
  );
  const fresh = (await now.model.tensors()).map(({ name, shape, values }) => ({
    name,
    shape,
    values: values.slice(),
  }));
  const placed = fresh.map((tensor) => {
    const layer = tensor.name.slice(0, tensor.name.lastIndexOf("."));
    const isWeight = tensor.shape.length === 2;
    const rows = last.includes(layer) ? outputs : null;
    const columns = isWeight && first.includes(layer) ? inputs : null;
    return { tensor, rows, columns };
  });
  // As the earlier model has to have them.
  const wanted = placed.map(({ tensor: { name, shape }, rows, columns }) => {
    const [out, ...rest] = shape;
    return { name, shape: [rows?.before ?? out!, ...(columns ? [columns.before] : rest)] };
  });
  checkTensors(wanted, [...given.values()], path);
  const tensors = placed.map(({ tensor, rows, columns }) =>
    mixed(tensor, given.get(tensor.name)!, rows?.from ?? null, columns?.from ?? null),
  );
  return { tensors, notes: [...notesOf("column", inputs), ...notesOf("output", outputs)] };
}

interface Difference {
  readonly isSame: boolean;
  /** How many there were. */
  readonly before: number;
  /** Of each one now, its number before; -1 if it is new. */
  readonly from: readonly number[];
  readonly fresh: readonly string[];
  readonly gone: readonly string[];
}

function difference(before: readonly string[], now: readonly string[]): Difference {
  const places = new Map(before.map((key, index) => [key, index]));
  const from = now.map((key) => places.get(key) ?? -1);
  const isSame = before.length === now.length && from.every((place, index) => place === index);
  const kept = new Set(now);
  return {
    isSame,
    before: before.length,
    from,
    fresh: now.filter((_, index) => from[index] === -1),
    gone: before.filter((key) => !kept.has(key)),
  };
}

/** Inputs by name; what a column is belongs to it, as a number's weight is none of a category's. */
function inputKeys({ inputs }: Preprocessing): string[] {
  if (inputs.kind === "array") return inputNames({ inputs });
  return inputs.columns.flatMap((column) =>
    inputNames({ inputs: { kind: "columns", columns: [column] } }).map((name) =>
      name.startsWith(`${column.name}=`) ? name : `${name} (${column.type})`,
    ),
  );
}

function outputKeys({ target }: Preprocessing): string[] {
  const { names, classes, outputs, quantiles } = answersOf(target);
  if (classes && outputs === classes.flat().length)
    return classes.flatMap((labels, t) => labels.map((label) => `${names[t]}=${label}`));
  if (quantiles) return names.flatMap((name) => quantiles.map((q) => `${name} (quantile ${q})`));
  if (outputs === names.length) return [...names];
  if (outputs === 2 * names.length) return [...names, ...names.map((name) => `${name} (variance)`)];
  return Array.from({ length: outputs }, (_, index) => `${names.join("+")} ${index}`);
}

/** Names of the linear layers that read the inputs, or give the outputs, one by one. */
function endOf(
  layers: readonly LayerSpec[],
  end: "first" | "last",
  what: string,
  prefix = "layers",
): string[] {
  const numbered = [...layers.entries()];
  if (end === "last") numbered.reverse();
  for (const [index, layer] of numbered) {
    const place = `${prefix}.${index}`;
    if (layer.type === "linear") return [place];
    if (layer.type === "ensemble" && !layer.shared)
      return Array.from({ length: layer.members }, (_, member) =>
        endOf(layer.layers, end, what, `${place}.${member}`),
      ).flat();
    if (layer.type !== "dropout" && layer.type !== "gaussian_noise") break;
  }
  throw new UserError(exitCodes.usage, {
    message: `the data has other ${what} than the model that training goes on from, and the network's ${end} layer is not linear`,
    expected: `the same ${what}, or a network that ${end === "first" ? "begins" : "ends"} with a linear layer`,
  });
}

/** The earlier tensor's numbers where there are some, else the fresh ones. */
function mixed(
  { name, shape, values }: NamedTensor,
  before: NamedTensor,
  rows: readonly number[] | null,
  columns: readonly number[] | null,
): NamedTensor {
  if (!rows && !columns) return { name, shape, values: before.values };
  const [out = 1, width = 1] = shape;
  const earlierWidth = elements(before.shape.slice(1));
  for (let row = 0; row < out; row++) {
    const fromRow = rows ? rows[row]! : row;
    for (let column = 0; fromRow >= 0 && column < width; column++) {
      const fromColumn = columns ? columns[column]! : column;
      if (fromColumn >= 0) values[row * width + column] = before.values[fromRow * earlierWidth + fromColumn]!;
    }
  }
  return { name, shape, values };
}

/** Names told one by one. */
const mostNamed = 12;

function notesOf(what: "column" | "output", { fresh, gone }: Difference): string[] {
  const named = (names: readonly string[]) =>
    names
      .slice(0, mostNamed)
      .map((name) => JSON.stringify(name))
      .join(", ") + (names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "");
  const plural = (names: readonly string[]) => (names.length === 1 ? what : `${what}s`);
  const isOne = (names: readonly string[]) => names.length === 1;
  return [
    ...(fresh.length > 0
      ? [
          `new ${plural(fresh)} ${named(fresh)}: ${isOne(fresh) ? "its weights start" : "their weights start"} afresh`,
        ]
      : []),
    ...(gone.length > 0
      ? [
          `${plural(gone)} ${named(gone)} of the earlier model ${isOne(gone) ? "is" : "are"} not in the data: ${isOne(gone) ? "its" : "their"} weights are left out`,
        ]
      : []),
  ];
}
