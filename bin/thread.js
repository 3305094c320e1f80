/** Loads what a thread of nnt runs, as bin/nnt.js loads the program. */
const { join } = require("node:path");
const { workerData } = require("node:worker_threads");

const program = join(__dirname, "../dist/bundle", `${workerData.program}.cjs`);
if (process.argv.includes("--debug")) {
  process.setSourceMapsEnabled(true);
  require(program);
} else {
  require("./load.js").load(program);
}
