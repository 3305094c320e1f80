import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Programs are tested as they are shipped: from dist/, which has to be as new as src/.
    globalSetup: ["test/build.ts"],
  },
});
