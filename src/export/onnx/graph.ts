/**
 * An ONNX graph under construction: values by name, nodes in order of computation, constants.
 * Field numbers from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { Message } from "../../support/protobuf.ts";

/** TensorProto.DataType. */
export const elementTypes = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof elementTypes;

/** Operators as of ONNX 1.12 (2022), which has LayerNormalization; LabelEncoder is of the other domain. */
const opset = 17;
const machineLearningOpset = 2;
const irVersion = 8;
const machineLearning = "ai.onnx.ml";

/** A value in the graph; what makes one gives it. */
export type Name = string;

/** An attribute's kind follows from its value, but a whole number may be meant as a float. */
type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] };

type Attributes = Readonly<Record<string, Attribute>>;

export class Graph {
  private readonly nodes: Message[] = [];
  private readonly initializers: Message[] = [];
  private readonly inputs: Message[] = [];
  private readonly outputs: Message[] = [];
  private readonly taken = new Set<Name>();
  private readonly known = new Map<string, Name>();

  /** A tensor that the graph is given, [rows, …shape]. */
  input(name: string, type: ElementType, shape: readonly number[]): Name {
    const free = this.free(name);
    this.inputs.push(valueInfo(free, type, shape));
    return free;
  }

  /** Makes a value an output of the graph, [rows, …shape]. */
  output(name: string, value: Name, type: ElementType, shape: readonly number[]): void {
    const free = this.free(name);
    this.addNode("Identity", [value], [free], {}, "");
    this.outputs.push(valueInfo(free, type, shape));
  }

  node(type: string, inputs: readonly Name[], attributes: Attributes = {}): Name {
    const output = this.free(`/${type}`);
    this.addNode(type, inputs, [output], attributes, "");
    return output;
  }

  /** Texts or whole numbers to other such, by a table. */
  lookUp(value: Name, attributes: Attributes): Name {
    const output = this.free("/LabelEncoder");
    this.addNode("LabelEncoder", [value], [output], attributes, machineLearning);
    return output;
  }

  cast(value: Name, to: ElementType): Name {
    return this.node("Cast", [value], { to: { int: elementTypes[to] } });
  }

  /** Values side by side, [rows, …]. */
  concat(values: readonly Name[]): Name {
    return values.length === 1 ? values[0]! : this.node("Concat", values, { axis: { int: 1 } });
  }

  /** The left and the right half of the columns. */
  halves(value: Name): readonly [Name, Name] {
    const [left, right] = [this.free("/Split"), this.free("/Split")];
    this.addNode("Split", [value], [left, right], { axis: { int: 1 } }, "");
    return [left, right];
  }

  weights(name: string, values: Float32Array | Float64Array, shape: readonly number[]): Name {
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    return this.initializer(this.free(name), "float", littleEndian(floats), shape);
  }

  /** Numbers that are part of the computation; equal ones are stored once. */
  constant(type: "float" | "double" | "int64", values: readonly number[], shape: readonly number[]): Name {
    const key = `${type} ${shape} ${values.map((value) => (Object.is(value, -0) ? "-0" : value))}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const array =
      type === "float"
        ? Float32Array.from(values)
        : type === "double"
          ? Float64Array.from(values)
          : BigInt64Array.from(values, BigInt);
    const name = this.initializer(this.free("/constant"), type, littleEndian(array), shape);
    this.known.set(key, name);
    return name;
  }

  /** The whole file. */
  model(name: string, producerVersion: string, metadata: Readonly<Record<string, string>>): Message {
    const graph = new Message();
    for (const node of this.nodes) graph.message(1, node);
    graph.text(2, name);
    for (const initializer of this.initializers) graph.message(5, initializer);
    for (const input of this.inputs) graph.message(11, input);
    for (const output of this.outputs) graph.message(12, output);
    const model = new Message().int(1, irVersion).text(2, "nnt").text(3, producerVersion).message(7, graph);
    model.message(8, new Message().text(1, "").int(2, opset));
    model.message(8, new Message().text(1, machineLearning).int(2, machineLearningOpset));
    for (const [key, value] of Object.entries(metadata))
      model.message(14, new Message().text(1, key).text(2, value));
    return model;
  }

  private addNode(
    type: string,
    inputs: readonly Name[],
    outputs: readonly Name[],
    attributes: Attributes,
    domain: string,
  ): void {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const output of outputs) node.text(2, output);
    node.text(3, outputs[0]!).text(4, type);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    this.nodes.push(node.text(7, domain));
  }

  private initializer(name: Name, type: ElementType, bytes: Uint8Array, shape: readonly number[]): Name {
    const tensor = new Message();
    for (const size of shape) tensor.int(1, size);
    this.initializers.push(tensor.int(2, elementTypes[type]).text(8, name).bytes(9, bytes));
    return name;
  }

  /** The name itself, or with a number behind it where a value has it already. */
  private free(name: string): Name {
    let free = name;
    for (let n = 1; free === "" || this.taken.has(free); n++) free = `${name}_${n}`;
    this.taken.add(free);
    return free;
  }
}

function attribute(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if ("int" in value) return message.int(3, value.int).int(20, 2);
  if ("float" in value) return message.float(2, value.float).int(20, 1);
  if ("ints" in value) {
    for (const int of value.ints) message.int(8, int);
    return message.int(20, 7);
  }
  if ("floats" in value) {
    for (const float of value.floats) message.float(7, float);
    return message.int(20, 6);
  }
  for (const text of value.strings) message.text(9, text);
  return message.int(20, 8);
}

function valueInfo(name: Name, type: ElementType, shape: readonly number[]): Message {
  const rows = new Message().text(2, "rows");
  const sizes = new Message().message(1, rows);
  for (const size of shape) sizes.message(1, new Message().int(1, size));
  const tensor = new Message().int(1, elementTypes[type]).message(2, sizes);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}

function littleEndian(values: Float32Array | Float64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
