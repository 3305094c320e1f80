/** The activations in the languages of exports, one row each. */
import type { ActivationSpec, ActivationType } from "../config/schema/model.ts";
import type { Graph, Name } from "./onnx/graph.ts";

export interface ExportedActivation<Spec> {
  readonly onnx: (graph: Graph, X: Name, spec: Spec) => Name;
  /** Makes a torch.nn.Module. */
  readonly torch: (spec: Spec) => string;
  /** The source of a module that `torch` makes, where torch has none. */
  readonly torchClass?: string;
  /** A function of z and of the activation's option, if it has one; may call what templates/predictor.js defines. */
  readonly js: string;
}

type OptionsOf<Type> = Extract<ActivationSpec, { type: Type }>;

/** An ONNX operator without attributes. */
const operator = (type: string) => (graph: Graph, X: Name) => graph.node(type, [X]);

/** Klambauer et al. 2017. */
const selu = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

export const activations = {
  identity: { onnx: (_, X) => X, torch: () => "nn.Identity()", js: "(z) => z" },
  sigmoid: { onnx: operator("Sigmoid"), torch: () => "nn.Sigmoid()", js: "logistic" },
  tanh: { onnx: operator("Tanh"), torch: () => "nn.Tanh()", js: "Math.tanh" },
  relu: { onnx: operator("Relu"), torch: () => "nn.ReLU()", js: "(z) => Math.max(0, z)" },
  leaky_relu: {
    onnx: (graph, X, { negative_slope }) =>
      graph.node("LeakyRelu", [X], { alpha: { float: negative_slope } }),
    torch: ({ negative_slope }) => `nn.LeakyReLU(${negative_slope})`,
    js: "(z, slope) => (z > 0 ? z : slope * z)",
  },
  elu: {
    onnx: (graph, X, { alpha }) => graph.node("Elu", [X], { alpha: { float: alpha } }),
    torch: ({ alpha }) => `nn.ELU(${alpha})`,
    js: "(z, alpha) => (z > 0 ? z : alpha * Math.expm1(z))",
  },
  selu: {
    onnx: (graph, X) =>
      graph.node("Selu", [X], { alpha: { float: selu.alpha }, gamma: { float: selu.gamma } }),
    torch: () => "nn.SELU()",
    js: `(z) => ${selu.gamma} * (z > 0 ? z : ${selu.alpha} * Math.expm1(z))`,
  },
  gelu: {
    onnx(graph, X) {
      const number = (value: number) => graph.constant("float", [value], []);
      const erf = graph.node("Erf", [graph.node("Mul", [X, number(Math.SQRT1_2)])]);
      const Phi = graph.node("Mul", [graph.node("Add", [erf, number(1)]), number(0.5)]);
      return graph.node("Mul", [X, Phi]);
    },
    torch: () => "nn.GELU()",
    js: "(z) => z * normalBelow(z)",
  },
  silu: {
    onnx: (graph, X) => graph.node("Mul", [X, graph.node("Sigmoid", [X])]),
    torch: () => "nn.SiLU()",
    js: "(z) => z * logistic(z)",
  },
  softplus: { onnx: operator("Softplus"), torch: () => "nn.Softplus()", js: "softplus" },
  hard_sigmoid: {
    onnx: (graph, X) => graph.node("HardSigmoid", [X], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
    torch: () => "nn.Hardsigmoid()",
    js: "(z) => Math.min(Math.max(z + 3, 0), 6) / 6",
  },
  mish: {
    onnx: (graph, X) => graph.node("Mul", [X, graph.node("Tanh", [graph.node("Softplus", [X])])]),
    torch: () => "nn.Mish()",
    js: "(z) => z * Math.tanh(softplus(z))",
  },
  cosine: {
    onnx: operator("Cos"),
    torch: () => "Cosine()",
    torchClass: `
class Cosine(nn.Module):
    """cos X."""

    def forward(self, X):
        return torch.cos(X)

`,
    js: "Math.cos",
  },
} satisfies { [Type in ActivationType]: ExportedActivation<OptionsOf<Type>> };

/** A row without what it knows of its options. */
export function exportedActivation(type: ActivationType): ExportedActivation<unknown> {
  return activations[type] as ExportedActivation<unknown>;
}
