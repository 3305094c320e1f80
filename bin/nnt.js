#!/usr/bin/env node
import("../dist/cli/process.js").catch((error) => {
  if (error?.code !== "ERR_MODULE_NOT_FOUND" || !error.message.includes("dist/cli/process.js")) throw error;
  process.stderr.write("nnt: dist/ is missing: run `npm run build` in nnt's own folder once\n");
  process.exitCode = 1;
});
