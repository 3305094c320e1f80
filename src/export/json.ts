/** `--to json`: everything about a model in one readable document; docs/export.md describes it. */
import type { NamedTensor } from "../model/tensors.ts";
import { plainInputs, plainTarget } from "./plain.ts";
import type { Portable, PortableLayer, PortableSpec } from "./portable.ts";

/** The document in pieces, so that no text becomes longer than a tensor's row. */
export function* jsonOf({ name, preprocessing, layers }: Portable, version: string): Generator<string> {
  const plain = { ...plainInputs(preprocessing), target: plainTarget(preprocessing) };
  const head = { format: "nnt-model", version: 1, nnt: version, name, ...plain };
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "layers": `;
  yield* layersOf(layers, "  ");
  yield "\n}\n";
}

function* layersOf(layers: readonly PortableLayer[], indent: string): Generator<string> {
  yield "[";
  for (const [index, { spec, tensors, layers: inner, members }] of layers.entries()) {
    const { layers: _, ...options } = withLayers(spec);
    yield `${index > 0 ? "," : ""}\n${indent}  ${JSON.stringify(options).slice(0, -1)}`;
    for (const [name, tensor] of Object.entries(tensors)) {
      yield `,\n${indent}    ${JSON.stringify(name)}: `;
      yield* rowsOf(tensor, `${indent}    `);
    }
    if (inner.length > 0) {
      yield `,\n${indent}    "layers": `;
      yield* layersOf(inner, `${indent}    `);
    }
    for (const [member, own] of members.entries()) {
      yield member === 0 ? `,\n${indent}    "members": [` : ", ";
      yield* layersOf(own, `${indent}    `);
      if (member === members.length - 1) yield "]";
    }
    yield "}";
  }
  yield `\n${indent}]`;
}

const withLayers = (spec: PortableSpec): PortableSpec & { layers?: unknown } => spec;

function* rowsOf({ shape, values }: NamedTensor, indent: string): Generator<string> {
  if (shape.length < 2) return yield numbers(values);
  const [rows = 0, cols = 0] = shape;
  yield "[";
  for (let row = 0; row < rows; row++) {
    yield `${row > 0 ? "," : ""}\n${indent}  ${numbers(values.subarray(row * cols, (row + 1) * cols))}`;
  }
  yield "]";
}

function numbers(values: Float32Array | Float64Array): string {
  return `[${Array.from(values, shortest).join(",")}]`;
}

/** The fewest digits that give the 32-bit float back. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
