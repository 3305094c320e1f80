/** What a spec comes to with its data: rows, columns, the network layer by layer, updates and memory. */
import { loadSpec } from "../../config/load.ts";
import { drawNetwork } from "../../report/network.ts";
import { facts } from "../../report/table.ts";
import { printable } from "../../report/terminal.ts";
import { bytes, count, counted } from "../../report/text.ts";
import { type CheckResult, check } from "../../run/check.ts";
import { notesOn } from "../notices.ts";
import { drawProfile } from "./columnProfiles.ts";
import type { Inspected } from "./kind.ts";
import { drawInputs, onlyClasses, targetText } from "./modelColumns.ts";
import { layersAsJson, networkDrawing } from "./networkLayers.ts";

export interface InspectedSpec extends Inspected {
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** Throws what training would throw before its first step. */
export async function inspectSpec(
  file: string,
  { set = [], strict = false }: { set?: readonly string[]; strict?: boolean },
  version: string,
): Promise<InspectedSpec> {
  const spec = loadSpec(file, { set });
  const result = await check(spec, version, { strict });
  const { start, preprocessing, model, loss, memory, warnings, profile } = result;
  const { inputs, target } = preprocessing;
  return {
    warnings,
    notes: notesOn(spec),
    json: {
      kind: "spec",
      file,
      name: start.name,
      task: start.task,
      rows: start.rows,
      columns: inputs.kind === "columns" ? inputs.columns.map(({ name, type }) => ({ name, type })) : null,
      shape: inputs.kind === "array" ? inputs.shape : null,
      target,
      classes: onlyClasses(target),
      inputs: start.inputs,
      outputs: start.outputs,
      loss,
      parameters: start.parameters,
      layers: layersAsJson(model),
      epochs: start.epochs,
      batch_size: result.batchSize,
      updates_per_epoch: start.updates_per_epoch,
      updates: result.updates,
      memory: { ...memory, total: totalOf(memory) },
      warnings,
      profile,
    },
    draw: (style, width) => [
      ...facts(factsOf(result), style.dim),
      ...(profile ? ["", ...drawProfile(profile, style, width)] : []),
      "",
      ...drawInputs(preprocessing, style, width),
      "",
      ...drawNetwork(networkDrawing(model, loss), style, width),
    ],
  };
}

function factsOf({ start, preprocessing, batchSize, updates, memory }: CheckResult): [string, string][] {
  const rows = Object.entries(start.rows).map(([split, size]) => `${count(size)} ${split}`);
  const perEpoch = `${count(start.updates_per_epoch)} per epoch of batches of ${count(batchSize)}`;
  const parts = [
    `${bytes(memory.data)} data`,
    `${bytes(memory.parameters)} parameters, gradient and optimizer`,
    `${bytes(memory.activations)} activations`,
  ];
  return [
    ["spec", `${printable(start.name)}, ${start.task}`],
    ["rows", rows.join(" + ")],
    ["target", targetText(preprocessing.target)],
    ["updates", `${count(updates)} in ${counted(start.epochs, "epoch")}: ${perEpoch}`],
    ["memory", `about ${bytes(totalOf(memory))}: ${parts.join(", ")}`],
  ];
}

function totalOf({ data, parameters, activations }: CheckResult["memory"]): number {
  return data + parameters + activations;
}
