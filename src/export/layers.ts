/**
 * The layers in the languages of exports, one row each, as they are in evaluation: dropout does nothing, batch
 * normalisation uses its running statistics. Their JavaScript is in templates/predictor.js.
 */
import type { ActivationType } from "../config/schema/model.ts";
import { activations, exportedActivation } from "./activations.ts";
import { writeAverage } from "./onnx/average.ts";
import type { Graph, Name } from "./onnx/graph.ts";
import type { PortableLayer, PortableSpec } from "./portable.ts";

interface ExportedLayer<Spec> {
  /** From X, float [rows, width], to the layer's output. */
  readonly onnx: (graph: Graph, X: Name, spec: Spec, layer: PortableLayer) => Name;
  /** Makes a torch.nn.Module. */
  readonly torch: (spec: Spec, layer: PortableLayer) => string;
  /** The source of a module that `torch` makes, where torch 1.13 has none. */
  readonly torchClass?: string;
}

const layers = {
  linear: {
    onnx(graph, X, _spec, { tensors: { weight, bias } }) {
      const parameters = [weight!, ...(bias ? [bias] : [])].map(({ name, values, shape }) =>
        graph.weights(name, values, shape),
      );
      return graph.node("Gemm", [X, ...parameters], { transB: { int: 1 } });
    },
    torch(_spec, { tensors: { weight, bias } }) {
      const [outputs, inputs] = weight!.shape;
      return `nn.Linear(${inputs}, ${outputs}${bias ? "" : ", bias=False"})`;
    },
  },
  batch_norm: {
    onnx(graph, X, { eps }, { tensors }) {
      const parameters = [tensors.weight!, tensors.bias!, tensors.running_mean!, tensors.running_var!].map(
        ({ name, values, shape }) => graph.weights(name, values, shape),
      );
      return graph.node("BatchNormalization", [X, ...parameters], { epsilon: { float: eps } });
    },
    torch: ({ eps, momentum }, layer) =>
      `nn.BatchNorm1d(${widthOf(layer)}, eps=${eps}, momentum=${momentum})`,
  },
  layer_norm: {
    onnx(graph, X, { eps }, { tensors: { weight, bias } }) {
      const centred = graph.node("Sub", [X, mean(graph, X)]);
      return graph.node("Add", [
        normalised(graph, centred, eps, graph.weights(weight!.name, weight!.values, weight!.shape)),
        graph.weights(bias!.name, bias!.values, bias!.shape),
      ]);
    },
    torch: ({ eps }, layer) => `nn.LayerNorm(${widthOf(layer)}, eps=${eps})`,
  },
  residual: {
    onnx: (graph, X, _, { layers }) => graph.node("Add", [X, writeLayers(graph, X, layers)]),
    torch: (_, { layers }) => `Residual(\n${torchLines(layers, "    ")}\n)`,
    torchClass: `
class Residual(nn.Sequential):
    """X + F(X), F being the layers in a row."""

    def forward(self, X):
        return X + super().forward(X)

`,
  },
  ensemble: {
    onnx(graph, X, { average, votes }, { members }) {
      const answers = members.map((own) => writeLayers(graph, X, own));
      const voting = votes?.map((member) => answers[member]!) ?? answers;
      return writeAverage(graph, voting, average ?? "identity");
    },
    torch({ average, votes }, { members }) {
      const modules = members.map((own) => `    nn.Sequential(\n${torchLines(own, "        ")}\n    ),`);
      const often = votes ? `, votes=[${votes.join(", ")}]` : "";
      return `Ensemble("${average}", [\n${modules.join("\n")}\n]${often})`;
    },
    torchClass: `
class Ensemble(nn.ModuleList):
    """The output whose meaning is the mean of what the members' outputs mean."""

    def __init__(self, average, members, votes=None):
        super().__init__(members)
        self.average = average
        self.votes = list(range(len(members))) if votes is None else votes

    def forward(self, X):
        S = torch.stack([member(X) for member in self])[self.votes]
        if self.average == "identity":
            return S.mean(0)
        if self.average == "sigmoid":
            return torch.logsumexp(nn.functional.logsigmoid(S), 0) - torch.logsumexp(nn.functional.logsigmoid(-S), 0)
        if self.average == "gaussian":
            mean, spread = S.chunk(2, -1)
            parts = torch.cat([spread, (mean - mean.mean(0)).square().log()])
            return torch.cat([mean.mean(0), torch.logsumexp(parts, 0) - math.log(len(self.votes))], -1)
        S = S.log_softmax(-1) if self.average == "softmax" else S
        return torch.logsumexp(S, 0) - math.log(len(self.votes))

`,
  },
  rms_norm: {
    onnx: (graph, X, { eps }, { tensors: { weight } }) =>
      normalised(graph, X, eps, graph.weights(weight!.name, weight!.values, weight!.shape)),
    torch: ({ eps }, layer) => `RMSNorm(${widthOf(layer)}, eps=${eps})`,
    torchClass: `
class RMSNorm(nn.Module):
    """weight * X / sqrt(mean(X ** 2) + eps) over each row, as nn.RMSNorm of newer versions."""

    def __init__(self, width, eps):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, X):
        return self.weight * X * torch.rsqrt(X.square().mean(-1, keepdim=True) + self.eps)

`,
  },
  parametric: {
    onnx(graph, X, { activation }, { tensors: { weight } }) {
      const g = exportedActivation(activation).onnx(graph, X, { type: activation });
      const alpha = graph.weights(weight!.name, weight!.values, weight!.shape);
      return graph.node("Add", [X, graph.node("Mul", [alpha, graph.node("Sub", [g, X])])]);
    },
    torch({ activation }, layer) {
      const g = exportedActivation(activation).torch({ type: activation });
      return `Parametric(${widthOf(layer)}, ${g})`;
    },
    torchClass: `
class Parametric(nn.Module):
    """X + weight * (g(X) - X)."""

    def __init__(self, width, g):
        super().__init__()
        self.g = g
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, X):
        return X + self.weight * (self.g(X) - X)

`,
  },
  dropout: { onnx: (_, X) => X, torch: ({ p }) => `nn.Dropout(${p})` },
  gaussian_noise: { onnx: (_, X) => X, torch: () => "nn.Identity()" }, // torch has none
  // Of models with texts, which these formats are refused.
  embed_text: { onnx: unable, torch: unable },
} satisfies {
  [Type in Exclude<PortableSpec["type"], ActivationType>]: ExportedLayer<
    Extract<PortableSpec, { type: Type }>
  >;
};

