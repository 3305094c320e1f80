/** Warnings and notes as lines. */
import type { Style } from "./style.ts";
import { printable } from "./terminal.ts";

/** `warning: …`, safe to print whatever a file's content brought into the message. */
export function notice(kind: "note" | "warning", message: string, style: Style): string {
  return `${kind === "warning" ? style.warn("warning:") : style.dim("note:")} ${printable(message)}`;
}
