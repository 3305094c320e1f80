/** `--set a.b=value` and the options that stand for one: values put into a spec before it is checked. */
import { type Issue, shorten } from "../issue.ts";
import { formatPath, type Path, parsePath } from "../paths.ts";
import { childOf, fromPlain, type Node, type Place } from "./node.ts";
import { parseYaml } from "./yaml.ts";

/** An option of its own that sets one value, such as `--epochs`: `{ option, path: "train.epochs", value }`. */
export interface Override {
  readonly option: string;
  readonly path: string;
  readonly value: unknown;
}

type Complaint = Omit<Issue, "path"> & { readonly place: Place };

/** Puts every value in its place, creating missing sections; what cannot be put is returned. */
export function applyOverrides(
  root: Node,
  set: readonly string[],
  overrides: readonly Override[],
): { root: Node; complaints: Complaint[] } {
  const complaints: Complaint[] = [];
  let current = root;
  for (const assignment of [...set.map(parseSet), ...overrides.map(parseOverride)]) {
    if ("message" in assignment) complaints.push(assignment);
    else {
      const result = put(current, assignment.path, assignment.value, []);
      if (typeof result === "string") complaints.push({ place: assignment.value.place, message: result });
      else current = result;
    }
  }
  return { root: current, complaints };
}

type Assignment = { readonly path: readonly string[]; readonly value: Node };

/** No path of a spec has more parts, and none may be deeper than what can be walked. */
const mostParts = 16;

function parseSet(text: string): Assignment | Complaint {
  const [, name = text, value] = /^((?:"(?:[^"\\]|\\.)*"|[^="])+)=([\s\S]*)$/.exec(text) ?? [];
  const place = { option: `--set ${shorten(name)}` };
  const path = value === undefined ? null : parsePath(name.trim());
  if (path === null || value === undefined) {
    const option = `--set ${shorten(text)}`;
    return { place: { option }, message: "not an assignment", expected: "--set a.b=value" };
  }
  if (path.includes("__proto__")) {
    return { place, message: "the key __proto__ is not allowed", expected: "another name" };
  }
  if (path.length > mostParts) {
    return { place, message: `a path of ${path.length} parts`, expected: `at most ${mostParts}` };
  }
  if (value.trim() === "") return { path, value: fromPlain(null, place) };
  const { root, problems } = parseYaml(value, place.option);
  return root === null ? problems[0]! : { path, value: root };
}

function parseOverride({ option, path, value }: Override): Assignment {
  return { path: parsePath(path)!, value: fromPlain(value, { option }) };
}

/** A copy of `node` with `value` at `path`, or what is in the way. */
function put(node: Node | undefined, path: Path, value: Node, walked: Path): Node | string {
  const [part, ...rest] = path;
  if (part === undefined) return node?.key ? { ...value, key: node.key } : value;
  const here = node === undefined ? undefined : opened(node, walked);
  if (here?.kind === "scalar" && here.value !== null) {
    return `${formatPath(walked)} is ${here.text}, which has no ${part} in it`;
  }
  if (here?.kind === "list") {
    const index = /^\d+$/.test(String(part)) ? Number(part) : Number.NaN;
    if (!(index <= here.items.length)) {
      return `${formatPath(walked)} is a list of ${here.items.length}; expected an index from 0 to ${here.items.length}`;
    }
    const item = put(here.items[index], rest, value, [...walked, index]);
    return typeof item === "string" ? item : { ...here, items: here.items.toSpliced(index, 1, item) };
  }
  const entry = put(here && childOf(here, part), rest, value, [...walked, part]);
  if (typeof entry === "string") return entry;
  const entries = here?.kind === "mapping" ? here.entries : [];
  const key = here?.key && { key: here.key };
  return {
    kind: "mapping",
    place: here?.place ?? value.place,
    ...key,
    entries: new Map([...entries, [String(part), entry]]),
  };
}

/** A name that stands for a mapping, as in `optimizer: adam`, as that mapping. */
function opened(node: Node, path: Path): Node {
  if (node.kind !== "scalar" || typeof node.value !== "string") return node;
  const option = nameOption(path);
  if (option === null) return node;
  const key = node.key && { key: node.key };
  return {
    kind: "mapping",
    place: node.place,
    ...key,
    entries: new Map([[option, { ...node, key: node.place }]]),
  };
}

function nameOption([section, part, third, ...deeper]: Path): "name" | "type" | null {
  const named = part === undefined && /^(loss|init|optimizer|schedule)$/.test(String(section));
  const column = section === "data" && part === "columns";
  const layer = section === "model" && part === "layers";
  const activation = section === "model" && part === "activation" && third === undefined;
  if (named) return "name";
  return ((column || layer) && third !== undefined && deeper.length === 0) || activation ? "type" : null;
}
