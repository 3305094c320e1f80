/** The parts of exports that are the same for every model: files in templates/, in their own languages. */
import { readFileSync } from "node:fs";
import { ownFile } from "../support/ownFile.ts";

type Template =
  | "predictor.js"
  | "model.py"
  | "page.html"
  | "controls.html"
  | "page.css"
  | "page.js"
  | "served.js";

export function template(name: Template): string {
  return readFileSync(ownFile(`templates/${name}`), "utf8");
}
