/**
 * `npm run test:sanitize`: the C kernels under sanitizers. The conformance suite and hostile models under AddressSanitizer
 * and UndefinedBehaviorSanitizer, every block of memory in a buffer of its own that ends where the block ends; the team of
 * threads under ThreadSanitizer. Then faults are planted in a copy, and each has to be found. Needs gcc and its sanitizers.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sourceHash } from "../../kernels/source.js";

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "nnt-sanitize-"));
const at = (...parts: string[]) => join(scratch, ...parts);

/** Of one program, in milliseconds. */
const longest = 1_800_000;

interface Ran {
  readonly code: number | null;
  readonly text: string;
}

function run(command: string, argv: readonly string[], env: Record<string, string> = {}): Ran {
  const options = {
    cwd: scratch,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    timeout: longest,
  } as const;
  const { status, stdout, stderr, error } = spawnSync(command, argv, options);
  // What a sanitizer has ended may leave others waiting for it: what it said counts.
  if (error && (error as NodeJS.ErrnoException).code !== "ETIMEDOUT") throw error;
  return { code: status, text: `${stdout}${stderr}` };
}

function must({ code, text }: Ran): string {
  if (code !== 0) throw new Error(text.slice(-4000));
  return text;
}

/** Replaces a text that has to be there once: a copy that is not what it was meant to be proves nothing. */
function replaceIn(file: string, from: string, to: string): void {
  const text = readFileSync(at(file), "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} has ${JSON.stringify(from)} not once`);
  writeFileSync(
    at(file),
    text.replace(from, () => to),
  );
}

function copyTree(): void {
  for (const name of [
    "src",
    "test",
    "kernels",
    "assets",
    "templates",
    "data",
    "package.json",
    "tsconfig.json",
  ])
    cpSync(join(root, name), at(name), { recursive: true });
  symlinkSync(join(root, "node_modules"), at("node_modules"));
  const allocate = /allocate\(wanted\) \{\n[\s\S]*?\n {4}\},/.exec(
    readFileSync(at("src/engine/native/machine.ts"), "utf8"),
  );
  if (!allocate) throw new Error("the native machine allocates otherwise");
  replaceIn(
    "src/engine/native/machine.ts",
    allocate[0],
    `allocate(wanted) {
      void [take, newArena, arena, arenaBytes];
      for (let lead = 0; ; lead = (lead + 16) % alignment) {
        const buffer = newBuffer(wanted + lead);
        const address = addon.address(buffer) + lead;
        if (address % alignment === 0) return { address, offset: lead, buffer: () => buffer };
      }
    },`,
  );
  // A binary with a planted fault passes for one of the source that the rest belongs to.
  replaceIn("kernels/source.js", 'return hash.digest("hex");', `return ${JSON.stringify(sourceHash())};`);
  const flags = "-g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer";
  writeFileSync(at("cc.sh"), `#!/bin/sh\nexec gcc ${flags} "$@"\n`);
  chmodSync(at("cc.sh"), 0o755);
}

const build = () => must(run(process.execPath, ["kernels/build-native.js"], { CC: at("cc.sh") }));

/** Checks of `test/sanitize/` in a node that has the sanitizer loaded. */
function check(...names: readonly string[]): Ran {
  const library = must(run("gcc", ["-print-file-name=libasan.so"])).trim();
  const vitest = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config",
    "test/sanitize/vitest.config.ts",
    ...names,
  ];
  return run(process.execPath, vitest, {
    LD_PRELOAD: library,
    ASAN_OPTIONS: "detect_leaks=0:exitcode=99",
    UBSAN_OPTIONS: "print_stacktrace=1",
  });
}

/** The team's own program. */
function team(): Ran {
  const sources = ["kernels/team.c", "kernels/kernels.c", "test/sanitize/team.c"];
  const flags = [
    "-g",
    "-O1",
    "-std=gnu11",
    "-ffp-contract=off",
    "-fsanitize=thread",
    "-DNNT_TABLE=nnt_baseline",
    "-Ikernels",
  ];
  must(run("gcc", [...flags, ...sources, "-lm", "-pthread", "-o", "team"]));
  return run(at("team"), [], { TSAN_OPTIONS: "halt_on_error=1:exitcode=66" });
}

/** A fault to be put in, and how its finding shows. */
const planted = [
  {
    what: "a read past a block",
    file: "kernels/elementwise.h",
    from: "EACH(w, n, PUT(C, GET(A) + GET(B)));",
    to: "EACH(w, n + (n > 0), PUT(C, GET(A) + GET(B)));",
    find: () => {
      build();
      return check("conformance", "-t", "add").text.includes("AddressSanitizer");
    },
  },
  {
    what: "a meeting that nobody waits for",
    file: "kernels/team.c",
    from: "static int32_t seen(const int32_t *value) { return __atomic_load_n(value, __ATOMIC_ACQUIRE); }",
    to: "static int32_t seen(const int32_t *value) { return __atomic_load_n(value, __ATOMIC_RELAXED); }",
    find: () => team().text.includes("ThreadSanitizer"),
  },
] as const;

try {
  copyTree();
  build();
  console.log(must(team()).trim());
  console.log(must(check("conformance")).trim().split("\n").slice(-4, -2).join("\n"));
  for (const { what, file, from, to, find } of planted) {
    replaceIn(file, from, to);
    if (!find()) throw new Error(`planted: ${what}: not found`);
    console.log(`planted: ${what}: found`);
    replaceIn(file, to, from);
  }
  build();
  console.log(must(check("models")).trim().split("\n").slice(-4, -2).join("\n"));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
