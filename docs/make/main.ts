/**
 * `npm run docs`: writes the reference, puts the code of today into the guide, and runs every command that
 * the guide shows, in a folder that has configs/ and data/ and nothing else.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withCode, withOutput } from "./guide.ts";
import { referencePages } from "./reference.ts";

const root = new URL("../../", import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, root));

for (const [name, text] of Object.entries(await referencePages()))
  writeFileSync(at(`docs/reference/${name}`), text);

const cwd = mkdtempSync(join(tmpdir(), "nnt-docs-"));
for (const folder of ["configs", "data"]) symlinkSync(at(folder), join(cwd, folder));
const program = `nnt() { '${process.execPath}' '${at("bin/nnt.js")}' "$@"; }`;

function run(command: string): string {
  const { stdout, status } = spawnSync("bash", ["-c", `${program}; exec 2>&1; ${command}`], {
    cwd,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command}\n${stdout}`);
  return stdout;
}

mkdirSync(at("docs/pictures"), { recursive: true });
for (const name of readdirSync(at("docs/guide")).sort()) {
  const path = at(`docs/guide/${name}`);
  writeFileSync(path, withOutput(withCode(readFileSync(path, "utf8"), "../../", root), run));
}
for (const name of readdirSync(cwd).filter((name) => name.endsWith(".svg")))
  copyFileSync(join(cwd, name), at(`docs/pictures/${name}`));
rmSync(cwd, { recursive: true });
