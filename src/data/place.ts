/** Where a spec's files are. */
import { isAbsolute, join } from "node:path";

/** A path of a spec, as seen from the working directory. */
export function placeFile(path: string, baseDirectory: string): string {
  return isAbsolute(path) ? path : join(baseDirectory, path);
}
