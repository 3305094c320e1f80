/** How the values of command-line options are written, and what they become. Knows no option by name. */
import { namesIn } from "../support/names.ts";
import { nearest } from "../support/nearest.ts";

/** One kind of value: its name in the help, and its parser, which throws a `WrongValue`. */
export interface Value<T> {
  readonly placeholder: string;
  readonly parse: (text: string) => T;
  /** For choices: every value there is. */
  readonly choices?: readonly string[];
}

/** A text that is not a value of its kind; the caller knows which option it was given to. */
export class WrongValue extends Error {
  override readonly name = "WrongValue";
  constructor(
    readonly expected: string,
    readonly hint?: string,
  ) {
    super(expected);
  }
}

export function text(placeholder: string): Value<string> {
  return {
    placeholder,
    parse(written) {
      if (written === "") throw new WrongValue(`a ${placeholder} that is not empty`);
      return written;
    },
  };
}

export function choice<const T extends string>(placeholder: string, choices: readonly T[]): Value<T> {
  return {
    placeholder,
    choices,
    parse(written) {
      const found = choices.find((one) => one === written);
      if (found !== undefined) return found;
      const guess = nearest(written, choices);
      throw new WrongValue(`one of ${choices.join(", ")}`, guess && `did you mean "${guess}"?`);
    },
  };
}

/** A whole number from `least` to 2⁵³ − 1. */
export function integer(placeholder: string, least: number): Value<number> {
  return {
    placeholder,
    parse(written) {
      const value = /^\d{1,16}$/.test(written) ? Number(written) : Number.NaN;
      if (Number.isSafeInteger(value) && value >= least) return value;
      throw new WrongValue(`a whole number of at least ${least}`);
    },
  };
}

/** A positive number, such as `0.01` or `1e-6`. */
export function positive(placeholder: string): Value<number> {
  return {
    placeholder,
    parse(written) {
      const value = /^[\d.]+(?:e[+-]?\d+)?$/i.test(written) ? Number(written) : Number.NaN;
      if (Number.isFinite(value) && value > 0) return value;
      throw new WrongValue("a number above 0");
    },
  };
}

/** A number between 0 and 1, both excluded. */
export function share(placeholder: string): Value<number> {
  return {
    placeholder,
    parse(written) {
      const value = /^\d*\.\d+$/.test(written) ? Number(written) : Number.NaN;
      if (value > 0 && value < 1) return value;
      throw new WrongValue("a number between 0 and 1, such as 0.9");
    },
  };
}

/** How far from a value another may be. */
export interface Tolerance {
  readonly size: number;
  /** A share of the value, not an amount. */
  readonly isShare: boolean;
}

/** `0.01`, or `2%` of what is compared with. */
export const tolerance: Value<Tolerance> = {
  placeholder: "X|X%",
  parse(written) {
    const [, digits = "", percent] = /^(\d*\.?\d+(?:e[+-]?\d+)?)(%?)$/i.exec(written) ?? [];
    if (digits === "") throw new WrongValue("a number such as 0.01, or a percentage such as 2%");
    const isShare = percent === "%";
    return { size: Number(digits) / (isShare ? 100 : 1), isShare };
  },
};

const secondsPer = { h: 3600, m: 60, s: 1 } as const;

/** A time such as `90s`, `10m`, `1h30m` or `1.5h`, in seconds. */
export const duration: Value<number> = {
  placeholder: "TIME",
  parse(written) {
    const number = "(\\d+(?:\\.\\d+)?)";
    const match = new RegExp(`^(?:${number}h)?(?:${number}m)?(?:${number}s)?$`).exec(written);
    const [, hours = "0", minutes = "0", seconds = "0"] = match ?? [];
    const total = Number(hours) * secondsPer.h + Number(minutes) * secondsPer.m + Number(seconds);
    if (total > 0) return total;
    throw new WrongValue("a time such as 90s, 10m or 1h30m");
  },
};

/** `a.b=value`: one value of the spec to override; the spec's reader takes it apart. */
export const assignment: Value<string> = {
  placeholder: "PATH=VALUE",
  parse(written) {
    if (/^[^=]+=/.test(written)) return written;
    throw new WrongValue("path=value, as in train.epochs=10");
  },
};

/** One name or several, as `namesIn` takes them apart once it is known which names there are. */
export function names(placeholder: string): Value<string> {
  return {
    placeholder,
    parse(written) {
      const list = namesIn(written);
      if (list.length > 0 && list.every((name) => name !== "")) return written;
      throw new WrongValue("names separated by commas, in double quotes where one has a comma in it");
    },
  };
}

/** More rows than these are not explained one by one. */
const mostRows = 10_000;

/** Numbers of rows from 0, and ranges of them: `0,12,30-39`. */
export const rowNumbers: Value<readonly number[]> = {
  placeholder: "ROWS",
  parse(written) {
    const rows: number[] = [];
    for (const part of written.split(",")) {
      const [, first = "", last = first] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? [];
      const count = Number(last) - Number(first) + 1;
      if (first === "" || count < 1) throw new WrongValue("row numbers from 0, such as 0,12,30-39");
      if (rows.length + count > mostRows) throw new WrongValue(`at most ${mostRows} rows`);
      for (let row = Number(first); row <= Number(last); row++) rows.push(row);
    }
    return rows;
  },
};
