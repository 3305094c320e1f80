import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Programs are tested as they are shipped: from dist/, which has to be as new as src/.
    // Machines are shared: what waits for a core is not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: "100%",
    globalSetup: ["test/build.ts"],
    // `npm run coverage`: where a branch that no test takes would be a hole in what files are promised.
    coverage: {
      include: ["config", "data", "checkpoint", "model", "metrics"].map((folder) => `src/${folder}/**`),
      reporter: ["text", "json"],
      reportOnFailure: true,
      thresholds: { branches: 95 },
    },
  },
});
