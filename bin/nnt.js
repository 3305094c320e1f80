#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const program = join(__dirname, "../dist/bundle/nnt.cjs");
if (!existsSync(program)) {
  process.stderr.write("nnt: dist/ is missing: run `npm run build` in nnt's own folder once\n");
  process.exitCode = 1;
} else if (process.argv.includes("--debug")) {
  process.setSourceMapsEnabled(true); // of what Node itself loads
  require(program);
} else {
  require("./load.js").load(program);
}
