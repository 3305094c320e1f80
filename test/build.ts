/** Builds dist/ before the tests when src/ is newer, so that `bin/nnt.js` runs what is being tested. */
import { spawnSync } from "node:child_process";
import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

export function setup(): void {
  const dist = join(root, "dist");
  const entry = statSync(join(dist, "cli/process.js"), { throwIfNoEntry: false });
  if (entry && newestIn(join(root, "src")) < entry.mtimeMs) return;
  // Beside it, then in its place: programs that run meanwhile never see half of it.
  const fresh = join(root, `build/dist-${process.pid}`);
  const old = join(root, `build/old-${process.pid}`);
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  // Its complaints are those of `npm run types`, which tells them better.
  const argv = [compiler, "-p", "tsconfig.build.json", "--outDir", fresh];
  spawnSync(process.execPath, argv, { cwd: root });
  if (entry) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

function newestIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return Math.max(...files.map((file) => statSync(join(directory, file)).mtimeMs));
}
