/** The tests that mutants have to survive: those of the parsers, of model files and of losses, and no whole programs. */
import { defineConfig } from "vitest/config";
import { filesIn, instrument } from "./instrument.ts";

const { sources } = await instrument();

export const testFiles = [
  ...["byteWriter", "columns", "formats", "number", "predict", "scanner", "table"].map(
    (name) => `test/data/${name}.test.ts`,
  ),
  ...filesIn("test/checkpoint").filter((name) => name.endsWith(".test.ts")),
  "test/model/losses.test.ts",
  "test/model/gradients.test.ts",
  "test/engine/reference.test.ts",
];

export default defineConfig({
  plugins: [{ name: "mutants", enforce: "pre", transform: (_, id) => sources.get(id) ?? null }],
  test: {
    root: ".",
    include: testFiles,
    setupFiles: ["test/mutation/setup.ts"],
    // What setup.ts does after a test comes before the test's own tidying up.
    sequence: { hooks: "list" },
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 0,
  },
});
