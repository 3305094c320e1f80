/** From the network's outputs to answers, as ONNX operators: labels and probabilities, or numbers. */
import type { Preprocessing } from "../../data/preprocessing/preprocessing.ts";
import type { AnswerKind } from "../../metrics/metrics.ts";
import { type Answers, needsDoubles } from "../../tasks/task.ts";
import { answersOf } from "../../tasks/tasks.ts";
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
  const answers = answersOf(target);
  writers[answers.kind].outputs(graph, S, answers, cuts);
}

/** What the outputs' columns stand for, for programs: JSON lists of texts. */
export function metadataOf({ target }: Pick<Preprocessing, "target">): Record<string, string> {
  const answers = answersOf(target);
  const [key, value] = writers[answers.kind].metadata(answers);
  return { task: target.task, [key]: JSON.stringify(value) };
}

interface Writer {
  outputs(graph: Graph, S: Name, answers: Answers, cuts: Name | null): void;
  /** What answers stand for, and how the entry with it is called. */
  metadata(answers: Answers): [key: string, value: unknown];
}

const writers = {
  class: { outputs: writeClasses, metadata: ({ classes }) => ["classes", classes![0]] },
  labels: { outputs: writeLabels, metadata: ({ names }) => ["targets", names] },
  classes: {
    outputs: writeTargets,
    metadata: ({ names, classes }) => [
      "classes",
      Object.fromEntries(names.map((name, t) => [name, classes![t]])),
    ],
  },
  numbers: { outputs: writeNumbers, metadata: ({ names }) => ["targets", names] },
} satisfies Record<AnswerKind, Writer>;

/** The logit of a probability. */
function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

/** @param cuts [1, 1] logit above which it is the second of two classes */
function writeClasses(graph: Graph, S: Name, answers: Answers, cuts: Name | null): void {
  const { link } = answers;
  const [classes = []] = answers.classes!;
  const isOne = answers.outputs === 1;
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
function writeTargets(graph: Graph, S: Name, answers: Answers): void {
  let first = 0;
  for (const [t, classes] of answers.classes!.entries()) {
    const name = answers.names[t]!;
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

function writeLabels(graph: Graph, S: Name, { names, link }: Answers, cuts: Name | null): void {
  const isLogit = link === "sigmoid";
  const threshold = cuts ?? graph.constant("float", [isLogit ? 0 : 0.5], []);
  const labels = graph.cast(graph.node("Greater", [S, threshold]), "int64");
  graph.output("labels", labels, "int64", [names.length]);
  if (isLogit) graph.output("probabilities", graph.node("Sigmoid", [S]), "float", [names.length]);
}

function writeNumbers(graph: Graph, S: Name, { scalings, link }: Answers): void {
  const row = (values: number[]) => graph.constant("double", values, [1, values.length]);
  const scale = row(scalings!.map((by) => by.scale));
  const center = row(scalings!.map((by) => by.center));
  const [means, spreads] = link === "gaussian" ? graph.halves(S) : [S, null];
  const numbers = graph.node("Add", [graph.node("Mul", [graph.cast(means, "double"), scale]), center]);
  const prediction = link === "exp" ? graph.node("Exp", [numbers]) : numbers;
  const type = scalings!.some(needsDoubles) ? "double" : "float";
  graph.output("prediction", graph.cast(prediction, type), type, [scalings!.length]);
  if (spreads === null) return;
  const half = graph.node("Mul", [graph.cast(spreads, "double"), graph.constant("double", [0.5], [])]);
  const deviations = graph.node("Mul", [graph.node("Exp", [half]), graph.node("Abs", [scale])]);
  graph.output("sd", graph.cast(deviations, "float"), "float", [scalings!.length]);
}
