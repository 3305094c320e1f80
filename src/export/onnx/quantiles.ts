/** `quantile_normal` scaling as ONNX operators, in 64 bit. */
import { normalQuantileTerms } from "../../data/preprocessing/normal.ts";
import { rankMargin } from "../../data/preprocessing/scaling.ts";
import type { Graph, Name } from "./graph.ts";

/** Φ⁻¹ of x's rank among ascending quantiles; x is double [rows, 1]. */
export function normalRank(graph: Graph, x: Name, quantiles: readonly number[]): Name {
  const number = (value: number) => graph.constant("double", [value], []);
  const NaNs = (value: Name) => graph.node("Where", [graph.node("IsNaN", [x]), x, value]);
  const last = quantiles.length - 1;
  if (last < 1) return NaNs(graph.node("Mul", [x, number(0)]));
  const clipped = graph.node("Clip", [rank(graph, x, quantiles), number(rankMargin), number(1 - rankMargin)]);
  return NaNs(normalQuantile(graph, clipped));
}

/** From 0 to 1; the middle of the quantiles equal to x. */
function rank(graph: Graph, x: Name, quantiles: readonly number[]): Name {
  const last = quantiles.length - 1;
  const number = (value: number) => graph.constant("double", [value], []);
  const row = graph.constant("double", quantiles, [1, quantiles.length]);
  const list = graph.constant("double", quantiles, [quantiles.length]);
  const count = (isSo: Name) =>
    graph.node("ReduceSum", [graph.cast(isSo, "double"), graph.constant("int64", [1], [1])]);
  const below = count(graph.node("Less", [row, x]));
  const upTo = count(graph.node("LessOrEqual", [row, x]));
  const at = (position: Name) => {
    const within = graph.node("Clip", [position, number(0), number(last)]);
    return graph.node("Gather", [list, graph.cast(within, "int64")]);
  };
  const before = graph.node("Sub", [below, number(1)]);
  const left = at(before);
  const gap = graph.node("Sub", [at(below), left]);
  // Beyond the ends the gap is 0; what comes of it is not looked at.
  const share = graph.node("Div", [graph.node("Sub", [x, left]), gap]);
  const between = graph.node("Div", [graph.node("Add", [before, share]), number(last)]);
  const middle = graph.node("Div", [graph.node("Add", [before, upTo]), number(2 * last)]);
  const where = (isSo: Name, then: Name, otherwise: Name) => graph.node("Where", [isSo, then, otherwise]);
  const isAbove = graph.node("Greater", [below, number(last)]);
  const isBelow = graph.node("Equal", [below, number(0)]);
  const outside = where(isBelow, number(0), where(isAbove, number(1), between));
  return where(graph.node("Greater", [upTo, below]), middle, outside);
}

/** As src/data/preprocessing/normal.ts has it, all three pieces computed and one chosen. */
function normalQuantile(graph: Graph, p: Name): Name {
  const { middle, tail, farTail } = normalQuantileTerms;
  const number = (value: number) => graph.constant("double", [value], []);
  const node = (type: string, ...inputs: Name[]) => graph.node(type, inputs);
  const polynomial = (r: Name, coefficients: readonly number[]) =>
    coefficients.map(number).reduceRight((sum, coefficient) => node("Add", node("Mul", sum, r), coefficient));
  const ratio = (r: Name, { above, below }: typeof middle) =>
    node("Div", polynomial(r, above), polynomial(r, below));

  const q = node("Sub", p, number(0.5));
  const inner = node("Mul", q, ratio(node("Sub", number(0.180625), node("Mul", q, q)), middle));
  const edge = node("Sub", number(0.5), node("Abs", q));
  const r = node("Sqrt", node("Neg", node("Log", edge)));
  const isNear = node("LessOrEqual", r, number(5));
  const near = ratio(node("Sub", r, number(tail.from)), tail);
  const far = ratio(node("Sub", r, number(farTail.from)), farTail);
  const outer = node("Mul", node("Sign", q), node("Where", isNear, near, far));
  return node("Where", node("LessOrEqual", node("Abs", q), number(0.425)), inner, outer);
}
