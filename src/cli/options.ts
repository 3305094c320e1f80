/** The options that several commands take, and what they mean to the engine. */
import { isAbsolute, join } from "node:path";
import { backendNames } from "../engine/backend.ts";
import type { KernelsChoice } from "../engine/choose.ts";
import type { Environment } from "../report/style.ts";
import type { OptionRow, OptionRows } from "./command.ts";
import { assignment, choice, duration, integer, text } from "./values.ts";

/** What computes. */
export const computing = {
  threads: { value: integer("N", 1), help: "number of compute threads (default: all cores)" },
  kernels: {
    value: choice("NAME", ["auto", ...backendNames]),
    help: "kernels to compute with (default: auto)",
  },
} as const satisfies OptionRows;

/**
 * As the engine takes them. NNT_ISA names an instruction set, for tests and measurements. What is compiled for a card is
 * kept where XDG_CACHE_HOME says, or in ~/.cache.
 */
export function kernelsChoice(
  { kernels, threads }: { kernels: KernelsChoice["kernels"] | null; threads: number | null },
  env: Environment,
): KernelsChoice {
  const caches = env.XDG_CACHE_HOME || (env.HOME ? join(env.HOME, ".cache") : null);
  const cache = caches === null || !isAbsolute(caches) ? null : join(caches, "nnt");
  return { kernels: kernels ?? "auto", threads, isa: env.NNT_ISA ?? null, cache };
}

export const debug = { help: "show the stack trace of an internal error" } as const satisfies OptionRow;

export const set = {
  value: assignment,
  repeat: true,
  help: "override one value of the spec, written as YAML (repeatable)",
} as const satisfies OptionRow;

export const strict = { help: "treat data warnings as errors" } as const satisfies OptionRow;

/** Of commands that train. */
export const jsonEvents = { help: "print events as JSON Lines" } as const satisfies OptionRow;

export const json = { help: "print one JSON object" } as const satisfies OptionRow;

export const quiet = { short: "q", help: "print warnings and errors only" } as const satisfies OptionRow;

export const epochs = {
  value: integer("N", 1),
  help: "number of passes over the training rows",
} as const satisfies OptionRow;

export const maxTime = {
  value: duration,
  help: "save and stop after this time: 90s, 10m, 1h30m",
} as const satisfies OptionRow;

/** Rows with their targets: of the spec's data, or of other files. */
export const labelledRows = {
  split: {
    value: choice("NAME", ["train", "validation", "test"]),
    help: "split of the spec's data to use (default: test, else validation)",
    conflicts: ["data", "images", "labels"],
  },
  data: {
    value: text("FILE"),
    help: "use the rows of this table instead: CSV, TSV or JSON Lines, also .gz or .zst, or Parquet",
    conflicts: ["images", "labels"],
  },
  images: { value: text("FILE"), help: "use these IDX images or NPY features instead …", needs: "labels" },
  labels: { value: text("FILE"), help: "… with these labels or targets", needs: "images" },
} as const satisfies OptionRows;
