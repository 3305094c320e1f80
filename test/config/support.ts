/** Specs for tests, and what is wrong with one as lines of text. */
import { type LoadedSpec, type LoadOptions, parseSpec } from "../../src/config/load.ts";
import type { Spec } from "../../src/config/schema.ts";
import { exitCodes, sentence, UserError } from "../../src/support/errors.ts";

const file = "folder/spec.yaml";

/** The least that a spec needs, in one line. */
export const data = "data: { path: a.csv, target: y }\n";

export function load(text: string, options?: LoadOptions): LoadedSpec {
  return parseSpec(text, file, options);
}

export function resolved(text: string, ...set: string[]): Spec {
  return load(text, { set }).spec;
}

/** Every problem as `line:column: sentence`, or with the option in place of the line. */
export function problems(text: string, ...set: string[]): string[] {
  return problemsOf(() => load(text, { set }));
}

export function problemsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== exitCodes.usage) throw error;
    return error.problems.map((problem) => sentence(problem).replace(`${file}:`, ""));
  }
  return [];
}
