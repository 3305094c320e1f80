/** Quality gates, `--fail-if 'accuracy<0.97'`: written as `metric op number`, met when that is true. */

import { exitCodes, UserError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import { type Value, WrongValue } from "./values.ts";

const comparisons = {
  "<=": (a: number, b: number) => a <= b,
  ">=": (a: number, b: number) => a >= b,
  "==": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
  "<": (a: number, b: number) => a < b,
  ">": (a: number, b: number) => a > b,
} as const;

type Comparison = keyof typeof comparisons;

export interface Gate {
  readonly metric: string;
  readonly comparison: Comparison;
  readonly bound: number;
}

/** One gate as written on the command line. */
export const gate: Value<Gate> = {
  placeholder: "CONDITION",
  parse(written) {
    const match = /^\s*([\w.@-]+?)\s*(<=|>=|==|!=|<|>)\s*(\S+)\s*$/.exec(written);
    const [, metric = "", comparison = "", number = ""] = match ?? [];
    const bound = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(number) ? Number(number) : Number.NaN;
    if (match && Number.isFinite(bound)) return { metric, comparison: comparison as Comparison, bound };
    throw new WrongValue(
      `a metric, one of ${Object.keys(comparisons).join(" ")}, and a number`,
      "quote it, or the shell takes < and > for itself: --fail-if 'accuracy<0.97'",
    );
  },
};

/** The gates that fail: those that are met, and those on a metric that is not a number. */
export function failedGates(gates: readonly Gate[], metrics: Readonly<Record<string, number>>): Gate[] {
  const unknown = gates.filter(({ metric }) => !Object.hasOwn(metrics, metric));
  if (unknown.length > 0)
    throw new UserError(
      exitCodes.usage,
      unknown.map((one) => unknownMetric(one, metrics)),
    );
  return gates.filter(({ metric, comparison, bound }) => {
    const value = metrics[metric]!;
    return Number.isNaN(value) || comparisons[comparison](value, bound);
  });
}

function unknownMetric({ metric }: Gate, metrics: Readonly<Record<string, number>>) {
  const known = Object.keys(metrics);
  const guess = nearest(metric, known);
  return {
    message: `--fail-if: there is no metric "${metric}"`,
    expected: `one of ${known.join(", ")}`,
    hint: guess && `did you mean "${guess}"?`,
  };
}
