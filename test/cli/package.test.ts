/** What `npm pack` ships runs in a folder that has nothing else of the repository. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { folder, put } from "./program.ts";

const root = join(import.meta.dirname, "../..");

test("an installed package trains and predicts", { timeout: 60_000 }, () => {
  const cwd = folder();
  const modules = join(cwd, "node_modules");
  mkdirSync(join(modules, "nnt"), { recursive: true });
  // As `npm install nnt-*.tgz` does, the dependencies taken from here instead of a registry.
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", cwd], { cwd: root });
  const tarball = readdirSync(cwd).find((name) => name.endsWith(".tgz"))!;
  execFileSync("tar", ["xzf", tarball, "--strip-components=1", "-C", join(modules, "nnt")], { cwd });
  for (const name of Object.keys(packageJson.dependencies))
    link(join(root, "node_modules", name), join(modules, name));

  put(cwd, {
    "spec.yaml": "data: { path: table.csv, target: y }\ntrain: { epochs: 1 }\n",
    "table.csv": `x,y\n${Array.from({ length: 40 }, (_, row) => `${row},${row % 2 ? "odd" : "even"}\n`).join("")}`,
  });
  const nnt = (...argv: string[]) =>
    spawnSync(process.execPath, [join(modules, "nnt/bin/nnt.js"), ...argv], {
      cwd,
      encoding: "utf8",
      input: "x\n1\n",
    });
  expect(nnt("--version").stdout).toBe(`${packageJson.version}\n`);
  expect(nnt("train", "spec.yaml", "--out", "run")).toMatchObject({ status: 0 });
  expect(nnt("predict", "run/best.ckpt").stdout).toMatch(/^prediction\n(odd|even)\n$/);
});

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}
