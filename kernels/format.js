/**
 * Checks the layout of the C files, or with `--write` mends it, by clang-format 14 and .clang-format. Where there is
 * none, or another version, whose layout differs, it says so and checks nothing.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./source.js";

const version = 14;
const tool = process.env.CLANG_FORMAT ?? "clang-format";

/** Why the tool cannot be used; null: it can. */
function problem() {
  try {
    const said = execFileSync(tool, ["--version"], { encoding: "utf8" });
    return said.includes(`version ${version}.`)
      ? null
      : `clang-format ${version} is wanted, this is ${said.trim()}`;
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return `there is no ${tool}`;
  }
}

const why = problem();
if (why !== null) console.error(`C files not checked: ${why}`);
else {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => join(folder, name));
  const does = process.argv.includes("--write") ? ["-i"] : ["--dry-run", "-Werror"];
  process.exitCode = spawnSync(tool, [...does, ...files], { stdio: "inherit" }).status ?? 1;
}