const rows: Readonly<Record<string, ExportedLayer<never>>> = { ...layers, ...activations };

/** The ONNX operators of layers in a row, and their output. */
export function writeLayers(graph: Graph, X: Name, layers: readonly PortableLayer[]): Name {
  return layers.reduce((value, layer) => {
    const row = rows[layer.spec.type]!;
    return row.onnx(graph, value, layer.spec as never, layer);
  }, X);
}

/** The arguments of an nn.Sequential of the layers, a line or more each. */
export function torchLines(layers: readonly PortableLayer[], indent: string): string {
  return layers
    .map((layer) => `${rows[layer.spec.type]!.torch(layer.spec as never, layer)},`)
    .join("\n")
    .replaceAll(/^/gm, indent);
}

/** The classes that torch 1.13 lacks of those that the layers' modules need. */
export function torchClasses(layers: readonly PortableLayer[]): string {
  const used = new Set(typesIn(layers));
  const needed = Object.entries(rows).filter(([type]) => used.has(type));
  return needed.map(([, { torchClass = "" }]) => torchClass).join("");
}

/** The types of layers, and of activations within them. */
function typesIn(layers: readonly PortableLayer[]): string[] {
  return layers.flatMap(({ spec, layers, members }) => [
    spec.type,
    ...("activation" in spec ? [spec.activation] : []),
    ...typesIn(layers),
    ...members.flatMap(typesIn),
  ]);
}

function unable(): never {
  throw new Error("a layer that no such file can do");
}

function widthOf({ tensors }: PortableLayer): number {
  return tensors.weight!.shape[0]!;
}

/** γ ⊙ X/√(mean(X²) + ε) over each row. */
function normalised(graph: Graph, X: Name, eps: number, gamma: Name): Name {
  const square = mean(graph, graph.node("Mul", [X, X]));
  const root = graph.node("Sqrt", [graph.node("Add", [square, graph.constant("float", [eps], [])])]);
  return graph.node("Mul", [graph.node("Div", [X, root]), gamma]);
}

function mean(graph: Graph, X: Name): Name {
  return graph.node("ReduceMean", [X], { axes: { ints: [1] }, keepdims: { int: 1 } });
}
