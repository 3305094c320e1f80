/**
 * Builds the native addon `build/nnt.node` with the C compiler of the machine: one object per instruction
 * set, one for threads, one for Node-API; `build/cuda.node`, which opens a graphics card; and `build/lock.node`, the
 * system's locks on files. Needs no headers of Node, nor of NVIDIA: kernels/napi.h and kernels/cuda/driver.c declare
 * what is used.
 *
 * `--optional`: says in one line why nothing was built, and succeeds, so that no install fails because of it.
 */
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cardSourceHash, folder, sourceHash } from "./source.js";

const outputs = join(folder, "..", "build");
const execute = promisify(execFile);

/** Sets that the addon chooses from at run time, with the compiler's flags. */
const instructionSets = {
  x64: {
    baseline: [],
    avx2: ["-mavx2", "-mfma"],
    avx512: [
      "-mavx2",
      "-mfma",
      "-mavx512f",
      "-mavx512bw",
      "-mavx512dq",
      "-mavx512vl",
      "-mprefer-vector-width=512",
    ],
  },
}[process.arch] ?? { baseline: [] };

/** -ffp-contract=off: only the multiply-adds that the source names are fused, on every machine. */
const flags = [
  "-O2",
  "-std=gnu11",
  "-fPIC",
  "-fvisibility=hidden",
  "-ffp-contract=off",
  "-fno-math-errno",
  "-fno-trapping-math",
];

async function build() {
  if (process.platform === "win32") throw new Error("there is no build for Windows yet");
  const compiler = await findCompiler([process.env.CC, "cc", "gcc", "clang"]);
  const work = join(outputs, `native-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const compile = async (source, name, extra) => {
      const object = join(work, `${name}.o`);
      await run(compiler, [...flags, ...extra, "-c", join(folder, source), "-o", object]);
      return object;
    };
    const card = process.platform === "linux" ? ["driver", "plan", "addon"] : [];
    const [lock, cards, ...objects] = await Promise.all([
      compile("lock/lock.c", "lock", []),
      Promise.all(
        card.map((name) => compile(`cuda/${name}.c`, `cuda-${name}`, [`-DNNT_SOURCE="${cardSourceHash()}"`])),
      ),
      ...Object.entries(instructionSets).map(([name, extra]) =>
        compile("kernels.c", name, [...extra, `-DNNT_TABLE=nnt_${name}`]),
      ),
      compile("team.c", "team", []),
      compile("node.c", "node", [`-DNNT_SOURCE="${sourceHash()}"`]),
    ]);
    // Node's own functions are found when the addon is loaded.
    const kind =
      process.platform === "darwin"
        ? ["-bundle", "-undefined", "dynamic_lookup"]
        : ["-shared", "-pthread", "-ldl"];
    for (const [name, parts] of [
      ["nnt.node", objects],
      ["lock.node", [lock]],
      ["cuda.node", cards],
    ]) {
      if (parts.length === 0) continue;
      await run(compiler, [...kind, ...parts, "-o", join(work, name)]);
      renameSync(join(work, name), join(outputs, name));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function findCompiler(names) {
  for (const name of names) {
    if (!name) continue;
    try {
      await execute(name, ["--version"]);
      return name;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error("no C compiler found");
}

async function run(command, args) {
  try {
    await execute(command, args);
  } catch (error) {
    const lines = String(error.stderr || error.message)
      .trim()
      .split("\n");
    throw new Error(lines.find((line) => line.includes("error")) ?? lines[0]);
  }
}

try {
  await build();
} catch (error) {
  const isOptional = process.argv.includes("--optional");
  console.error(
    `nnt: native kernels not built: ${error.message}${isOptional ? "; the wasm kernels will do" : ""}`,
  );
  if (!isOptional) process.exitCode = 1;
}
