/** Places inside a spec, such as `model.hidden[0]`: how they are written and read. */

export type Path = readonly (string | number)[];

const plainName = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

/** `["data", "columns", "a b", 0]` → `data.columns."a b"[0]`; the whole spec is "the spec". */
export function formatPath(path: Path): string {
  if (path.length === 0) return "the spec";
  const parts = path.map((part) =>
    typeof part === "number" ? `[${part}]` : `.${plainName.test(part) ? part : JSON.stringify(part)}`,
  );
  return parts.join("").replace(/^\./, "");
}

/**
 * Reads what {@link formatPath} writes, and list indices between dots (`model.hidden.0`): parts are all
 * texts, since only the spec tells an index from a name. null when it cannot be read.
 */
export function parsePath(text: string): string[] | null {
  const parts: string[] = [];
  const part = /(?:^|\.)(?:"((?:[^"\\]|\\.)*)"|([^."[\]]+))|\[(\d+)\]/gy;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (!found) return null;
    const [, quoted, plain, index] = found;
    if (quoted !== undefined) parts.push(quoted.replace(/\\(.)/g, "$1"));
    else parts.push((plain ?? index)!);
  }
  return parts.length > 0 && part.lastIndex === text.length ? parts : null;
}
