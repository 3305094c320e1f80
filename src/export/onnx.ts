/** `--to onnx`: preprocessing, network and answers in one graph that any ONNX runtime runs. */
import { writeLayers } from "./layers.ts";
import { Graph } from "./onnx/graph.ts";
import { writeInputs } from "./onnx/inputs.ts";
import { metadataOf, writeOutputs } from "./onnx/outputs.ts";
import type { Portable } from "./portable.ts";

/** The file's bytes in pieces. */
export function onnxOf({ name, preprocessing, layers }: Portable, version: string): Uint8Array[] {
  const graph = new Graph();
  const X = writeInputs(graph, preprocessing.inputs);
  writeOutputs(graph, writeLayers(graph, X, layers), preprocessing);
  return graph.model(name, version, metadataOf(preprocessing)).chunks;
}
