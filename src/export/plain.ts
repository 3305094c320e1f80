/** A model as plain JSON, without its weights: what exports carry. */

import {
  type InputColumn,
  levelNumbers,
  type Preprocessing,
  unseenNumber,
  valueWidth,
} from "../data/preprocessing/preprocessing.ts";
import { canonicalLabel, isDecimal } from "../data/table/labels.ts";
import type { NamedTensor } from "../model/tensors.ts";
import { answersOf } from "../tasks/tasks.ts";
import type { Portable, PortableLayer } from "./portable.ts";

const unscaled = { name: "none", center: 0, scale: 1 } as const;

/** What becomes of inputs, with everything derived written out. */
export function plainInputs({ inputs }: Pick<Preprocessing, "inputs">) {
  const isArray = inputs.kind === "array";
  return {
    columns: isArray ? null : inputs.columns.map(plainColumn),
    shape: isArray ? inputs.shape : null,
    scaling: isArray ? inputs.scaling : null,
    ...(isArray && inputs.deskew && { deskew: inputs.deskew }),
  };
}

/** What outputs are read as, and what predictions call classes: what JavaScript and Python decode by. */
export function plainAnswers({ target, calibration }: Pick<Preprocessing, "target" | "calibration">) {
  const answers = answersOf(target);
  return { ...answers, labels: answers.classes?.map(labelsOf) ?? null, ...fitted(calibration) };
}

/** The target as the model file has it, with what predictions call its classes beside them. */
export function plainTarget({ target, calibration }: Pick<Preprocessing, "target" | "calibration">) {
  const whole = withLabels({ ...target, ...fitted(calibration) } as Part);
  return whole.columns ? { ...whole, columns: whole.columns.map(withLabels) } : whole;
}

function fitted(calibration: Preprocessing["calibration"]) {
  const { temperature, thresholds } = calibration ?? {};
  return { ...(temperature && { temperature }), ...(thresholds && { thresholds }) };
}

interface Part {
  readonly classes?: readonly string[];
  readonly columns?: readonly Part[];
}

function withLabels(part: Part): Part & { readonly labels?: ReturnType<typeof labelsOf> } {
  return part.classes ? { ...part, labels: labelsOf(part.classes) } : part;
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
  if (column.type === "text") return { ...common, texts: column.texts };
  if (column.type === "date") return { ...common, format: column.format, dates: column.dates };
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
