/** The gate to file names: a stranger's text as the name of one file, that leads nowhere else and is nobody else's. */
import { createHash } from "node:crypto";

/**
 * Letters, digits, `_`, `-`, `.` and blanks stay; a text that holds anything else, is too long or begins with a dot gets
 * eight digits of its sha256, so that two texts never share a name.
 */
export function fileNameOf(text: string, most = 100): string {
  const plain = text.replace(/[^\w. -]/g, "_").replace(/^\./, "_");
  if (plain === text && text.length <= most && text.trim() === text && text !== "") return text;
  const sum = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `${plain.slice(0, most - 9).trim()}-${sum}`;
}
