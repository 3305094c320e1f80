/** Last layers whose outputs a loss or a target's scale cannot use: a sigmoid before a sigmoid, say. */
import type { LayerSpec } from "../config/schema.ts";
import type { Preprocessing } from "../data/preprocessing/preprocessing.ts";
import { answersOf } from "../tasks/tasks.ts";
import type { Network } from "../train/resolveNetwork.ts";

/** What activations give: some at their ends bounded. */
const ranges: Readonly<Record<string, string>> = {
  sigmoid: "0 to 1",
  hard_sigmoid: "0 to 1",
  tanh: "-1 to 1",
  cosine: "-1 to 1",
  relu: "0 and more",
  softplus: "0 and more",
};

/** What losses do themselves to what a network gives. */
const owns = {
  sigmoid: "a sigmoid",
  softmax: "a softmax",
  exp: "the exponential",
  gaussian: null,
  identity: null,
};

/** Of an ensemble, its members' last. */
function lastOf(layers: readonly LayerSpec[]): LayerSpec | undefined {
  const last = layers.at(-1);
  return last?.type === "ensemble" ? lastOf(last.layers) : last;
}

/** Warnings; none of a last layer that may give any number. */
export function lastLayerWarnings(
  { spec: { model, loss } }: Network,
  { target }: Pick<Preprocessing, "target">,
): string[] {
  const type = lastOf(model.layers)?.type ?? "";
  const range = ranges[type];
  if (range === undefined) return [];
  const { link, names, scalings } = answersOf(target);
  const says = `the last layer, ${type}, gives ${range}`;
  const own = owns[link];
  if (own !== null) return [`${says}, and ${loss.name} applies ${own} to it: leave the last layer out`];
  const isCentred = (name: string) => name === "standard" || name === "robust";
  const centred = names.filter((_, t) => isCentred(scalings?.[t]?.name ?? ""));
  if (centred.length === 0) return [];
  const which = centred.map((name) => JSON.stringify(name)).join(", ");
  const out = type === "tanh" || type === "cosine" ? "values far from its middle" : "values below its middle";
  const minmax = `columns: { ${JSON.stringify(centred[0])}: { scale: minmax } }`;
  return [
    `${says}, and the target ${which} is scaled around 0, so that ${out} are never reached: leave the last layer out, or ${minmax}`,
  ];
}
