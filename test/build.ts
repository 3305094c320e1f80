/** Builds dist/bundle before the tests when src/ is newer, so that `bin/nnt.js` runs what is being tested; and the emulated card. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildEmulation } from "./engine/emulation.ts";

const root = join(import.meta.dirname, "..");

export function setup(): void {
  buildEmulation();
  const bundle = join(root, "dist/bundle");
  const entry = statSync(join(bundle, "nnt.cjs"), { throwIfNoEntry: false });
  const config = statSync(join(root, "rolldown.config.ts")).mtimeMs;
  const newest = Math.max(config, ...["bin", "src"].map((folder) => newestIn(join(root, folder))));
  if (entry && newest < entry.mtimeMs) return;
  // Beside it, then in its place: programs that run meanwhile never see half of it.
  const fresh = join(root, `dist/fresh-${process.pid}`);
  const old = join(root, `dist/old-${process.pid}`);
  const bundler = join(root, "node_modules/rolldown/bin/cli.mjs");
  const argv = [bundler, "-c", "--dir", fresh, "--logLevel", "warn"];
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm run build failed:\n${stderr}`);
  if (existsSync(bundle)) renameSync(bundle, old);
  renameSync(fresh, bundle);
  rmSync(old, { recursive: true, force: true });
}

function newestIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return Math.max(...files.map((file) => statSync(join(directory, file)).mtimeMs));
}
