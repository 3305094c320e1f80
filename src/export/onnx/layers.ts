/** Every layer as ONNX operators, in evaluation: dropout does nothing, batch normalisation uses its statistics. */
import type { PortableLayer, PortableSpec } from "../portable.ts";
import { writeAverage } from "./average.ts";
import type { Graph, Name } from "./graph.ts";

type Write<Spec> = (graph: Graph, X: Name, spec: Spec, layer: PortableLayer) => Name;

/** The values that the layers make of X, float [rows, width]. */
export function writeLayers(graph: Graph, X: Name, layers: readonly PortableLayer[]): Name {
  return layers.reduce((value, layer) => {
    const write = writers[layer.spec.type] as Write<PortableSpec>;
    return write(graph, value, layer.spec, layer);
  }, X);
}

const unary =
  (type: string): Write<PortableSpec> =>
  (graph, X) =>
    graph.node(type, [X]);
const nothing: Write<PortableSpec> = (_, X) => X;

/** Klambauer et al. 2017. */
const selu = { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } };

const writers = {
  linear(graph, X, _spec, { tensors: { weight, bias } }) {
    const parameters = [weight!, ...(bias ? [bias] : [])].map(({ name, values, shape }) =>
      graph.weights(name, values, shape),
    );
    return graph.node("Gemm", [X, ...parameters], { transB: { int: 1 } });
  },
  batch_norm(graph, X, { eps }, { tensors }) {
    const parameters = [tensors.weight!, tensors.bias!, tensors.running_mean!, tensors.running_var!].map(
      ({ name, values, shape }) => graph.weights(name, values, shape),
    );
    return graph.node("BatchNormalization", [X, ...parameters], { epsilon: { float: eps } });
  },
  layer_norm(graph, X, { eps }, { tensors: { weight, bias } }) {
    const centred = graph.node("Sub", [X, mean(graph, X)]);
    return graph.node("Add", [
      normalised(graph, centred, eps, graph.weights(weight!.name, weight!.values, weight!.shape)),
      graph.weights(bias!.name, bias!.values, bias!.shape),
    ]);
  },
  rms_norm: (graph, X, { eps }, { tensors: { weight } }) =>
    normalised(graph, X, eps, graph.weights(weight!.name, weight!.values, weight!.shape)),
  residual: (graph, X, _, { layers }) => graph.node("Add", [X, writeLayers(graph, X, layers)]),
  ensemble: (graph, X, { average }, { members }) =>
    writeAverage(
      graph,
      members.map((own) => writeLayers(graph, X, own)),
      average ?? "identity",
    ),
  parametric(graph, X, { activation }, { tensors: { weight } }) {
    const write = writers[activation] as Write<PortableSpec>;
    const difference = graph.node("Sub", [write(graph, X, { type: activation }, emptyLayer), X]);
    const alpha = graph.weights(weight!.name, weight!.values, weight!.shape);
    return graph.node("Add", [X, graph.node("Mul", [alpha, difference])]);
  },
  dropout: nothing,
  gaussian_noise: nothing,
  identity: nothing,
  sigmoid: unary("Sigmoid"),
  tanh: unary("Tanh"),
  relu: unary("Relu"),
  leaky_relu: (graph, X, { negative_slope }) =>
    graph.node("LeakyRelu", [X], { alpha: { float: negative_slope } }),
  elu: (graph, X, { alpha }) => graph.node("Elu", [X], { alpha: { float: alpha } }),
  selu: (graph, X) => graph.node("Selu", [X], selu),
  gelu(graph, X) {
    const erf = graph.node("Erf", [graph.node("Mul", [X, scalar(graph, Math.SQRT1_2)])]);
    const Phi = graph.node("Mul", [graph.node("Add", [erf, scalar(graph, 1)]), scalar(graph, 0.5)]);
    return graph.node("Mul", [X, Phi]);
  },
  silu: (graph, X) => graph.node("Mul", [X, graph.node("Sigmoid", [X])]),
  softplus: unary("Softplus"),
  hard_sigmoid: (graph, X) =>
    graph.node("HardSigmoid", [X], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  cosine: unary("Cos"),
  mish: (graph, X) => graph.node("Mul", [X, graph.node("Tanh", [graph.node("Softplus", [X])])]),
} satisfies { [Type in PortableSpec["type"]]: Write<Extract<PortableSpec, { type: Type }>> };

const emptyLayer: PortableLayer = { spec: { type: "identity" }, tensors: {}, layers: [], members: [] };

/** γ ⊙ X/√(mean(X²) + ε) over each row. */
function normalised(graph: Graph, X: Name, eps: number, gamma: Name): Name {
  const square = mean(graph, graph.node("Mul", [X, X]));
  const root = graph.node("Sqrt", [graph.node("Add", [square, scalar(graph, eps)])]);
  return graph.node("Mul", [graph.node("Div", [X, root]), gamma]);
}

function mean(graph: Graph, X: Name): Name {
  return graph.node("ReduceMean", [X], { axes: { ints: [1] }, keepdims: { int: 1 } });
}

function scalar(graph: Graph, value: number): Name {
  return graph.constant("float", [value], []);
}
