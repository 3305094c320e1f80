/** The tests of one group, over its instrumented sources. */
import { defineConfig } from "vitest/config";
import { type GroupName, groups } from "./groups.ts";
import { instrument } from "./instrument.ts";

const group = process.env.NNT_MUTATION_GROUP as GroupName;
const { sources } = await instrument(group);

export default defineConfig({
  plugins: [{ name: "mutants", enforce: "pre", transform: (_, id) => sources.get(id) ?? null }],
  test: {
    root: ".",
    include: [...groups[group].tests],
    setupFiles: ["test/mutation/setup.ts"],
    // What setup.ts does after a test comes before the test's own tidying up.
    sequence: { hooks: "list" },
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 0,
  },
});
