/**
 * Preprocessing as ONNX operators: a tensor [rows, 1] per column, texts and numbers as they are, becomes the
 * network's input. A missing number is NaN, a missing text is empty; a boolean is a number, 0 or 1. Numbers are
 * floats, but doubles where floats could not tell a column's values apart.
 */
import { numberOf } from "../../data/formats/number.ts";
import {
  type CategoryColumn,
  type ColumnScaling,
  type Expansion,
  type InputColumn,
  isLinear,
  levelNumbers,
  type Preprocessing,
  type Scaling,
  unseenNumber,
  valueWidth,
} from "../../data/preprocessing/preprocessing.ts";
import { needsDoubles } from "../../tasks/task.ts";
import type { Graph, Name } from "./graph.ts";
import { normalRank } from "./quantiles.ts";

/** What a column of numbers or booleans needs. */
interface Numbers {
  readonly scaling: ColumnScaling;
  readonly expansion: Expansion | null;
  /** NaN if a missing value has no stand-in: the answers are then NaN, too. */
  readonly fill: number;
  /** Numbers that mean a missing value, too. */
  readonly sentinels: readonly number[];
  readonly indicator: boolean;
}

/** Declares the inputs and writes the way from them to X, float [rows, inputs]. */
export function writeInputs(graph: Graph, inputs: Preprocessing["inputs"]): Name {
  if (inputs.kind === "array") {
    const type = isTooFine(inputs.scaling, null) ? "double" : "float";
    const values = graph.node("Flatten", [graph.input("input", type, inputs.shape)]);
    return graph.cast(scaled(graph, graph.cast(values, "double"), inputs.scaling), "float");
  }
  const named = inputs.columns.map((column) => ({
    column,
    value: graph.input(column.name, inputType(column), [1]),
  }));
  const parts: Name[] = [];
  for (let at = 0; at < named.length; ) {
    const run = named.slice(at).findIndex(({ column }) => !isPlain(column));
    const plain = named.slice(at, run < 0 ? undefined : at + run);
    if (plain.length > 0) parts.push(writePlain(graph, plain));
    else parts.push(...writeColumn(graph, named[at]!.value, named[at]!.column));
    at += Math.max(plain.length, 1);
  }
  return graph.concat(parts);
}

function inputType(column: InputColumn): "string" | "float" | "double" {
  if (column.type === "category") return "string";
  const { scaling, expansion } = numbersOf(column);
  return isTooFine(scaling, expansion) ? "double" : "float";
}

/** Whether floats would blur what the column's values are scaled by. */
function isTooFine(scaling: ColumnScaling, expansion: Expansion | null): boolean {
  if (expansion?.name === "piecewise_linear") {
    const { edges } = expansion;
    const gaps = edges.slice(1).map((edge, piece) => edge - edges[piece]!);
    return needsDoubles({ center: Math.max(...edges.map(Math.abs)), scale: Math.min(...gaps) });
  }
  if (scaling.name === "quantile_normal") {
    const { quantiles } = scaling;
    return new Set(quantiles).size > new Set(quantiles.map(Math.fround)).size;
  }
  return scaling.name !== "log" && needsDoubles(scaling);
}

function numbersOf(column: Exclude<InputColumn, CategoryColumn>): Numbers {
  const { fill, indicator } = column;
  const isNumber = column.type === "number";
  return {
    scaling: isNumber ? column.scaling : { name: "none", center: 0, scale: 1 },
    expansion: (isNumber && column.expansion) || null,
    fill: fill ?? Number.NaN,
    sentinels: isNumber ? numbersAmong(column.missingValues) : [],
    indicator,
  };
}

/** Whether the column can be computed together with its neighbours: linear scaling and nothing else. */
function isPlain(column: InputColumn): column is Exclude<InputColumn, CategoryColumn> {
  if (column.type === "category") return false;
  const { scaling, expansion, sentinels, indicator } = numbersOf(column);
  return isLinear(scaling) && !expansion && sentinels.length === 0 && !indicator;
}

/** Neighbours that are plain numbers, side by side. */
function writePlain(graph: Graph, named: readonly { column: InputColumn; value: Name }[]): Name {
  const isMixed = named.some(({ column }) => inputType(column) === "double");
  const X = graph.concat(named.map(({ value }) => (isMixed ? graph.cast(value, "double") : value)));
  const columns = named.map(({ column }) => numbersOf(column as Exclude<InputColumn, CategoryColumn>));
  const row = (values: number[]) => graph.constant("double", values, [1, values.length]);
  const fill = row(columns.map(({ fill }) => fill));
  const scalings = columns.map(({ scaling }) => scaling as Scaling);
  const filled = graph.node("Where", [graph.node("IsNaN", [X]), fill, graph.cast(X, "double")]);
  const moved = graph.node("Sub", [filled, row(scalings.map(({ center }) => center))]);
  return graph.cast(graph.node("Div", [moved, row(scalings.map(({ scale }) => scale))]), "float");
}

