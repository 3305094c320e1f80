/** Pieces of YAML that every spec of `nnt init` is made of: the gate through which a stranger's text comes into one. */
import { stringify } from "yaml";
import { jsonLine, printable } from "../../report/terminal.ts";

/** A setting and a comment behind it, in a column of their own if there is room. */
export function aligned(setting: string, comment: string): string {
  return comment === "" ? setting : `${setting.padEnd(48)} # ${printable(comment)}`;
}

/** A name or a path as YAML has it, on one line; as JSON, which YAML takes, where it holds what no line may. */
export function key(text: string): string {
  return printable(text) === text ? stringify(text, { lineWidth: 0 }).trimEnd() : jsonLine(text);
}

/** The comment that a spec opens with. */
export function opening(what: string, command: string): string[] {
  return [
    `# ${printable(what)}. Written by nnt init; check it with`,
    `#   nnt check ${printable(command)}`,
    "# and train it with",
    `#   nnt train ${printable(command)}`,
  ];
}
