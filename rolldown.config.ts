/**
 * `npm run build`: nnt in a few files, so that a command opens one or two of them and not hundreds. In CommonJS, which
 * Node 20 loads in less time than modules; source maps keep the traces of `--debug` readable.
 */
import { fork } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig, type Plugin, type PluginContext } from "rolldown";

const root = import.meta.dirname;

/** What is loaded together: a file is in the first chunk one of whose roots needs it; all others are in `others`. */
const chunks = {
  start: ["src/cli/process.ts", "src/cli/sweep/trainerProcess.ts", "node_modules/chalk/source/index.js"],
  predict: ["src/cli/commands/predict.ts", "src/cli/rowStreams.ts", "src/evaluate/predict.ts"],
  spec: ["src/config/load.ts"],
  train: [
    "src/cli/commands/train.ts",
    "src/api/trainThread.ts",
    "src/config/stringify.ts",
    "src/run/train.ts",
    "node_modules/cli-progress/cli-progress.js",
  ],
};
const others = "others";

export default defineConfig({
  cwd: root,
  input: {
    nnt: "src/cli/process.ts",
    trainerProcess: "src/cli/sweep/trainerProcess.ts",
    api: "src/api/index.ts",
    trainThread: "src/api/trainThread.ts",
    scanThread: "src/data/formats/csv/scanThread.ts",
  },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  // A file that one imports at once and another when it is needed is in the first one's chunk, as it should be.
  checks: { ineffectiveDynamicImport: false },
  plugins: [jsonAsText(), licenses(), compiledCode()],
  output: {
    dir: "dist/bundle",
    cleanDir: true, // V8 would take code that was kept of another file of the same length
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    sourcemap: true,
    sourcemapExcludeSources: true,
    minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
    // A file runs when another needs it, in the order of their imports, whatever chunk it is in.
    strictExecutionOrder: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: "chunks", name: (id, context) => chunkOf(id, context) }],
    },
  },
});

type Modules = Pick<PluginContext, "getModuleInfo">;

const needed = new Map<string, ReadonlySet<string>>();

function chunkOf(id: string, modules: Modules): string {
  for (const [name, roots] of Object.entries(chunks)) {
    if (!needed.has(name)) needed.set(name, neededBy(roots, modules));
    if (needed.get(name)!.has(id)) return name;
  }
  return others;
}

/** What files import, and what that imports, but for `import()`. */
function neededBy(roots: readonly string[], modules: Modules): Set<string> {
  const found = new Set(roots.map((path) => join(root, path)));
  for (const id of found) {
    const module = modules.getModuleInfo(id);
    if (!module) throw new Error(`rolldown.config.ts: no such file as ${id}`);
    for (const imported of module.importedIds) if (!/^node:/.test(imported)) found.add(imported);
  }
  return found;
}

/** JSON as a text to parse, which takes less time than the same as code. */
function jsonAsText(): Plugin {
  return {
    name: "json-as-text",
    transform: {
      filter: { id: /\.json$/ },
      handler: (text) => ({
        code: `export default JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(text)))})`,
        moduleType: "js",
        map: null,
      }),
    },
  };
}

/** The licences of the packages that are bundled, as they ask for. */
function licenses(): Plugin {
  return {
    name: "licenses",
    generateBundle() {
      const folders = new Set(
        [...this.getModuleIds()].flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
      );
      const texts = [...folders].sort().map((folder) => {
        const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
        if (file === undefined) throw new Error(`${folder} has no licence to pass on`);
        return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8")}`;
      });
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: texts.join("\n---\n\n") });
    },
  };
}

/** Runs a few commands, so that V8's code of what they need can be kept: bin/load.js. */
function compiledCode(): Plugin {
  return {
    name: "compiled-code",
    async writeBundle({ dir }) {
      const scratch = mkdtempSync(join(tmpdir(), "nnt-build-"));
      const at = (name: string) => join(scratch, name);
      const rows = Array.from({ length: 40 }, (_, row) => `${row},${row % 2 ? "odd" : "even"}`);
      writeFileSync(at("table.csv"), ["x,y", ...rows, ""].join("\n"));
      writeFileSync(at("spec.yaml"), "data: { path: table.csv, target: y }\ntrain: { epochs: 2 }\n");
      // Others set flags of V8, which then takes no code that was made without them.
      const kernels = ["--kernels", "reference"];
      const train = ["train", at("spec.yaml"), "--out", at("run"), ...kernels];
      const predict = ["predict", at("run/best.ckpt"), "--input", at("table.csv"), ...kernels];
      const child = fork(join(root, "bin/keep.js"), [dir!], {
        execArgv: [],
        env: { PATH: process.env.PATH },
      });
      for (const argv of [["--help"], train, ["eval", at("run/best.ckpt"), ...kernels], predict]) {
        const code = await new Promise((done) => {
          child.on("message", (message: { code?: number }) => "code" in message && done(message.code));
          child.on("exit", done);
          child.send({ argv });
        });
        if (code !== 0) throw new Error(`${argv.join(" ")} ends with ${code}`);
      }
      await new Promise((done) => {
        child.on("exit", done);
        child.disconnect();
      });
      rmSync(scratch, { recursive: true });
    },
  };
}
