/** The mean of what members' outputs mean, as ONNX operators; the reference for them is ensembles.ts beside losses.ts. */
import type { Link } from "../../tasks/losses.ts";
import type { Graph, Name } from "./graph.ts";

/** From each member's S [rows, n] the ensemble's. */
export function writeAverage(graph: Graph, members: readonly Name[], kind: Link): Name {
  const node = (type: string, ...inputs: Name[]) => graph.node(type, inputs);
  const number = (value: number) => graph.constant("float", [value], []);
  const second = graph.constant("int64", [1], [1]);
  /** [rows, members, n]. */
  const stacked = (values: readonly Name[]) =>
    graph.concat(values.map((value) => node("Unsqueeze", value, second)));
  const over = (type: string, value: Name) =>
    graph.node(type, [value], { axes: { ints: [1] }, keepdims: { int: 0 } });
  const logSum = (values: readonly Name[]) => over("ReduceLogSumExp", stacked(values));
  const logMean = (values: readonly Name[]) => node("Sub", logSum(values), number(Math.log(values.length)));
  const logSigmoid = (value: Name) => node("Neg", node("Softplus", node("Neg", value)));

  switch (kind) {
    case "identity":
      return over("ReduceMean", stacked(members));
    case "exp":
      return logMean(members);
    case "softmax":
      return logMean(members.map((S) => graph.node("LogSoftmax", [S], { axis: { int: 1 } })));
    case "sigmoid":
      return node(
        "Sub",
        logSum(members.map(logSigmoid)),
        logSum(members.map((S) => logSigmoid(node("Neg", S)))),
      );
    case "gaussian": {
      const halves = members.map((S) => graph.halves(S));
      const means = stacked(halves.map(([mean]) => mean));
      const mean = over("ReduceMean", means);
      const away = node("Sub", means, node("Unsqueeze", mean, second));
      const spreads = stacked(halves.map(([, spread]) => spread));
      const parts = graph.concat([spreads, node("Log", node("Mul", away, away))]);
      const variance = over("ReduceLogSumExp", parts);
      return graph.concat([mean, node("Sub", variance, number(Math.log(members.length)))]);
    }
  }
}
