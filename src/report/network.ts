/** A network drawn layer by layer: what each gives out, and what it holds. Knows no model, only rows. */
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { bytes, count, shape } from "./text.ts";

interface LayerDrawing {
  /** `linear`, `dropout 0.2`, … */
  readonly label: string;
  /** Columns of its output; null where it is not known without the data. */
  readonly width: number | null;
  /** What it holds and training changes. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface NetworkDrawing {
  readonly inputs: number | null;
  readonly layers: readonly LayerDrawing[];
  /** What stands at the end: the loss. */
  readonly loss: string;
}

const bytesPerParameter = 4;

/** B stands for the rows of a batch. */
export function drawNetwork({ inputs, layers, loss }: NetworkDrawing, style: Style, width: number): string[] {
  const output = (columns: number | null) => `[B, ${columns ?? "?"}]`;
  const rows = [
    ["", "input", output(inputs), "", ""],
    ...layers.map(({ label, width, parameters }, index) => [
      String(index),
      label,
      output(width),
      parameters.length > 0 ? count(sizeOf(parameters)) : "",
      parameters.map(({ name, shape: sizes }) => `${name} ${shape(sizes)}`).join("  "),
    ]),
    ["", loss, "[1]", "", ""],
  ];
  const columns = [
    { align: "right", paint: style.dim },
    { title: "layer", least: 10 },
    { title: "output" },
    { title: "parameters", align: "right" },
    { title: "tensors", least: 0, paint: style.dim },
  ] as const;
  const total = layers.reduce((sum, layer) => sum + sizeOf(layer.parameters), 0);
  const size = `${count(total)} parameters (${bytes(total * bytesPerParameter)})`;
  return [...table(columns, rows, { width, title: style.dim }), "", style.bold(size)];
}

function sizeOf(parameters: LayerDrawing["parameters"]): number {
  return parameters.reduce(
    (sum, { shape: sizes }) => sum + sizes.reduce((product, size) => product * size, 1),
    0,
  );
}
