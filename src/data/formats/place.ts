/** Where a spec's files are. */
import { isAbsolute, join, relative, sep } from "node:path";
import { stdinPath } from "./files.ts";

/** A path of a spec, as seen from the working directory; whole where it lies outside. */
export function placeFile(path: string, baseDirectory: string): string {
  if (isAbsolute(path) || path === stdinPath) return path;
  const whole = join(baseDirectory, path);
  const seen = relative("", whole);
  return seen === "" || seen.split(sep)[0] === ".." || isAbsolute(seen) ? whole : seen;
}
