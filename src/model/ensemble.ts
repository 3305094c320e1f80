/**
 * Several networks in one layer: members trained together, each on its own share of a batch's rows, and averaged
 * in evaluation. Their linear layers share one W, as Wen, Tran and Ba 2020 (BatchEnsemble), or stand alone.
 */
import type { LayerSpec } from "../config/schema.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Link } from "../tasks/losses.ts";
import type { Layer, LayerContext, LayerPass, SpecOf, TensorPlan } from "./layer.ts";
import { packedStart, planPacked } from "./packed.ts";
import { planChain, planForward, type StackedLayer } from "./pass.ts";
import { type Buffer, type Parameter, sharedPart, within } from "./tensors.ts";

type EnsembleSpec = SpecOf<"ensemble">;
type LayerOf = (spec: LayerSpec) => Layer<LayerSpec>;

/**
 * Tensors are `layers.<index>.<member>.<inner index>.<name>`; a W of all members is
 * `layers.<index>.shared.<inner index>.weight`. In training member m of k computes the rows of the m-th part of a
 * batch; in evaluation every member computes all, and the output means the mean of what theirs mean.
 */
export function ensemble(layerOf: LayerOf): Layer<EnsembleSpec> {
  const inner = (spec: EnsembleSpec, inputWidth: number, outputWidth: number) =>
    innerLayers(layerOf, spec, inputWidth, outputWidth);
  return {
    width: (spec, inputWidth, outputWidth) => inner(spec, inputWidth, outputWidth).at(-1)!.width,
    tensors: (spec, inputWidth, outputWidth) => memberTensors(inner(spec, inputWidth, outputWidth), spec),
    plan(context) {
      const layers = inner(context.spec, context.X.cols, context.width);
      const { rows, shared } = context.spec;
      return rows === "all" && shared ? planPacked(context, layers) : planEnsemble(context, layers);
    },
    inPlaceBackward: false,
  };
}

type InnerLayer = ReturnType<typeof innerLayers>[number];

function innerLayers(layerOf: LayerOf, spec: EnsembleSpec, inputWidth: number, outputWidth: number) {
  let width = inputWidth;
  const last = spec.layers.findLastIndex(({ type }) => type === "linear");
  return spec.layers.map((layer, index) => {
    const isOwn = spec.rows === "all" && index === last;
    const row = spec.shared && layer.type === "linear" && !isOwn ? sharedLinear : layerOf(layer);
    const from = width;
    width = row.width(layer, from, outputWidth);
    return { row, spec: layer as LayerSpec, index, from, width };
  });
}

function memberTensors(layers: readonly InnerLayer[], { members, rows }: EnsembleSpec): TensorPlan[] {
  const ofMember = (member: number) =>
    layers.flatMap(({ row, spec, index, from, width }) =>
      row.tensors(spec, from, width).map((tensor) => {
        const isShared = row === sharedLinear && tensor.name === "weight";
        const start = rows === "all" ? packedStart(tensor, index) : tensor.start;
        return { ...tensor, start, name: `${isShared ? sharedPart : member}.${index}.${tensor.name}` };
      }),
    );
  const all = Array.from({ length: members }, (_, member) => ofMember(member)).flat();
  return [...new Map(all.map((tensor) => [tensor.name, tensor])).values()];
}

function planEnsemble(context: LayerContext<EnsembleSpec>, layers: readonly InnerLayer[]): LayerPass {
  const { k, spec, index, seed, live, X, width, parameters, buffers, take } = context;
  const stackOf = (member: number): StackedLayer[] =>
    layers.map((layer) => {
      const own = <T extends Buffer>(tensors: readonly T[]) => [
        ...within(tensors, `${sharedPart}.${layer.index}`),
        ...within(tensors, `${member}.${layer.index}`),
      ];
      const place = memberIndex(index, member, layer.index);
      return { ...layer, index: place, seed, live, parameters: own(parameters), buffers: own(buffers) };
    });
  const S = take(X.rows, width);
  const training = planTraining(context, stackOf, S);
  const answers = take(spec.members * X.rows, width);
  const again = repeated(take);
  const wholes = Array.from({ length: spec.members }, (_, member) => ({
    answer: answers.view(X.rows, width, member * S.size),
    ...planForward(k, stackOf(member), X, again(member)),
  }));
  return {
    Y: S,
    overwritable: true,
    forward(mode, step) {
      if (mode === "train") {
        training.forward(step);
        return;
      }
      for (const { passes, Y, answer } of wholes) {
        for (const pass of passes) pass.forward(mode, step);
        k.copy(answer, Y);
      }
      k.average(S, answers, spec.average ?? "identity"); // the mean of probabilities, rates, numbers …
    },
    backward: training.backward,
  };
}

