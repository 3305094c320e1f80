/** From a spec file and the command line's overrides to a checked spec: the entry point of this folder. */
import { basename, dirname, resolve as resolvePath } from "node:path";
import { exitCodes, type Problem, UserError } from "../support/errors.ts";
import type { Expansion } from "./expand/expansion.ts";
import type { Issue } from "./issue.ts";
import { type Node, nearestNode, type Place } from "./parse/node.ts";
import { readSpecFile } from "./parse/read.ts";
import { applyOverrides, type Override } from "./parse/set.ts";
import { parseYaml } from "./parse/yaml.ts";
import { type Path, parsePath } from "./paths.ts";
import { resolve } from "./resolve.ts";
import type { SearchSpec, Spec } from "./schema.ts";
import { mapFiles, rebase, rebaseSpec, stringifySpec } from "./stringify.ts";

export interface LoadOptions {
  /**
   * The `--set` options, each `a.b=value` with the value in YAML; later ones win. Relative paths in them start at
   * the working directory.
   */
  readonly set?: readonly string[];
  /** Options of their own that stand for one value; they win over `set`. */
  readonly overrides?: readonly Override[];
}

export interface LoadedSpec {
  /** Canonical: shorthand expanded, defaults filled in, valid. */
  readonly spec: Spec;
  /** What `nnt sweep` tries; not part of a run. */
  readonly search: SearchSpec | null;
  /** As it was given. */
  readonly file: string;
  /** Absolute; relative paths in the spec start here. */
  readonly baseDirectory: string;
  /**
   * Where a value was written, for a problem that shows later: the place of a canonical path such as
   * `data.columns.age` or `["model", "layers", 2]`, or of the nearest section around it.
   */
  locate(path: string | Path): Pick<Problem, "file" | "line" | "column">;
  /** Whether the spec has a section, as it is written or by --set. */
  has(section: string): boolean;
  /** The canonical spec as a file's text, with relative paths that are right in `directory`. */
  textFor(directory: string): string;
}

/** Beyond this, problems are only counted. */
const mostProblems = 50;

/** @throws UserError `usage` with all problems of the spec, `io` when the file cannot be read. */
export function loadSpec(file: string, options: LoadOptions = {}): LoadedSpec {
  return parseSpec(readSpecFile(file), file, options);
}

/** @throws UserError `usage` with all problems. `file` names the text and says where its paths start. */
export function parseSpec(
  text: string,
  file: string,
  { set = [], overrides = [] }: LoadOptions = {},
): LoadedSpec {
  const { root: written, problems } = parseYaml(text);
  if (written === null) fail(file, problems);
  const { root, complaints } = applyOverrides(written, set, overrides);
  if (complaints.length > 0) fail(file, complaints);
  const { spec: whole, expansion } = resolve(root, nameOf(file));
  if (whole === null) {
    fail(
      file,
      distinct(expansion.issues).map((issue) => ({ ...issue, place: placeOf(expansion, issue) })),
    );
  }
  const baseDirectory = resolvePath(dirname(file));
  const { search, ...placed } = whole;
  const spec = mapFiles(placed, (path, at) =>
    isTyped(nearestNode(root, expansion.written(at)).node) ? rebase(path, "", baseDirectory) : path,
  );
  return {
    spec,
    search,
    file,
    baseDirectory,
    has: (section) => nearestNode(root, [section]).found,
    textFor: (directory) => stringifySpec(rebaseSpec(spec, baseDirectory, directory)),
    locate(path) {
      const canonical = typeof path === "string" ? (parsePath(path) ?? []) : path;
      return inProblem(file, placeOf(expansion, { path: expansion.written(canonical) }));
    },
  };
}

/** Whether a value stands in an option of the command line, where paths start at the working directory. */
const isTyped = ({ place: { option } }: Node) => option?.startsWith("--set ") || option === "--from";

type Wrong = { readonly place: Place; readonly message: string; readonly expected?: string | undefined };

function fail(file: string, wrongs: readonly Wrong[]): never {
  const inOrder = wrongs.toSorted((a, b) => rank(a.place) - rank(b.place));
  const problems: Problem[] = inOrder
    .slice(0, mostProblems)
    .map(({ place, message, expected }) => ({ ...inProblem(file, place), message, expected }));
  const more = inOrder.length - mostProblems;
  if (more > 0) problems.push({ message: `and ${more} more problems` });
  throw new UserError(exitCodes.usage, problems);
}

/** In the file's order, the command line's last. */
const rank = ({ line = Number.MAX_SAFE_INTEGER, column = 0 }: Place) => line * 1e6 + column;

function inProblem(file: string, { line, column, option }: Place) {
  return option === undefined ? { file, line, column } : { file: option };
}

/** A key's place for a mapping and for what is missing in it, else the value's. */
function placeOf({ root }: Expansion, { path, atKey }: Pick<Issue, "path" | "atKey">): Place {
  const { node, found } = nearestNode(root, path);
  const atItsKey = atKey || !found || node.kind === "mapping";
  return atItsKey && node.key && node.place.option === undefined ? node.key : node.place;
}

/** One wrong value in short form may be wrong in several layers. */
function distinct(issues: readonly Issue[]): Issue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify([issue.path, issue.message]), issue])).values()];
}

/** The run's name when the spec gives none. */
function nameOf(file: string): string {
  const name = basename(file).replace(/\.(ya?ml|json)$/i, "");
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_-]+$/gu, "");
  return safe.slice(0, 100).replace(/[. ]+$/, "") || "run";
}
