/** A parsed spec as a tree of values that know where they stand: in a file, or on the command line. */
import type { Path } from "../paths.ts";

/** Where a value stands: a line and column of the spec file (both from 1), or an option such as `--set lr`. */
export interface Place {
  readonly line?: number;
  readonly column?: number;
  readonly option?: string;
}

export type Scalar = null | boolean | number | string;

export type Node = {
  readonly place: Place;
  /** Where its key stands, for a mapping's value. */
  readonly key?: Place;
} & (
  | { readonly kind: "scalar"; readonly value: Scalar /** As it was written. */; readonly text: string }
  | { readonly kind: "list"; readonly items: Node[] }
  | { readonly kind: "mapping"; readonly entries: Map<string, Node> }
);

/** The tree as plain values. */
export function toPlain(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toPlain);
  return Object.fromEntries(Array.from(node.entries, ([key, entry]) => [key, toPlain(entry)]));
}

/** Plain values (of an option, or a resolved spec) as a tree whose every value stands at `place`. */
export function fromPlain(value: unknown, place: Place): Node {
  if (Array.isArray(value))
    return { kind: "list", place, items: value.map((item) => fromPlain(item, place)) };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, entry]) => [key, fromPlain(entry, place)] as const);
    return { kind: "mapping", place, entries: new Map(entries) };
  }
  return { kind: "scalar", place, value: value as Scalar, text: String(value) };
}

/** The child at one part of a path; texts of digits are indices in lists. */
export function childOf(node: Node, part: string | number): Node | undefined {
  if (node.kind === "mapping") return node.entries.get(String(part));
  if (node.kind === "list" && /^\d+$/.test(String(part))) return node.items[Number(part)];
  return undefined;
}

/** The node at a path, or the last one on the way there. */
export function nearestNode(root: Node, path: Path): { node: Node; found: boolean } {
  let node = root;
  for (const part of path) {
    const child = childOf(node, part);
    if (child === undefined) return { node, found: false };
    node = child;
  }
  return { node, found: true };
}
