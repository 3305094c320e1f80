/** nnt's own version, as its package says it. */
import { readFileSync } from "node:fs";
import { ownFile } from "./ownFile.ts";

export const { version } = JSON.parse(readFileSync(ownFile("package.json"), "utf8")) as {
  readonly version: string;
};
