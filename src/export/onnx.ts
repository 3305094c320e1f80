/** `--to onnx`: preprocessing, network and answers in one graph that any ONNX runtime runs. */
import { Graph } from "./onnx/graph.ts";
import { writeInputs } from "./onnx/inputs.ts";
import { writeLayers } from "./onnx/layers.ts";
import { writeOutputs } from "./onnx/outputs.ts";
import type { Portable } from "./portable.ts";

/** The file's bytes in pieces. */
export function onnxOf({ name, preprocessing, layers }: Portable, version: string): Uint8Array[] {
  const graph = new Graph();
  const X = writeInputs(graph, preprocessing.inputs);
  writeOutputs(graph, writeLayers(graph, X, layers), preprocessing);
  return graph.model(name, version, metadataOf(preprocessing)).chunks;
}

/** What the outputs' columns stand for, for programs: JSON lists of texts. */
function metadataOf({ target }: Portable["preprocessing"]): Record<string, string> {
  const { task } = target;
  if (task === "classification") return { task, classes: JSON.stringify(target.classes) };
  if (task === "multioutput") {
    const classes = Object.fromEntries(target.columns.map(({ name, classes }) => [name, classes]));
    return { task, classes: JSON.stringify(classes) };
  }
  const names = task === "multilabel" ? target.names : target.columns.map(({ name }) => name);
  return { task, targets: JSON.stringify(names) };
}
