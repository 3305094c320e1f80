/** Conditions, `--filter 'optimizer.name==adam'`: a key, a comparison, and a number or a text. */
import { type Value, WrongValue } from "./values.ts";

/** What each says of two values, by the sign of the first less the second. */
export const comparisons = {
  "<=": (order: number) => order <= 0,
  ">=": (order: number) => order >= 0,
  "==": (order: number) => order === 0,
  "!=": (order: number) => order !== 0,
  "<": (order: number) => order < 0,
  ">": (order: number) => order > 0,
} as const;

export interface Condition {
  readonly key: string;
  /** False for a value that is not there. */
  readonly holds: (value: unknown) => boolean;
}

export const condition: Value<Condition> = {
  placeholder: "CONDITION",
  parse(written) {
    const match = /^\s*(\S.*?)\s*(<=|>=|==|!=|=|<|>)\s*(.+?)\s*$/s.exec(written);
    if (!match) {
      const hint = "quote it, because the shell treats < and > as redirections: --filter 'accuracy>0.97'";
      throw new WrongValue(`a key, one of ${Object.keys(comparisons).join(" ")}, and a value`, hint);
    }
    const [, key = "", sign = "", bound = ""] = match;
    const comparison = comparisons[(sign === "=" ? "==" : sign) as keyof typeof comparisons];
    return {
      key: dotted(key),
      holds: (value) => value !== undefined && value !== null && comparison(compareValues(value, bound)),
    };
  },
};

/** A place in a list as runs name it: model.layers[0].width → model.layers.0.width. */
export function dotted(key: string): string {
  return key.replace(/\[(\d+)\]/g, ".$1");
}

/** Numbers by size, all else as texts: negative, 0 or positive; NaN of numbers that cannot be compared. */
export function compareValues(a: unknown, b: unknown): number {
  const [x, y] = [Number(a), Number(b)];
  const areNumbers =
    String(a).trim() !== "" && String(b).trim() !== "" && !Number.isNaN(x) && !Number.isNaN(y);
  if (areNumbers) return x - y;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
