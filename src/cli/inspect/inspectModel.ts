/** What a model file holds: the network with its tensors, the columns it takes, what it answers. */

import { describeSafetensors } from "../../checkpoint/safetensors.ts";
import type { Header, TensorEntry } from "../../checkpoint/safetensorsHeader.ts";
import { inputWidth, outputWidth } from "../../data/preprocessing/preprocessing.ts";
import { readModel, type SavedModel } from "../../evaluate/savedModel.ts";
import { describeModel } from "../../model/describe.ts";
import { drawNetwork } from "../../report/network.ts";
import type { Style } from "../../report/style.ts";
import { facts, table } from "../../report/table.ts";
import { printable } from "../../report/terminal.ts";
import { bytes, count, counted, shape } from "../../report/text.ts";
import type { Inspected } from "./kind.ts";
import { drawInputs, onlyClasses, targetText } from "./modelColumns.ts";
import { layersAsJson, networkDrawing } from "./networkLayers.ts";

/** Throws UserError(model) for a damaged file. */
export function inspectModel(file: string): Inspected {
  const header = describeSafetensors(file);
  const isOurs = header.metadata.has("format_version") || file.endsWith(".ckpt");
  return isOurs ? inspectSaved(readModel(file)) : inspectTensors(file, header);
}

function inspectSaved({ path, checkpoint, preprocessing, layers, loss }: SavedModel): Inspected {
  const network = describeModel(layers, inputWidth(preprocessing), outputWidth(preprocessing));
  const { name } = checkpoint.spec as { name?: unknown };
  const { epoch, step } = checkpoint.training as { epoch?: unknown; step?: unknown };
  const { inputs, target } = preprocessing;
  return {
    json: {
      kind: "model",
      file: path,
      name,
      task: target.task,
      epoch,
      step,
      parameters: network.parameterCount,
      layers: layersAsJson(network),
      tensors: checkpoint.layout.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      inputs: network.inputWidth,
      outputs: network.outputWidth,
      columns: inputs.kind === "columns" ? inputs.columns.map(({ name, type }) => ({ name, type })) : null,
      shape: inputs.kind === "array" ? inputs.shape : null,
      target,
      classes: onlyClasses(target),
      bytes: checkpoint.bytes,
      sha256: checkpoint.digests.sha256,
      weights_sha256: checkpoint.digests.weights,
      nnt: checkpoint.nnt,
      spec: checkpoint.spec,
    },
    draw: (style, width) => [
      ...facts(
        [
          ["model", `${style.bold(printable(String(name)))}, ${target.task}`],
          ["trained", `${counted(Number(epoch), "epoch")}, ${counted(Number(step), "update")}`],
          ["predicts", targetText(target)],
          ["file", `${bytes(checkpoint.bytes)}, written by nnt ${printable(checkpoint.nnt)}`],
          ["weights", `sha256 ${checkpoint.digests.weights}`],
          ...optimizerText(checkpoint.layout),
        ],
        style.dim,
      ),
      "",
      ...drawInputs(preprocessing, style, width),
      "",
      ...drawNetwork(networkDrawing(network, loss.name), style, width),
    ],
  };
}

/** `8 tensors of the optimizer (exp_avg, exp_avg_sq) with 262 values`; nothing where there are none. */
function optimizerText(layout: readonly TensorEntry[]): [string, string][] {
  const tensors = layout.filter(({ name }) => name.startsWith("optimizer."));
  if (tensors.length === 0) return [];
  const slots = [...new Set(tensors.map(({ name }) => name.split(".")[1]))].join(", ");
  const values = tensors.reduce((sum, { shape }) => sum + elements(shape), 0);
  const what = `${counted(tensors.length, "tensor")} (${printable(slots)}) with ${counted(values, "value")}`;
  return [["optimizer", what]];
}

/** A safetensors file of any writer. */
function inspectTensors(file: string, { tensors, metadata }: Header): Inspected {
  const values = tensors.reduce((sum, { shape }) => sum + elements(shape), 0);
  return {
    json: {
      kind: "tensors",
      file,
      parameters: values,
      tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      metadata: Object.fromEntries(metadata),
    },
    draw: (style, width) => [
      ...drawTensors(tensors, style, width),
      "",
      style.bold(`${counted(tensors.length, "tensor")}, ${counted(values, "value")}`),
    ],
  };
}

function drawTensors(tensors: readonly TensorEntry[], style: Style, width: number): string[] {
  const columns = [
    { title: "tensor", least: 12 },
    { title: "type" },
    { title: "shape" },
    { title: "values", align: "right" },
  ] as const;
  const rows = tensors.map(({ name, dtype, shape: sizes }) => {
    return [printable(name), dtype, shape(sizes), count(elements(sizes))];
  });
  return table(columns, rows, { width, title: style.dim });
}

function elements(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}
