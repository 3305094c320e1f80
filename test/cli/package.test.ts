/** What `npm pack` ships runs in a folder that has nothing else of the repository, and docs/api.md with it. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { folder, put } from "./program.ts";

const root = join(import.meta.dirname, "../..");
const cwd = folder();
const modules = join(cwd, "node_modules");

beforeAll(() => {
  execFileSync(process.execPath, [join(root, "build-types.js")]);
  mkdirSync(join(modules, "nnt"), { recursive: true });
  // As `npm install nnt-*.tgz` does, the dependencies taken from here instead of a registry.
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", cwd], { cwd: root });
  const tarball = readdirSync(cwd).find((name) => name.endsWith(".tgz"))!;
  execFileSync("tar", ["xzf", tarball, "--strip-components=1", "-C", join(modules, "nnt")], { cwd });
  for (const name of [...Object.keys(packageJson.dependencies), "@types/node"])
    link(join(root, "node_modules", name), join(modules, name));
}, 120_000);

function run(file: string, ...argv: string[]) {
  return spawnSync(process.execPath, [file, ...argv], { cwd, encoding: "utf8", input: "x\n1\n" });
}

test("an installed package trains and predicts", () => {
  put(cwd, {
    "spec.yaml": "data: { path: table.csv, target: y }\ntrain: { epochs: 1 }\n",
    "table.csv": `x,y\n${Array.from({ length: 40 }, (_, row) => `${row},${row % 2 ? "odd" : "even"}\n`).join("")}`,
  });
  const nnt = (...argv: string[]) => run(join(modules, "nnt/bin/nnt.js"), ...argv);
  expect(nnt("--version").stdout).toBe(`${packageJson.version}\n`);
  expect(nnt("train", "spec.yaml", "--out", "run")).toMatchObject({ status: 0 });
  expect(nnt("predict", "run/best.ckpt").stdout).toMatch(/^prediction\n(odd|even)\n$/);

  // What is bundled is still traced to the lines it was written in.
  put(cwd, { "bug.cjs": 'require("node:fs").openSync = () => { throw new TypeError("planted"); };' });
  const argv = ["--require", "./bug.cjs", join(modules, "nnt/bin/nnt.js"), "inspect", "spec.yaml", "--debug"];
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toMatch(/TypeError: planted\n(?:.*\n)*.*src\/config\/load\.ts:\d+:\d+/);
});

test("V8 takes the code that the build kept of its files", () => {
  const { compile } = createRequire(import.meta.url)("../../bin/load.js");
  const bundle = join(root, "dist/bundle");
  for (const name of ["start", "predict", "train", "spec"])
    expect(compile(join(bundle, `${name}.cjs`)).cachedDataRejected, name).toBe(false);
});

test("the examples of docs/api.md have right types, and print what their comments say", () => {
  const page = readFileSync(join(root, "docs/api.md"), "utf8");
  const examples = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
  expect(examples.length).toBeGreaterThan(2);
  copyFileSync(join(root, "data/iris.csv"), join(cwd, "iris.csv"));
  const names = examples.map((_, index) => `example-${index}.mts`);
  const compilerOptions = { strict: true, module: "nodenext", target: "es2022", types: ["node"] };
  put(cwd, {
    ...Object.fromEntries(examples.map((code, index) => [names[index]!, code])),
    "all.mts": names.map((name) => `await import("./${name.replace(".mts", ".mjs")}");\n`).join(""),
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.mts"] }),
  });
  expect(run(join(root, "node_modules/typescript/bin/tsc"), "-p", cwd)).toMatchObject({
    status: 0,
    stdout: "",
  });
  const { status, stdout, stderr } = run("all.mjs");
  expect([status, stderr]).toEqual([0, ""]);
  // Beside what prints it or below, in this order; `…` stands for the rest of a line.
  const said = examples.join("").matchAll(/console\.log\(.*\); \/\/ (.+)$|^\s*\/\/ (?!@)(.+)$/gm);
  let from = 0;
  for (const [, beside, below] of said) {
    const wanted = (beside ?? below!).split("…")[0]!;
    expect(stdout.slice(from)).toContain(wanted);
    from = stdout.indexOf(wanted, from) + wanted.length;
  }
});

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}
