/** Which parts of θ an optimizer moves at a rate of their own. Knows no rule. */
import type { OptimizerSpec } from "../config/schema.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Parameter } from "../model/tensors.ts";
import { exitCodes, UserError } from "../support/errors.ts";

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
  /** A table of which only rows that have a gradient are moved; null: everything is. */
  readonly table: Parameter | null;
}

type Grouped = Pick<Exclude<OptimizerSpec, { name: "lbfgs" }>, "name" | "decay" | "groups" | "weight_decay">;

interface Whole {
  readonly theta: Matrix;
  readonly weights: Matrix;
  readonly parameters: readonly Parameter[];
}

/** In θ's order, without what is frozen; neighbours that are moved alike are one part. What lies between goes along. */
export function partsOf(
  spec: Grouped,
  { theta, weights, parameters }: Whole,
  isFrozen: (parameter: Parameter) => boolean = () => false,
): Part[] {
  const { groups = {} } = spec;
  const first = parameters.find(({ kind }) => kind === "weights")?.name;
  const own = parameters.map((parameter) => {
    const { name, kind, unit, value } = parameter;
    const at = value.offset - theta.offset;
    const factors = [groups[kind], name === first ? groups.first_layer : undefined];
    const [lr, decay] = (["lr", "decay"] as const).map((of) =>
      factors.reduce((product, group) => product * (group?.[of] ?? 1), 1),
    ) as [number, number];
    const isLeft = spec.decay === "weights" && at >= weights.size;
    const frozen = isFrozen(parameter);
    const table = parameter.touched ? parameter : null;
    return { at, rate: lr * rateOf(spec.name, unit), decay: isLeft ? 0 : decay, unit, table, frozen };
  });
  const parts: (Omit<Part, "length"> & { readonly frozen: boolean })[] = [];
  for (const { at, ...like } of own.toSorted((a, b) => a.at - b.at)) {
    const last = parts.at(-1);
    const isAlike =
      last &&
      last.rate === like.rate &&
      last.unit === like.unit &&
      last.table === like.table &&
      last.frozen === like.frozen &&
      (last.decay === like.decay || spec.weight_decay === 0);
    if (!isAlike) parts.push({ first: parts.length === 0 ? 0 : at, ...like });
  }
  return parts
    .map((part, i) => ({ ...part, length: (parts[i + 1]?.first ?? theta.size) - part.first }))
    .filter(({ frozen }) => !frozen);
}

/**
 * Whether a parameter is one of those named, or of a layer that is.
 * @throws UserError (exit code 2) for names of none, and where nothing is left to train
 */
export function frozenBy(
  names: readonly string[],
  parameters: readonly Parameter[],
): (parameter: Parameter) => boolean {
  const isOf = (name: string) => (parameter: Parameter) =>
    parameter.name === name || parameter.name.startsWith(`${name}.`);
  const expected = [...new Set(parameters.map(({ name }) => name.slice(0, name.lastIndexOf("."))))].join(
    ", ",
  );
  for (const name of names) {
    if (parameters.some(isOf(name))) continue;
    throw new UserError(exitCodes.usage, { message: `train.freeze: no layer is called ${name}`, expected });
  }
  const isFrozen = (parameter: Parameter) => names.some((name) => isOf(name)(parameter));
  if (!parameters.every(isFrozen)) return isFrozen;
  throw new UserError(exitCodes.usage, {
    message: "train.freeze: nothing is left to train",
    expected: "fewer layers",
  });
}

/** How lr follows the unit: steps are in the gradient's unit (sgd), in θ's own (adadelta), or in none. */
function rateOf(name: Grouped["name"], unit: number): number {
  if (name === "sgd") return unit ** 2;
  return name === "adadelta" ? 1 : unit;
}
