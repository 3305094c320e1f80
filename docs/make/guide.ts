/** Fills the hand-written pages: code by its symbol, and what commands print by running them. */
import { readFileSync } from "node:fs";
import { excerpt } from "./excerpt.ts";

const codeBlock = /<!-- code (\S+?)#(\S+) -->\n[\s\S]*?<!-- end -->/g;
const consoleBlock = /```console\n([\s\S]*?)```/g;

/** Every excerpt anew, each under a link to its file. `up` leads from the page to the repository. */
export function withCode(page: string, up: string, root: URL): string {
  return page.replaceAll(codeBlock, (_, file: string, symbol: string) => {
    const code = excerpt(readFileSync(new URL(file, root), "utf8"), symbol);
    const link = `[\`${symbol}\` in ${file}](${up}${file})`;
    return `<!-- code ${file}#${symbol} -->\n${link}\n\n\`\`\`ts\n${code}\n\`\`\`\n<!-- end -->`;
  });
}

/** Every command run again, in order, by `run`, with what it prints below it. */
export function withOutput(page: string, run: (command: string) => string): string {
  return page.replaceAll(consoleBlock, (_, block: string) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    const shown = commands.map((line) => `${line}\n${run(line.slice(2))}`);
    return `\`\`\`console\n${shown.join("")}\`\`\``;
  });
}
