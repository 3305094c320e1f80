/** A model as plain JSON, without its weights: what the JavaScript and Python exports carry. */

import {
  type InputColumn,
  levelNumbers,
  type Preprocessing,
  type Target,
  unseenNumber,
  valueWidth,
} from "../data/preprocessing/preprocessing.ts";
import { canonicalLabel, isDecimal } from "../data/table/labels.ts";
import type { NamedTensor } from "../model/tensors.ts";
import type { Portable, PortableLayer } from "./portable.ts";

const unscaled = { name: "none", center: 0, scale: 1 } as const;

/** Inputs and answers, with everything derived written out. */
export function plainPreprocessing({ inputs, target: fitted, calibration }: Preprocessing) {
  const { temperature, thresholds } = calibration ?? {};
  const target = { ...fitted, ...(temperature && { temperature }), ...(thresholds && { thresholds }) };
  const isArray = inputs.kind === "array";
  return {
    columns: isArray ? null : inputs.columns.map(plainColumn),
    shape: isArray ? inputs.shape : null,
    scaling: isArray ? inputs.scaling : null,
    ...(isArray && inputs.deskew && { deskew: inputs.deskew }),
    target: withLabels(target),
  };
}

/** Beside the classes, what predictions call them. */
function withLabels<T extends Target>(target: T) {
  if (target.task === "classification") return { ...target, labels: labelsOf(target.classes) };
  if (target.task !== "multioutput") return target;
  const columns = target.columns.map((column) => ({ ...column, labels: labelsOf(column.classes) }));
  return { ...target, columns };
}

/** The layers' options, and where in all weights, one after the other, their tensors are. */
export function plainLayers({ layers, tensors }: Portable) {
  const offsets = new Map<NamedTensor, number>();
  let size = 0;
  for (const tensor of tensors) {
    offsets.set(tensor, size);
    size += tensor.values.length;
  }
  return plainLayersAt(layers, offsets);
}

/** Classes as predictions name them: numbers if all are. */
export function labelsOf(classes: readonly string[]): readonly (string | number)[] {
  const areNumbers = classes.every((label) => isDecimal(label) && canonicalLabel(label) === label);
  return areNumbers ? classes.map(Number) : classes;
}

/** JSON that can stand in a script, in a page too. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

function plainColumn(column: InputColumn) {
  const { type, name, missingValues: missing, fill, indicator } = column;
  const common = { type, name, missing, fill, indicator };
  if (column.type === "number") return { ...common, scaling: column.scaling, expansion: column.expansion };
  if (column.type === "boolean") return { ...common, scaling: unscaled };
  return {
    ...common,
    scaling: column.ordinal,
    levels: [...levelNumbers(column)],
    unseen: unseenNumber(column),
    slots: valueWidth(column),
    refusesUnseen: column.refusesUnseen,
  };
}

interface PlainLayer {
  readonly type: string;
  readonly tensors: Record<string, { offset: number; shape: readonly number[] }>;
  readonly layers: PlainLayer[];
  readonly members: PlainLayer[][];
}

function plainLayersAt(
  layers: readonly PortableLayer[],
  offsets: ReadonlyMap<NamedTensor, number>,
): PlainLayer[] {
  return layers.map(({ spec, tensors, layers, members }) => ({
    ...spec,
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name,
        { offset: offsets.get(tensor)!, shape: tensor.shape },
      ]),
    ),
    layers: plainLayersAt(layers, offsets),
    members: members.map((member) => plainLayersAt(member, offsets)),
  }));
}
