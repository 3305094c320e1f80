/** The gate to Markdown: texts are escaped, unless they are Markdown already; so that no name becomes a tag or a link. */
import { printable } from "./terminal.ts";

export class Markdown {
  constructor(readonly text: string) {}
}

type Part = Markdown | string | number;

/** A template whose values are escaped, unless they are Markdown themselves. */
export function md(texts: TemplateStringsArray, ...parts: readonly Part[]): Markdown {
  return new Markdown(texts.reduce((all, text, index) => all + render(parts[index - 1]!) + text));
}

/** A span of code, in which only a backtick would mean something. */
export function code(text: string): Markdown {
  return new Markdown(`\`${printable(text).replaceAll("`", "'").replaceAll("|", "¦") || " "}\``);
}

/** The first column holds names, the others figures. */
export function markdownTable(titles: readonly Part[], rows: readonly (readonly Part[])[]): string[] {
  const line = (cells: readonly Part[]) => `| ${cells.map(render).join(" | ")} |`;
  return [line(titles), `| --- |${" --: |".repeat(titles.length - 1)}`, ...rows.map(line)];
}

/** Punctuation that means something to CommonMark or GitHub anywhere in a line, `www.` and `a@b` among it. */
function render(part: Part): string {
  if (part instanceof Markdown) return part.text;
  return printable(String(part))
    .replace(/[\\`*_{}[\]<>|#&~!@$:+"]/g, "\\$&")
    .replace(/www\./gi, (found) => `${found.slice(0, -1)}\\.`);
}
