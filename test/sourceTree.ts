/** Source files as the floors test sees them: what each imports, and how long its functions are. */
import { posix } from "node:path";
import { parseAst } from "vitest/node";

export interface SourceFile {
  /** Within `src`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly { readonly line: number; readonly lines: number }[];
}

export interface Import {
  /** A path within `src`, or a package's name. */
  readonly target: string;
  /** Types alone are imported: nothing of it is there at run time. */
  readonly isType: boolean;
  /** `import()`: loaded when it is needed. */
  readonly isLazy: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly source?: { readonly value?: unknown } | null;
  readonly body?: unknown;
}

/** @throws if the text is no TypeScript, or imports what only running it could tell */
export function parseSource(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const functions: { line: number; lines: number }[] = [];
  const lineAt = (position: number) => text.slice(0, position).split("\n").length;
  for (const node of nodesIn(parseAst(text, { lang: "ts" }))) {
    if (importing.has(node.type) && node.source) {
      const { value } = node.source;
      if (typeof value !== "string") throw new Error(`${path}: an import() of no fixed file`);
      imports.push({
        target: value.startsWith(".") ? posix.join(posix.dirname(path), value) : value,
        isType: node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type",
        isLazy: node.type === "ImportExpression",
      });
    }
    if (node.type.includes("Function") && node.body) {
      const line = lineAt(node.start);
      functions.push({ line, lines: lineAt(node.end) - line + 1 });
    }
  }
  return { path, text, lines: lineAt(text.length) - 1, imports, functions };
}

const importing = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

function* nodesIn(value: unknown): Generator<Node> {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value && typeof value.type === "string") yield value as Node;
  for (const inner of Object.values(value)) yield* nodesIn(inner);
}

/** The groups of files that lead back to themselves by what they import, types and `import()` too; each sorted. */
export function circlesIn(files: readonly SourceFile[]): string[][] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const number = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  // Tarjan 1972: the strongly connected components of more than one file.
  const visit = (path: string) => {
    const own = number.size;
    number.set(path, own);
    lowest.set(path, own);
    open.push(path);
    for (const { target } of byPath.get(path)!.imports) {
      if (target === path) circles.push([path]);
      if (!byPath.has(target)) continue;
      if (!number.has(target)) {
        visit(target);
        lowest.set(path, Math.min(lowest.get(path)!, lowest.get(target)!));
      } else if (open.includes(target)) {
        lowest.set(path, Math.min(lowest.get(path)!, number.get(target)!));
      }
    }
    if (lowest.get(path) !== own) return;
    const group = open.splice(open.indexOf(path));
    if (group.length > 1) circles.push(group.sort());
  };
  for (const { path } of files) if (!number.has(path)) visit(path);
  return circles;
}
