/** Lines of a source file by the name of what they declare; relies on the formatter's indentation alone. */

/**
 * `linear.plan`: the declaration of `plan` within that of `linear`, with its comment, unindented.
 * Throws when there is none, or more than one that could be meant.
 */
export function excerpt(source: string, symbol: string): string {
  let lines = source.split("\n");
  const names = symbol.split(".");
  names.forEach((name, depth) => {
    const found = lines.flatMap((line, at) => (declares(line, name, depth) ? [at] : []));
    const outermost = Math.min(...found.map((at) => indentOf(lines[at]!)));
    const meant = found.filter((at) => indentOf(lines[at]!) === outermost);
    if (meant.length !== 1) throw new Error(`${meant.length} declarations of ${name} for ${symbol}`);
    lines = declaration(lines, meant[0]!);
  });
  const indent = Math.min(...lines.filter((line) => line !== "").map(indentOf));
  return lines.map((line) => line.slice(indent)).join("\n");
}

/** `const name =`, `function name(`, `interface name {` and, within others, `name(…) {` and `name: …`. */
function declares(line: string, name: string, depth: number): boolean {
  const escaped = name.replace(/\W/g, "\\$&");
  const keyword = "(export )?(async )?(function\\*? |const |class |interface |type )";
  const member = "(private |readonly |async )*";
  const top = new RegExp(`^${keyword}${escaped}\\b`);
  const inner = new RegExp(`^\\s+(${keyword}|${member})${escaped}(\\(|:|<| =|,$)`);
  return depth === 0 ? top.test(line) : inner.test(line);
}

/** From the comment above to the line that closes what the first one opens. */
function declaration(lines: readonly string[], at: number): string[] {
  const indent = indentOf(lines[at]!);
  const opens = /[[({]$|=>$|=$/.test(lines[at]!.replace(/\s*\/\/.*$/, ""));
  let end = at;
  if (opens) {
    do end++;
    while (end + 1 < lines.length && (lines[end] === "" || indentOf(lines[end]!) > indent));
    // A parameter list that took several lines ends where the body begins.
    while (/[[({]$|=>$/.test(lines[end]!)) {
      do end++;
      while (lines[end] === "" || indentOf(lines[end]!) > indent);
    }
  }
  let start = at;
  while (start > 0 && /^\s*(\/\*\*|\*)/.test(lines[start - 1]!)) start--;
  return lines.slice(start, end + 1);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
