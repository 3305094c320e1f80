/**
 * Members trained on all rows of a batch, k rows of matrices for each row of data, so that what they share is one large
 * product: TabM of Gorishniy, Kotelnikov and Babenko 2025, arXiv 2410.24210.
 */
import type { LayerSpec } from "../config/schema.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Layer, LayerContext, LayerPass, SpecOf, TensorPlan } from "./layer.ts";
import { planChain } from "./pass.ts";
import { type Parameter, sharedPart, within } from "./tensors.ts";

type EnsembleSpec = SpecOf<"ensemble">;

/** A member's layer, with where it stands among the member's. */
interface Inner {
  readonly row: Layer<LayerSpec>;
  readonly spec: LayerSpec;
  readonly index: number;
  readonly width: number;
}

/** Members differ in the signs of their inputs at first, and in their outputs' weights; elsewhere they start alike. */
export function packedStart({ name, start }: TensorPlan, index: number): TensorPlan["start"] {
  if (name === "input_scale") return index === 0 ? "signs" : 1;
  return name === "output_scale" ? 1 : start;
}

/** The passes of members that share all linear layers but their last. Layers between have no tensors. */
export function planPacked(
  { k, spec, index, seed, live, X, width, parameters, take, needsInputGradient }: LayerContext<EnsembleSpec>,
  layers: readonly Inner[],
): LayerPass {
  const { members } = spec;
  const numbers = Array.from({ length: members }, (_, member) => member);
  const last = layers.findLastIndex(({ spec }) => spec.type === "linear");
  const stack = layers.map((layer) => ({
    ...layer,
    row: layer.spec.type === "linear" ? rowOf(members, layer.index === last) : layer.row,
    index: (index + 1) * 2 ** 16 + layer.index,
    seed,
    live,
    parameters: [
      ...within(parameters, `${sharedPart}.${layer.index}`),
      ...numbers.flatMap((member) => within(parameters, `${member}.${layer.index}`)),
    ],
    buffers: [],
  }));
  const copies = take(members * X.rows, X.cols);
  const part = (member: number) => copies.view(X.rows, X.cols, member * X.size);
  const chain = planChain(k, stack, copies, take, needsInputGradient);
  const S = take(X.rows, width);
  const P = take(members * X.rows, width);
  return {
    Y: S,
    answers: chain.Y,
    overwritable: true,
    forward(mode, step) {
      for (const member of numbers) k.copy(part(member), X);
      for (const pass of chain.passes) pass.forward(mode, step);
      if (mode === "train") return;
      k.copy(P, chain.Y);
      k.average(S, P, spec.average ?? "identity");
    },
    backward(dAnswers, dX) {
      k.copy(chain.dY, dAnswers);
      chain.backward();
      if (!dX) return;
      const ofMember = (member: number) => chain.dX!.view(X.rows, X.cols, member * X.size);
      k.copy(dX, ofMember(0));
      for (const member of numbers.slice(1)) k.add(dX, dX, ofMember(member));
    },
  };
}

function rowOf(members: number, isLast: boolean): Layer<LayerSpec> {
  return (isLast ? ownLinear(members) : sharedLinear(members)) as Layer<never> as Layer<LayerSpec>;
}

const width: Layer<SpecOf<"linear">>["width"] = (spec, _, outputWidth) => spec.width ?? outputWidth;

/** Rows of one member. */
const partOf = (M: Matrix, members: number, member: number) =>
  M.view(M.rows / members, M.cols, (member * M.size) / members);

/** Z = ((X ∘ r) Wᵀ) ∘ s + b with one W, and r, s, b for every member's rows. */
function sharedLinear(members: number): Layer<SpecOf<"linear">> {
  return {
    width,
    tensors: () => [],
    plan({ k, X, width, parameters, take }) {
      const [W, ...own] = parameters as readonly [Parameter, ...Parameter[]];
      const each = own.length / members;
      const [XR, Z0, Z] = [take(X.rows, X.cols), take(X.rows, width), take(X.rows, width)];
      const [dZ0, dXR] = [take(X.rows, width), take(X.rows, X.cols)];
      const parts = Array.from({ length: members }, (_, member) => {
        const [r, s, b] = own.slice(member * each, (member + 1) * each) as [Parameter, Parameter, Parameter?];
        return { r, s, b, of: (M: Matrix) => partOf(M, members, member) };
      });
      return {
        Y: Z,
        overwritable: true,
        forward() {
          for (const { r, of } of parts) k.scaleColumns(of(XR), of(X), r.value, null);
          k.gemm(Z0, XR, W.value.T);
          for (const { s, b, of } of parts) k.scaleColumns(of(Z), of(Z0), s.value, b?.value ?? null);
        },
        backward(dZ, dX) {
          for (const { s, b, of } of parts) {
            if (b) k.sumRows(b.gradient, of(dZ)); //                db = Σ_rows dZ
            k.sumProducts(s.gradient, of(dZ), of(Z0)); //           ds = Σ_rows dZ ∘ Z₀
            k.scaleColumns(of(dZ0), of(dZ), s.value, null);
          }
          k.gemm(W.gradient, dZ0.T, XR); //                         dW = dZ₀ᵀ (X ∘ r)
          k.gemm(dXR, dZ0, W.value);
          for (const { r, of } of parts) {
            k.sumProducts(r.gradient, of(dXR), of(X)); //           dr = Σ_rows (dZ₀ W) ∘ X
            if (dX) k.scaleColumns(of(dX), of(dXR), r.value, null);
          }
        },
      };
    },
    inPlaceBackward: false,
  };
}

/** Z = X Wᵀ + b with W and b for every member's rows. */
function ownLinear(members: number): Layer<SpecOf<"linear">> {
  return {
    width,
    tensors: () => [],
    plan({ k, X, width, parameters, take }) {
      const each = parameters.length / members;
      const Z = take(X.rows, width);
      const parts = Array.from({ length: members }, (_, member) => {
        const [W, b] = parameters.slice(member * each, (member + 1) * each) as [Parameter, Parameter?];
        return { W, b, of: (M: Matrix) => partOf(M, members, member) };
      });
      return {
        Y: Z,
        overwritable: true,
        forward() {
          for (const { W, b, of } of parts) k.gemm(of(Z), of(X), W.value.T, b?.value ?? null);
        },
        backward(dZ, dX) {
          for (const { W, b, of } of parts) {
            k.gemm(W.gradient, of(dZ).T, of(X));
            if (b) k.sumRows(b.gradient, of(dZ));
            if (dX) k.gemm(of(dX), of(dZ), W.value);
          }
        },
      };
    },
    inPlaceBackward: false,
  };
}
