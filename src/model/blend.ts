/** Different networks side by side, whose answers are averaged by weight. */
import type { LayerSpec } from "../config/schema.ts";
import type { Layer, LayerContext, SpecOf, TensorPlan } from "./layer.ts";
import { planChain, planForward, type StackedLayer } from "./pass.ts";
import { within } from "./tensors.ts";

type BlendSpec = SpecOf<"blend">;
type LayerOf = (spec: LayerSpec) => Layer<LayerSpec>;

/**
 * Tensors are `layers.<index>.<network>.<inner index>.<name>`. In training each network has a loss of its own; in
 * evaluation the output means the mean of what theirs mean, each counted as often as its weight says.
 */
export function blend(layerOf: LayerOf): Layer<BlendSpec> {
  const inner = ({ networks }: BlendSpec, inputWidth: number, outputWidth: number) =>
    networks.map(({ layers }) => {
      let width = inputWidth;
      return (layers as readonly LayerSpec[]).map((spec, index) => {
        const row = layerOf(spec);
        const from = width;
        width = row.width(spec, from, outputWidth);
        return { row, spec, index, from, width };
      });
    });
  return {
    width: (spec, inputWidth, outputWidth) => inner(spec, inputWidth, outputWidth)[0]!.at(-1)!.width,
    tensors: (spec, inputWidth, outputWidth) =>
      inner(spec, inputWidth, outputWidth).flatMap((layers, network) =>
        layers.flatMap(({ row, spec, index, from, width }) =>
          row
            .tensors(spec, from, width)
            .map((tensor): TensorPlan => ({ ...tensor, name: `${network}.${index}.${tensor.name}` })),
        ),
      ),
    plan: (context) => plan(context, inner(context.spec, context.X.cols, context.width)),
    inPlaceBackward: false,
  };
}

/** The numbers of networks, each as often as its answer counts. */
export function votesOf({ networks }: BlendSpec): number[] {
  return networks.flatMap(({ weight }, network) => new Array<number>(weight).fill(network));
}

type Networks = readonly (readonly Pick<StackedLayer, "row" | "spec" | "index" | "width">[])[];

function plan(context: LayerContext<BlendSpec>, networks: Networks) {
  const { k, spec, index, seed, live, X, width, parameters, buffers, take, needsInputGradient } = context;
  const stacks = networks.map((layers, network) =>
    layers.map((layer): StackedLayer => {
      const own = `${network}.${layer.index}`;
      return {
        ...layer,
        index: (index + 1) * 2 ** 16 + network * 2 ** 8 + layer.index,
        seed,
        live,
        parameters: within(parameters, own),
        buffers: within(buffers, own),
      };
    }),
  );
  const chains = stacks.map((stack) => planChain(k, stack, X, take, needsInputGradient));
  const wholes = stacks.map((stack) => planForward(k, stack, X, take));
  const answersOf = ({ Y, passes }: (typeof chains)[number]) => passes.at(-1)!.answers ?? Y;
  const rows = chains.reduce((sum, chain) => sum + answersOf(chain).rows, 0);
  const answers = take(rows, width);
  let first = 0;
  const parts = chains.map((chain) => {
    const own = answersOf(chain);
    const place = answers.view(own.rows, width, first);
    first += own.size;
    return { chain, own, place };
  });
  const voters = votesOf(spec);
  const votes = take(voters.length * X.rows, width);
  const S = take(X.rows, width);
  return {
    Y: S,
    answers,
    overwritable: true,
    forward(mode: "train" | "evaluate", step: number) {
      if (mode === "train") {
        for (const { chain, own, place } of parts) {
          for (const pass of chain.passes) pass.forward(mode, step);
          k.copy(place, own);
        }
        return;
      }
      for (const { passes } of wholes) for (const pass of passes) pass.forward(mode, step);
      for (const [at, network] of voters.entries())
        k.copy(votes.view(X.rows, width, at * S.size), wholes[network]!.Y);
      k.average(S, votes, spec.average ?? "identity");
    },
    backward(dAnswers: typeof X, dX: typeof X | null) {
      if (dX) k.fill(dX, 0);
      let from = 0;
      for (const { chain, own } of parts) {
        k.copy(chain.dY, dAnswers.view(own.rows, width, from));
        from += own.size;
        chain.backward();
        if (dX) k.add(dX, dX, chain.dX!);
      }
    },
  };
}
