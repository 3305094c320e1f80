/**
 * Builds the committed program of graphics cards, `kernels/nnt-cuda.ptx`, whose first line holds the hash of its source;
 * with `--emulated` for tests `build/cuda-emulated.node`, an addon that runs the same source on a processor, and
 * `build/fake-driver/libcuda.so.1`, which does so behind the driver's interface. PTX needs clang 16
 * (`apt-get install clang-16`) and nothing of NVIDIA's; the emulation any C compiler.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cardSourceHash, folder } from "./source.js";

/** As for processors: only the multiply-adds that the source names are fused. */
const strict = ["-std=gnu11", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"];

/**
 * Instructions of compute capability 8.0 and PTX 7.1, so that drivers from 11.1 on take it. A barrier must not be moved
 * (convergent); what a verb consists of becomes one function, so that nothing of it lies in local memory.
 */
const forCards = [
  ...strict,
  "--target=nvptx64-nvidia-cuda",
  "-march=sm_80",
  "--cuda-path=/nonexistent",
  "-ffreestanding",
  "-O3",
  "-Wno-unused-function",
  "-mllvm",
  "-inline-threshold=200000",
  "-Xclang",
  "-fconvergent-functions",
  "-Xclang",
  "-target-feature",
  "-Xclang",
  "+ptx71",
];

function buildPtx() {
  const source = join(folder, "cuda", "kernel.c");
  const text = execFileSync(process.env.CLANG ?? "clang-16", [...forCards, "-S", "-o", "-", source], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  // C has no word for a function that is begun from outside.
  const ptx = text
    .replace(/^\.visible \.func run_list\(/m, ".visible .entry run_list(")
    .replaceAll(/^\s*\/\/.*\n/gm, "")
    .replaceAll(/[ \t]*\/\/.*$/gm, "")
    .replaceAll(/^[ \t]+/gm, "")
    .replaceAll(/\n{2,}/g, "\n");
  writeFileSync(join(folder, "nnt-cuda.ptx"), `// ${cardSourceHash()}\n${ptx.trimStart()}`);
}

function buildEmulation(target) {
  const compiler = process.env.CC ?? "cc";
  const work = mkdtempSync(join(tmpdir(), "nnt-emulated-"));
  const fused = process.arch === "x64" ? ["-mfma"] : [];
  // Not -O2: the card's code is large, and this one only has to be right.
  const flags = ["-O1", "-fPIC", "-fvisibility=hidden", "-Wno-unknown-pragmas", ...strict, ...fused];
  const defines = ["-DNNT_EMULATED", `-DNNT_SOURCE="${cardSourceHash()}"`];
  const object = (name) => join(work, `${name}.o`);
  try {
    for (const name of ["kernel", "emulated", "emulated_card", "fake_driver", "plan", "addon"])
      execFileSync(compiler, [
        ...flags,
        ...defines,
        "-c",
        join(folder, "cuda", `${name}.c`),
        "-o",
        object(name),
      ]);
    const addon = process.platform === "darwin" ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared"];
    const made = [
      {
        file: "cuda-emulated.node",
        parts: ["kernel", "emulated", "emulated_card", "plan", "addon"],
        kind: addon,
      },
      { file: "fake-driver/libcuda.so.1", parts: ["kernel", "emulated", "fake_driver"], kind: ["-shared"] },
    ];
    for (const { file, parts, kind } of made) {
      const there = join(target, file);
      mkdirSync(dirname(there), { recursive: true });
      // Beside it, then in its place: another process may have the old one open, and keeps it.
      execFileSync(compiler, [...kind, ...parts.map(object), "-lm", "-o", `${there}.${process.pid}`]);
      renameSync(`${there}.${process.pid}`, there);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (!process.argv.includes("--emulated")) buildPtx();
else buildEmulation(join(folder, "..", "build"));
