/**
 * Builds the committed binaries `kernels/nnt.wasm` (relaxed SIMD: fused multiply-add) and
 * `kernels/nnt-plain.wasm`, and records the hash of their source. Needs clang 16 and lld 16, as Debian 12 and
 * Ubuntu 24.04 have them (`apt-get install clang-16 lld-16`): older ones emit relaxed SIMD that V8 refuses.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folder, sourceHash } from "./source.js";

const clang = process.env.CLANG ?? "clang-16";
const linker = process.env.WASM_LD ?? "wasm-ld-16";

const flags = [
  "--target=wasm32",
  "-O3",
  "-std=gnu11",
  "-ffreestanding",
  "-fno-builtin-memcpy",
  "-fno-builtin-memset",
  "-ffp-contract=off",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-msimd128",
  "-matomics",
  "-mbulk-memory",
];
const variants = { "nnt.wasm": ["-mrelaxed-simd"], "nnt-plain.wasm": [] };

/** Pages of 64 KiB: what the module itself needs at least; all that 32 bits reach at most. */
const pages = { initial: 2, most: 65536 };

const work = mkdtempSync(join(tmpdir(), "nnt-wasm-"));
try {
  for (const [name, extra] of Object.entries(variants)) {
    const objects = ["kernels", "team", "wasm"].map((source) => {
      const object = join(work, `${source}.o`);
      execFileSync(
        clang,
        [...flags, ...extra, "-DNNT_TABLE=nnt_wasm", "-c", join(folder, `${source}.c`), "-o", object],
        { stdio: "inherit" },
      );
      return object;
    });
    execFileSync(
      linker,
      [
        "--no-entry",
        "--import-memory",
        "--shared-memory",
        `--initial-memory=${pages.initial * 65536}`,
        `--max-memory=${pages.most * 65536}`,
        "-z",
        "stack-size=65536",
        "--stack-first",
        "--strip-all",
        "-O2",
        "--export=__stack_pointer",
        "--export=__heap_base",
        ...objects,
        "-o",
        join(folder, name),
      ],
      { stdio: "inherit" },
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
writeFileSync(
  join(folder, "..", "src", "engine", "fast", "sourceHash.ts"),
  `/** Written by kernels/build-wasm.js: the sha256 of the C source that the committed binaries were built from. */\nexport const sourceHash = "${sourceHash()}";\n`,
);