function writeColumn(graph: Graph, value: Name, column: InputColumn): Name[] {
  if (column.type === "category") return writeCategory(graph, value, column);
  const { scaling, expansion, fill, sentinels, indicator } = numbersOf(column);
  const type = inputType(column) === "double" ? "double" : "float";
  const isMissing = sentinels.reduce(
    (so, sentinel) =>
      graph.node("Or", [so, graph.node("Equal", [value, graph.constant(type, [sentinel], [])])]),
    graph.node("IsNaN", [value]),
  );
  const stand = graph.constant("double", [fill], []);
  const filled = graph.node("Where", [isMissing, stand, graph.cast(value, "double")]);
  const number = scaled(graph, filled, type === "float" ? asFloats(scaling) : scaling);
  const x = expansion ? expanded(graph, number, expansion) : graph.cast(number, "float");
  return indicator ? [x, graph.cast(isMissing, "float")] : [x];
}

/** Quantiles as floats have them: a float is to be equal to the one that its value is equal to. */
function asFloats(scaling: ColumnScaling): ColumnScaling {
  if (scaling.name !== "quantile_normal") return scaling;
  return { ...scaling, quantiles: scaling.quantiles.map(Math.fround) };
}

/** Doubles as in training: (x − center)/scale in 32 bit would lose what a large center leaves. */
function scaled(graph: Graph, x: Name, scaling: ColumnScaling): Name {
  if (scaling.name === "quantile_normal") return normalRank(graph, x, scaling.quantiles);
  const number = (value: number) => graph.constant("double", [value], []);
  let from = x;
  if (scaling.name === "log") {
    // log1p(|x|) = log(1 + |x|), which in 64 bit loses nothing that 32 bit could show
    const log = graph.node("Log", [graph.node("Add", [graph.node("Abs", [x]), number(1)])]);
    from = graph.node("Mul", [graph.node("Sign", [x]), log]);
  }
  const moved = graph.node("Sub", [from, number(scaling.center)]);
  const z = graph.node("Div", [moved, number(scaling.scale)]);
  if (scaling.name !== "robust_clip") return z;
  const third = graph.node("Div", [z, number(3)]);
  const root = graph.node("Sqrt", [graph.node("Add", [graph.node("Mul", [third, third]), number(1)])]);
  return graph.node("Div", [z, root]);
}

/** Several inputs [rows, n], floats, of one number [rows, 1], a double. */
function expanded(graph: Graph, x: Name, expansion: Expansion): Name {
  const row = (values: readonly number[]) => graph.constant("double", values, [1, values.length]);
  if (expansion.name === "periodic") {
    // Whole turns are taken off in doubles; of what is left, floats' sines are exact enough.
    const turns = graph.node("Mul", [x, row(expansion.frequencies)]);
    const whole = graph.node("Floor", [graph.node("Add", [turns, row([0.5])])]);
    const left = graph.node("Mul", [graph.node("Sub", [turns, whole]), row([2 * Math.PI])]);
    const angle = graph.cast(left, "float");
    return graph.concat([graph.node("Sin", [angle]), graph.node("Cos", [angle])]);
  }
  const { edges } = expansion;
  const [starts, ends] = [edges.slice(0, -1), edges.slice(1)];
  const lengths = ends.map((end, piece) => end - starts[piece]!);
  const share = graph.node("Div", [graph.node("Sub", [x, row(starts)]), row(lengths)]);
  const least = row(starts.map((_, piece) => (piece > 0 ? 0 : -Number.MAX_VALUE)));
  const most = row(ends.map((_, piece) => (piece < ends.length - 1 ? 1 : Number.MAX_VALUE)));
  return graph.cast(graph.node("Min", [graph.node("Max", [share, least]), most]), "float");
}

function writeCategory(graph: Graph, text: Name, column: CategoryColumn): Name[] {
  const { ordinal, indicator } = column;
  const slots = valueWidth(column);
  const parts: Name[] = [];
  const numbers = levelNumbers(column);
  const unseen = unseenNumber(column);
  const stand = column.fill === null || column.fill < 0 ? unseen : column.fill;
  for (const missing of column.missingValues) numbers.set(missing, stand);
  const keys = { strings: [...numbers.keys()] };
  if (keys.strings.length > 0 && ordinal) {
    const input = (number: number) => (number < 0 ? 0 : (number - ordinal.center) / ordinal.scale);
    parts.push(
      graph.lookUp(text, {
        keys_strings: keys,
        values_floats: { floats: [...numbers.values()].map(input) },
        default_float: { float: input(unseen) },
      }),
    );
  } else if (keys.strings.length > 0 && slots > 0) {
    // OneHot writes zeros for a number past the last.
    const slot = (number: number) => (number < 0 ? slots : number);
    const number = graph.lookUp(text, {
      keys_strings: keys,
      values_int64s: { ints: [...numbers.values()].map(slot) },
      default_int64: { int: slot(unseen) },
    });
    const hot = graph.node("OneHot", [
      number,
      graph.constant("int64", [slots], []),
      graph.constant("float", [0, 1], [2]),
    ]);
    parts.push(graph.node("Reshape", [hot, graph.constant("int64", [-1, slots], [2])]));
  }
  if (indicator) {
    const isMissing = graph.lookUp(text, {
      keys_strings: { strings: column.missingValues },
      values_int64s: { ints: column.missingValues.map(() => 1) },
      default_int64: { int: 0 },
    });
    parts.push(graph.cast(isMissing, "float"));
  }
  return parts;
}

/** The missing values that are numbers, as `-999`. */
function numbersAmong(texts: readonly string[]): number[] {
  const numbers = texts.map(numberOf);
  return [...new Set(numbers.filter((number) => !Number.isNaN(number)))];
}
