/** The tests that mutants have to survive: those of the parsers, of model files and of losses, and no whole programs. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: ".",
    include: [
      "test/data/{byteWriter,columns,formats,number,predict,scanner,table}.test.ts",
      "test/checkpoint/*.test.ts",
      "test/model/losses.test.ts",
      "test/engine/reference.test.ts",
    ],
    testTimeout: 600_000,
  },
});
