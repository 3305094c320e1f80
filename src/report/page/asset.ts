/** The files that pages are made of, as they lie in assets/report. */
import { readFileSync } from "node:fs";
import { ownFile } from "../../support/ownFile.ts";
import { Html } from "./html.ts";

export function asset(name: string): Html {
  return new Html(readFileSync(ownFile(`assets/report/${name}`), "utf8"));
}
