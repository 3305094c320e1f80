/** A group's mutants: Stryker's, all of a file in one source, each behind a switch. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { type GroupName, groups } from "./groups.ts";

/** A change that tests have to notice. */
export interface Mutant {
  readonly id: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** What Stryker calls it, such as `ConditionalExpression`, and the text in place of what stands there. */
  readonly kind: string;
  readonly replacement: string;
}

const root = join(import.meta.dirname, "../..");

/** Texts are not emptied: nearly all of them are words for a person. */
const excludedMutations = ["StringLiteral"];

/** Sources by their absolute path, and all mutants in them; the same ones each time. */
export async function instrument(
  group: GroupName,
): Promise<{ sources: Map<string, string>; mutants: Mutant[] }> {
  const files = groups[group].sources.map((path) => {
    const name = join(root, path);
    return { name, mutate: true, content: readFileSync(name, "utf8") };
  });
  const options = { plugins: null, excludedMutations, ignorers: [] };
  const { files: sources, mutants } = await new Instrumenter(silent).instrument(files, options);
  return {
    sources: new Map(sources.map(({ name, content }) => [name, content])),
    mutants: mutants
      .filter(({ status }) => status !== "Ignored")
      .map(({ id, fileName, location, mutatorName, replacement }) => {
        const place = { file: relative(root, fileName), line: location.start.line + 1 };
        return { id, ...place, kind: mutatorName, replacement };
      }),
  };
}

const nothing = () => {};
const no = () => false;
/** A logger as Stryker wants it. */
const silent = {
  ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing },
  ...{ isTraceEnabled: no, isDebugEnabled: no, isInfoEnabled: no },
  ...{ isWarnEnabled: no, isErrorEnabled: no, isFatalEnabled: no },
};
