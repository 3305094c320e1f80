/** Threads of nnt's own programs. */
import { Worker } from "node:worker_threads";
import { ownFile } from "./ownFile.ts";

/** Loads what is to run in the thread as the command itself is: from dist/, with the code that V8 keeps of it. */
export function startThread(program: "scanThread" | "trainThread", data: object = {}): Worker {
  const argv = process.argv.slice(2);
  return new Worker(ownFile("bin/thread.js"), { argv, execArgv: [], workerData: { ...data, program } });
}
