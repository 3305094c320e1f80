/** Where a spec's files are. */
import { isAbsolute, join } from "node:path";
import { stdinPath } from "./files.ts";

/** A path of a spec, as seen from the working directory. */
export function placeFile(path: string, baseDirectory: string): string {
  return isAbsolute(path) || path === stdinPath ? path : join(baseDirectory, path);
}
