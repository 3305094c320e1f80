/** Binds the program to the process it is started in: the only place that sets its exit code. */
import { readFileSync } from "node:fs";
import { main, report } from "./main.ts";
import { Output } from "./output.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const { env, stdout, stderr } = process;
const argv = process.argv.slice(2);

// Whoever started this process and keeps a channel to it wants its result: without them it ends, saving.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref(); // the channel alone is nothing to live for

process.on("uncaughtException", async (error) => {
  process.exit(await report(error, new Output("stderr", stderr, env), argv.includes("--debug")));
});

process.exitCode = await main({
  argv,
  env,
  version,
  stdin: () => process.stdin,
  stdout,
  stderr,
  onSignal(listener) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => listener(signal));
  },
  leave: (code) => process.exit(code),
});
