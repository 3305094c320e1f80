/** What a command and an option are, in the words of the help; and the options that several commands take. */
import { assignment, choice, duration, integer, text, type Value } from "./values.ts";

export interface OptionRow {
  /** One letter. */
  readonly short?: string;
  /** What kind of value it takes; without one it is a switch. */
  readonly value?: Value<unknown>;
  /** May be given many times; the values are collected. */
  readonly repeat?: true;
  readonly help: string;
  /** Options (by key) that make no sense together with this one. */
  readonly conflicts?: readonly string[];
  /** An option (by key) that this one needs. */
  readonly needs?: string;
}

export interface CommandRow {
  readonly summary: string;
  readonly argument?: {
    readonly name: string;
    readonly help: string;
    /** Used when none is given; without it, one has to be. */
    readonly fallback?: string;
    /** Several may be given. */
    readonly many?: true;
    /** Every value there is: completed, and named in the help. */
    readonly choices?: readonly string[];
  };
  /** Keys are camelCase: `maxTime` is written `--max-time`. */
  readonly options: Readonly<Record<string, OptionRow>>;
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[];
}

export const kernels = {
  value: choice("NAME", ["auto", "native", "wasm", "reference"]),
  help: "kernels that compute",
} as const satisfies OptionRow;

export const threads = {
  value: integer("N", 1),
  help: "threads that compute (default: all cores)",
} as const satisfies OptionRow;

export const debug = { help: "show the stack of an internal error" } as const satisfies OptionRow;

export const set = {
  value: assignment,
  repeat: true,
  help: "override one value of the spec, written as YAML (repeatable)",
} as const satisfies OptionRow;

export const strict = { help: "make warnings about the data errors" } as const satisfies OptionRow;

export const json = { help: "print one JSON object" } as const satisfies OptionRow;

export const quiet = { short: "q", help: "print warnings and errors only" } as const satisfies OptionRow;

export const epochs = {
  value: integer("N", 1),
  help: "how often to go through the training rows",
} as const satisfies OptionRow;

export const maxTime = {
  value: duration,
  help: "stop after this time, saving: 90s, 10m, 1h30m",
} as const satisfies OptionRow;

/** Rows with their answers: of the spec's data, or of other files. */
export const answeredRows = {
  split: {
    value: choice("NAME", ["train", "validation", "test"]),
    help: "rows of the spec's data (default: test, else validation)",
    conflicts: ["data", "images", "labels"],
  },
  data: { value: text("FILE"), help: "rows of a CSV file instead", conflicts: ["images", "labels"] },
  images: { value: text("FILE"), help: "IDX images, or NPY features, instead …", needs: "labels" },
  labels: { value: text("FILE"), help: "… and their labels or targets", needs: "images" },
} as const satisfies Record<string, OptionRow>;
