/** The mutants of parsers, model files and losses: Stryker's, all of a file in one source, each behind a switch. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";

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
const mutated = [
  ...filesIn("src/data/csv"),
  ...filesIn("src/checkpoint"),
  "src/engine/reference/losses.ts",
  "src/model/losses.ts",
];

/** The files of a folder of the repository, by their path in it. */
export function filesIn(folder: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".ts"));
  return names.sort().map((name) => `${folder}/${name}`);
}

/** Texts are not emptied: nearly all of them are words for a person. */
const excludedMutations = ["StringLiteral"];

/** Sources by their absolute path, and all mutants in them; the same ones each time. */
export async function instrument(): Promise<{ sources: Map<string, string>; mutants: Mutant[] }> {
  const files = mutated.map((path) => {
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
