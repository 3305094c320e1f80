/** The types of the API in dist/types, by tsc, without those that nothing in it leads to. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const types = join(root, "dist/types");
rmSync(types, { recursive: true, force: true });
const tsc = join(root, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.types.json")], {
  stdio: "inherit",
});
if (status !== 0) process.exit(1);

const needed = new Set([join(types, "api/index.d.ts")]);
for (const file of needed) {
  const imports = readFileSync(file, "utf8").matchAll(/(?:from |import\()"(\.[^"]+)\.ts"/g);
  for (const [, path] of imports) needed.add(resolve(dirname(file), `${path}.d.ts`));
}
for (const name of readdirSync(types, { recursive: true, encoding: "utf8" })) {
  const file = join(types, name);
  if (name.endsWith(".d.ts") && !needed.has(file)) rmSync(file);
}
