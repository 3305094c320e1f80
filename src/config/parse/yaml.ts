/**
 * YAML and JSON text → a tree of values with their places. Plain data only: no tags beyond YAML's core,
 * no second document, no `__proto__`, and bounds on depth and on what aliases expand to, so that no text
 * takes long or much memory. Knows nothing of what a spec means.
 */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLMap,
} from "yaml";
import { shorten } from "../issue.ts";
import type { Node, Place, Scalar } from "./node.ts";
import { explainSyntax } from "./syntax.ts";

export interface SyntaxProblem {
  readonly place: Place;
  readonly message: string;
  readonly expected?: string;
}

/** A spec is six levels deep; this leaves room, and is far from overflowing the stack. */
const deepest = 64;

/** Of the YAML library: 0.3 seconds' worth. A column of a table takes 6 in the spec. */
const mostTokens = 50_000;

/** Values after aliases are followed. */
const mostValues = 100_000;

const coreTags = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/** The tree, or null with at least one problem. `option` is given when the text is not a file's. */
export function parseYaml(text: string, option?: string): { root: Node | null; problems: SyntaxProblem[] } {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    if (option !== undefined) return { option };
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: SyntaxProblem[] = [];
  const told = new Set<string>();
  const report = (offset: number, message: string, expected?: string) => {
    const problem = { place: place(offset), message, ...(expected && { expected }) };
    const key = JSON.stringify(problem);
    if (!told.has(key)) problems.push(problem);
    told.add(key);
  };

  const document = compose(text, lines, report);
  const root = problems.length === 0 && document?.contents ? unfold(document.contents, place, report) : null;
  if (root === null && problems.length === 0) report(0, "there is nothing here", "a spec");
  return { root: problems.length === 0 ? root : null, problems };
}

type Report = (offset: number, message: string, expected?: string) => void;

function compose(text: string, lines: LineCounter, report: Report): Document.Parsed | undefined {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let count = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (++count > mostTokens) {
      report(
        parser.offset,
        `more than ${mostTokens} words, marks and lines`,
        "a spec, which has a few hundred",
      );
      return undefined;
    }
    if (parser.stack.length > deepest) {
      report(parser.offset, `nested more than ${deepest} deep`, "a spec, which is about six deep");
      return undefined;
    }
  }
  tokens.push(...parser.end());
  // uniqueKeys: ours below names both places, and takes time in proportion to the number of keys.
  const [document] = new Composer({ uniqueKeys: false }).compose(tokens, true, text.length);
  const isJson = text.trimStart().startsWith("{");
  for (const { code, message, pos } of [...document!.errors, ...document!.warnings]) {
    const source = text.slice(...pos);
    const told = code === "TAG_RESOLVE_FAILED" ? tagRefused(source) : explainSyntax(message, source, isJson);
    report(pos[0], told.message, told.expected);
  }
  const second = tokens.filter((token) => token.type === "document")[1];
  if (second) report(second.offset, "a second document starts here", "one spec per file");
  return document;
}

/** Follows aliases and checks everything that YAML allows and a spec does not. */
function unfold(contents: ParsedNode, place: (offset: number) => Place, report: Report): Node {
  const anchors = new Map<string, ParsedNode>();
  let count = 0;
  return visit(contents, 0);

  function visit(node: ParsedNode | null, depth: number): Node {
    const offset = node?.range[0] ?? 0;
    const at = place(offset);
    const empty: Node = { kind: "scalar", place: at, value: null, text: "" };
    if (++count === mostValues)
      report(offset, `aliases expand to more than ${mostValues} values`, "plain data");
    if (depth === deepest) report(offset, `aliases expand to more than ${deepest} levels`, "plain data");
    if (node === null || count >= mostValues || depth >= deepest) return empty;

    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target) return visit(target, depth + 1);
      report(offset, `*${shorten(node.source)} refers to no anchor`, "an anchor of that name before it");
      return empty;
    }
    if (node.anchor) anchors.set(node.anchor, node);
    if (node.tag && !coreTags.has(node.tag)) {
      const { message, expected } = tagRefused(node.tag.replace("tag:yaml.org,2002:", "!!"));
      report(offset, message, expected);
      return empty;
    }
    if (isMap(node)) return { kind: "mapping", place: at, entries: visitEntries(node, depth) };
    if (isSeq(node)) {
      return {
        kind: "list",
        place: at,
        items: node.items.map((item) => visit(item as ParsedNode, depth + 1)),
      };
    }
    if (isPlain(node.value)) return { kind: "scalar", place: at, value: node.value, text: written(node) };
    report(offset, "neither a number, a text, true, false nor null", "plain data");
    return empty;
  }

  function visitEntries(map: YAMLMap.Parsed, depth: number): Map<string, Node> {
    const entries = new Map<string, Node>();
    for (const { key, value } of map.items) {
      const offset = key?.range[0] ?? map.range[0];
      if (!isScalar(key) || key.value === null) {
        report(offset, "a key that is not a name", "a name before the colon");
        continue;
      }
      const name = written(key);
      const first = entries.get(name)?.key;
      if (name === "__proto__") report(offset, "the key __proto__ is not allowed", "another name");
      else if (key.type === "PLAIN" && /^\/[/*]/.test(name))
        report(offset, "a comment that starts with / as in JavaScript", "# before it, or none in JSON");
      else if (first) {
        const where = first.line === undefined ? "" : ` (first in line ${first.line})`;
        report(offset, `the key ${shorten(name)} is given twice${where}`, "each key once");
      } else {
        const at = place(offset);
        const node = visit(value as ParsedNode | null, depth + 1);
        entries.set(name, { ...node, ...(value === null && { place: at }), key: at });
      }
    }
    return entries;
  }
}

const tagRefused = (tag: string) => ({
  message: `the tag ${shorten(tag)} is not allowed`,
  expected: "plain data",
});

const isPlain = (value: unknown): value is Scalar =>
  value === null || ["boolean", "number", "string"].includes(typeof value);

/** A text's value; anything else as it stands in the file, so that `007` and `1.0` can mean labels. */
const written = ({ value, source }: { value: unknown; source?: string }) =>
  typeof value === "string" ? value : (source ?? String(value));
