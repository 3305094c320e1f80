/** Shared by every expansion of shorthand: the spec as written, the problems found, and where each value came from. */
import type { Issue } from "../issue.ts";
import { type Node, nearestNode } from "../parse/node.ts";
import type { Path } from "../paths.ts";

export type Mapping = Record<string, unknown>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Replaces a section that is so wrong that checking it further would only repeat the problem. */
export const unusable = Symbol("unusable");

export class Expansion {
  readonly issues: Issue[] = [];
  readonly #origins = new Map<string, Path>();

  constructor(readonly root: Node) {}

  /** Remembers that the canonical path (and all below it) stands at another one in the user's form. */
  came(canonical: Path, written: Path): void {
    this.#origins.set(originKey(canonical), written);
  }

  /** The path, in the user's form, of a canonical one. */
  written(canonical: Path): Path {
    for (let length = canonical.length; length > 0; length--) {
      const origin = this.#origins.get(originKey(canonical.slice(0, length)));
      if (origin) return [...origin, ...canonical.slice(length)];
    }
    return canonical;
  }

  /** How the scalar at a written path was written; undefined when there is none. */
  textAt(path: Path): string | undefined {
    const { node, found } = nearestNode(this.root, path);
    return found && node.kind === "scalar" ? node.text : undefined;
  }

  report(path: Path, message: string, expected?: string, atKey = false): void {
    this.issues.push({ path, message, expected, atKey });
  }

  /** Scalars as texts, as they were written: labels and missing values may look like numbers. */
  texts(value: unknown, path: Path): unknown {
    if (!Array.isArray(value)) return value;
    return value.map((item, index) => {
      const plain = item === null || typeof item === "number" || typeof item === "boolean";
      return plain ? (this.textAt(this.written([...path, index])) ?? String(item)) : item;
    });
  }
}

/** Indices may come as numbers or, from the command line, as texts. */
const originKey = (path: Path) => JSON.stringify(path.map(String));

/** `value` in a list, when it stands alone; null and lists stay. */
export function listed(expansion: Expansion, value: unknown, path: Path): unknown {
  if (value === null || value === undefined || Array.isArray(value)) return value;
  expansion.came([...path, 0], path);
  return [value];
}
