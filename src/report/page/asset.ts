/** The files that pages are made of, as they lie in assets/report. */
import { readFileSync } from "node:fs";
import { Html } from "./html.ts";

export function asset(name: string): Html {
  return new Html(readFileSync(new URL(`../../../assets/report/${name}`, import.meta.url), "utf8"));
}
