/** `npm run build`'s last step, in a process of its own: runs what it is sent, and keeps what V8 made of it. */
const { join } = require("node:path");
const { keep, load } = require("./load.js");

process.on("exit", keep);
load(join(process.argv[2], "trainerProcess.cjs"));
