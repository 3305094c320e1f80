/** Builds dist/ before the tests when src/ is newer, so that `bin/nnt.js` runs what is being tested. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

export function setup(): void {
  const entry = statSync(join(root, "dist/cli/process.js"), { throwIfNoEntry: false });
  if (entry && newestIn(join(root, "src")) < entry.mtimeMs) return;
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  // Its complaints are those of `npm run types`, which tells them better.
  spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root });
}

function newestIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return Math.max(...files.map((file) => statSync(join(directory, file)).mtimeMs));
}
