/** Pieces of YAML that every spec of `nnt init` is made of. */
import { stringify } from "yaml";

/** A setting and a comment behind it, in a column of their own if there is room. */
export function aligned(setting: string, comment: string): string {
  return comment === "" ? setting : `${setting.padEnd(48)} # ${comment.replaceAll(/[\r\n]+/g, " ")}`;
}

/** A name or a path as YAML has it. */
export function key(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

/** The comment that a spec opens with. */
export function opening(what: string, command: string): string[] {
  return [
    `# ${what}. Written by nnt init; check it with`,
    `#   nnt check ${command}`,
    "# and train it with",
    `#   nnt train ${command}`,
  ];
}
