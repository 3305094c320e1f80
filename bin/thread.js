/** Loads what a thread of nnt runs, as bin/nnt.js loads the program. */
const { join } = require("node:path");

const program = join(__dirname, "../dist/bundle/trainThread.cjs");
if (process.argv.includes("--debug")) {
  process.setSourceMapsEnabled(true);
  require(program);
} else {
  require("./load.js").load(program);
}