/** Each member's passes over its own share of the rows; a member without rows has none. */
function planTraining(
  { k, spec, X, parameters, take, needsInputGradient }: LayerContext<EnsembleSpec>,
  stackOf: (member: number) => StackedLayer[],
  S: Matrix,
) {
  const parts = Array.from({ length: spec.members }, (_, member) => {
    const first = Math.floor((member * X.rows) / spec.members);
    const rows = Math.floor(((member + 1) * X.rows) / spec.members) - first;
    const part = (M: Matrix) => M.view(rows, M.cols, first * M.cols);
    const chain = rows > 0 ? planChain(k, stackOf(member), part(X), take, needsInputGradient) : null;
    return { member, part, chain };
  });
  const cleared = [
    ...within(parameters, sharedPart),
    ...parts.flatMap(({ member, chain }) => (chain ? [] : within(parameters, `${member}`))),
  ];
  return {
    forward(step: number) {
      for (const { chain, part } of parts) {
        if (chain === null) continue;
        for (const pass of chain.passes) pass.forward("train", step);
        k.copy(part(S), chain.Y);
      }
    },
    backward(dS: Matrix, dX: Matrix | null) {
      // Members add to what is shared, and one without rows learns nothing.
      for (const { gradient } of cleared) k.fill(gradient, 0);
      for (const { chain, part } of parts) {
        if (chain === null) continue;
        k.copy(chain.dY, part(dS));
        chain.backward();
        if (dX) k.copy(part(dX), chain.dX!);
      }
    },
  };
}

/** The layers with what their ensembles average, where the spec leaves it to the loss. */
export function withAverage(layers: readonly LayerSpec[], average: Link): LayerSpec[] {
  return layers.map((layer) => {
    if (layer.type === "blend") {
      const networks = layer.networks.map((network) => ({
        ...network,
        layers: withAverage(network.layers, average) as typeof network.layers,
      }));
      return { ...layer, networks, average: layer.average ?? average };
    }
    return layer.type === "ensemble" ? { ...layer, average: layer.average ?? average } : layer;
  });
}

/** Z = ((X ∘ r) Wᵀ) ∘ s + b with W of all members, and r, s, b of one. dW is added to. */
const memberLinear: Layer<SpecOf<"linear">> = {
  width: (spec, _, outputWidth) => spec.width ?? outputWidth,
  tensors(spec, inputWidth, width) {
    const fans = { in: inputWidth, out: width };
    const W = {
      name: "weight",
      shape: [width, inputWidth],
      trained: true,
      start: { role: "weight", fans },
    } as const;
    const r: TensorPlan = { name: "input_scale", shape: [inputWidth], trained: true, start: "signs" };
    const s: TensorPlan = { name: "output_scale", shape: [width], trained: true, start: "signs" };
    const b = { name: "bias", shape: [width], trained: true, start: { role: "bias", fans } } as const;
    return spec.bias ? [W, r, s, b] : [W, r, s];
  },
  plan({ k, X, width, parameters, take }: LayerContext<SpecOf<"linear">>) {
    const [W, r, s, b] = parameters as readonly [Parameter, Parameter, Parameter, Parameter?];
    const [XR, Z0, Z] = [take(X.rows, X.cols), take(X.rows, width), take(X.rows, width)];
    const [dZ0, dXR] = [take(X.rows, width), take(X.rows, X.cols)];
    return {
      Y: Z,
      overwritable: true,
      forward() {
        k.scaleColumns(XR, X, r.value, null); //                X ∘ r
        k.gemm(Z0, XR, W.value.T); //                           Z₀ = (X ∘ r) Wᵀ
        k.scaleColumns(Z, Z0, s.value, b?.value ?? null); //    Z  = Z₀ ∘ s + b
      },
      backward(dZ, dX) {
        if (b) k.sumRows(b.gradient, dZ); //                    db = Σ_rows dZ
        k.sumProducts(s.gradient, dZ, Z0); //                   ds = Σ_rows dZ ∘ Z₀
        k.scaleColumns(dZ0, dZ, s.value, null);
        k.gemm(W.gradient, dZ0.T, XR, W.gradient); //           dW += dZ₀ᵀ (X ∘ r)
        k.gemm(dXR, dZ0, W.value);
        k.sumProducts(r.gradient, dXR, X); //                   dr = Σ_rows (dZ₀ W) ∘ X
        if (dX) k.scaleColumns(dX, dXR, r.value, null); //      dX = (dZ₀ W) ∘ r
      },
    };
  },
  inPlaceBackward: false,
};

const sharedLinear = memberLinear as Layer<never> as Layer<LayerSpec>;

/** A unique number, for the random numbers of a member's layer. */
const memberIndex = (block: number, member: number, inner: number) =>
  (block + 1) * 2 ** 16 + member * 2 ** 8 + inner;

/** The memory of one member, reused by the others: after evaluation it is not needed. */
function repeated(take: (rows: number, cols: number) => Matrix) {
  const taken: Matrix[] = [];
  return (member: number) => {
    let next = 0;
    return (rows: number, cols: number): Matrix => {
      if (member > 0) return taken[next++]!;
      const M = take(rows, cols);
      taken.push(M);
      return M;
    };
  };
}
