/** Which parts of θ an optimizer moves at a rate of their own. Knows no rule. */
import type { OptimizerSpec } from "../config/schema.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Parameter } from "../model/tensors.ts";

/** Elements of θ that are moved alike. */
export interface Part {
  readonly first: number;
  readonly length: number;
  /** Factor on lr. */
  readonly rate: number;
  /** Factor on the weight decay. */
  readonly decay: number;
  /** θ is so many times what is to be moved. */
  readonly unit: number;
}

type Grouped = Pick<Exclude<OptimizerSpec, { name: "lbfgs" }>, "name" | "decay" | "groups" | "weight_decay">;

interface Whole {
  readonly theta: Matrix;
  readonly weights: Matrix;
  readonly parameters: readonly Parameter[];
}

/** In θ's order; neighbours that are moved alike are one part. What lies between parameters goes along. */
export function partsOf(spec: Grouped, { theta, weights, parameters }: Whole): Part[] {
  const { groups = {} } = spec;
  const first = parameters.find(({ kind }) => kind === "weights")?.name;
  const own = parameters.map(({ name, kind, unit, value }) => {
    const at = value.offset - theta.offset;
    const factors = [groups[kind], name === first ? groups.first_layer : undefined];
    const [lr, decay] = (["lr", "decay"] as const).map((of) =>
      factors.reduce((product, group) => product * (group?.[of] ?? 1), 1),
    ) as [number, number];
    const isLeft = spec.decay === "weights" && at >= weights.size;
    return { at, rate: lr * rateOf(spec.name, unit), decay: isLeft ? 0 : decay, unit };
  });
  const parts: (Omit<Part, "length"> & { length?: number })[] = [];
  for (const { at, ...like } of own.toSorted((a, b) => a.at - b.at)) {
    const last = parts.at(-1);
    const isAlike =
      last &&
      last.rate === like.rate &&
      last.unit === like.unit &&
      (last.decay === like.decay || spec.weight_decay === 0);
    if (!isAlike) parts.push({ first: parts.length === 0 ? 0 : at, ...like });
  }
  return parts.map((part, i) => ({ ...part, length: (parts[i + 1]?.first ?? theta.size) - part.first }));
}

/** How lr follows the unit: steps are in the gradient's unit (sgd), in θ's own (adadelta), or in none. */
function rateOf(name: Grouped["name"], unit: number): number {
  if (name === "sgd") return unit ** 2;
  return name === "adadelta" ? 1 : unit;
}
