/** From the network's outputs to answers, as ONNX operators: labels and probabilities, or numbers. */
import {
  type ClassesTarget,
  type ClassTarget,
  type LabelsTarget,
  type NumbersTarget,
  outputWidth,
  type Preprocessing,
} from "../../data/preprocessing/preprocessing.ts";
import type { Graph, Name } from "./graph.ts";

/**
 * Declares the outputs: `label` and `probabilities` (of several targets `label_<name>` and `probabilities_<name>`),
 * `labels` and `probabilities`, or `prediction`.
 */
export function writeOutputs(
  graph: Graph,
  outputs: Name,
  { target, calibration }: Pick<Preprocessing, "target" | "calibration">,
): void {
  const { temperature = null, thresholds = null } = calibration ?? {};
  const S = temperature ? graph.node("Div", [outputs, graph.constant("float", [temperature], [])]) : outputs;
  const cuts = thresholds && graph.constant("float", thresholds.map(logit), [1, thresholds.length]);
  if (target.task === "classification") writeClasses(graph, S, target, cuts);
  else if (target.task === "multilabel") writeLabels(graph, S, target, cuts);
  else if (target.task === "multioutput") writeTargets(graph, S, target);
  else writeNumbers(graph, S, target);
}

/** The logit of a probability. */
function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

/** @param cuts [1, 1] logit above which it is the second of two classes */
function writeClasses(graph: Graph, S: Name, target: ClassTarget, cuts: Name | null): void {
  const { classes, link } = target;
  const isOne = outputWidth({ target }) === 1;
  let number: Name;
  if (isOne || cuts) {
    const margin = isOne ? S : graph.node("Sub", [...graph.halves(S)].reverse());
    const isSecond = graph.node("Greater", [margin, cuts ?? graph.constant("float", [0], [])]);
    number = graph.node("Reshape", [graph.cast(isSecond, "int64"), graph.constant("int64", [-1], [1])]);
  } else number = graph.node("ArgMax", [S], { axis: { int: 1 }, keepdims: { int: 0 } });
  graph.output("label", labelOf(graph, number, classes), "string", []);
  if (link !== "softmax" && link !== "sigmoid") return;
  const sigmoid = (logit: Name) => graph.node("Sigmoid", [logit]);
  const probabilities =
    link === "softmax"
      ? graph.node("Softmax", [S], { axis: { int: 1 } })
      : isOne
        ? graph.concat([sigmoid(graph.node("Neg", [S])), sigmoid(S)])
        : sigmoid(S);
  graph.output("probabilities", probabilities, "float", [classes.length]);
}

function labelOf(graph: Graph, number: Name, classes: readonly string[]): Name {
  return graph.lookUp(number, {
    keys_int64s: { ints: [...classes.keys()] },
    values_strings: { strings: classes },
  });
}

/** A softmax over the outputs of each target. */
function writeTargets(graph: Graph, S: Name, { columns }: ClassesTarget): void {
  let first = 0;
  for (const { name, classes } of columns) {
    const [from, end, axis] = [first, first + classes.length, 1].map((at) =>
      graph.constant("int64", [at], [1]),
    );
    const own = graph.node("Slice", [S, from!, end!, axis!]);
    const number = graph.node("ArgMax", [own], { axis: { int: 1 }, keepdims: { int: 0 } });
    graph.output(`label_${name}`, labelOf(graph, number, classes), "string", []);
    const probabilities = graph.node("Softmax", [own], { axis: { int: 1 } });
    graph.output(`probabilities_${name}`, probabilities, "float", [classes.length]);
    first += classes.length;
  }
}

function writeLabels(graph: Graph, S: Name, { names, link }: LabelsTarget, cuts: Name | null): void {
  const isLogit = link === "sigmoid";
  const threshold = cuts ?? graph.constant("float", [isLogit ? 0 : 0.5], []);
  const labels = graph.cast(graph.node("Greater", [S, threshold]), "int64");
  graph.output("labels", labels, "int64", [names.length]);
  if (isLogit) graph.output("probabilities", graph.node("Sigmoid", [S]), "float", [names.length]);
}

function writeNumbers(graph: Graph, S: Name, { columns, link }: NumbersTarget): void {
  const row = (values: number[]) => graph.constant("double", values, [1, values.length]);
  const scale = row(columns.map(({ scaling }) => scaling.scale));
  const center = row(columns.map(({ scaling }) => scaling.center));
  const [means, spreads] = link === "gaussian" ? graph.halves(S) : [S, null];
  const numbers = graph.node("Add", [graph.node("Mul", [graph.cast(means, "double"), scale]), center]);
  const prediction = link === "exp" ? graph.node("Exp", [numbers]) : numbers;
  graph.output("prediction", graph.cast(prediction, "float"), "float", [columns.length]);
  if (spreads === null) return;
  const half = graph.node("Mul", [graph.cast(spreads, "double"), graph.constant("double", [0.5], [])]);
  const deviations = graph.node("Mul", [graph.node("Exp", [half]), graph.node("Abs", [scale])]);
  graph.output("sd", graph.cast(deviations, "float"), "float", [columns.length]);
}
