/** What was found in a file: as one JSON object, and as lines for people. */
import type { Style } from "../../report/style.ts";

export interface Inspected {
  readonly json: object;
  readonly draw: (style: Style, width: number) => string[];
}
