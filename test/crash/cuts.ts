/** Cuts the power after system calls of a run, and resumes what is left. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../src/support/version.ts";
import { uniform } from "../chance.ts";
import { run } from "../cli/host.ts";
import { callsIn, Disk, digestOf, layOut } from "./disk.ts";
import { argvOf, outcome, run as runProgram } from "./runs.ts";

interface Cuts {
  /** Disks by lot after each call, besides those with nothing and with all of what was not synced. */
  readonly lots: number;
  readonly seed: number;
  /** Only after every so many calls. */
  readonly every?: number;
}

export interface CutVerdict {
  readonly calls: number;
  readonly images: number;
  /** In words. */
  readonly wrong: readonly string[];
}

const traced = "openat,write,writev,pwrite64,fsync,fdatasync,rename,link,unlink,ftruncate,mkdir";

/** Resumes in this process: what is tested is on disk, and starting programs takes long. */
export async function cutAtEveryCall(folder: string, { lots, seed, every = 1 }: Cuts): Promise<CutVerdict> {
  const log = join(folder, "calls.strace");
  const name = "cut";
  const strace = ["-f", "-y", "-xx", "-s", "100000000", "-o", log, "-e", `trace=${traced}`];
  const ended = await runProgram(folder, name, strace);
  if (ended.code !== 0) throw new Error(`the unharmed run failed: ${ended.err}`);
  const expected = JSON.stringify(outcome(folder, name));
  const calls = callsIn(readFileSync(log, "utf8"), folder).filter(
    (call) => call.path === name || call.path.startsWith(`${name}/`) || call.path === ".",
  );
  rmSync(log);
  const disk = new Disk();
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const [index, call] of calls.entries()) {
    disk.play(call);
    if (index % every !== 0) continue;
    const chances = Array.from({ length: lots }, (_, lot) => uniform(seed * 1_000_003 + index * 101 + lot));
    for (const [lot, kept] of (["none", "all", ...chances] as const).entries()) {
      const found = disk.afterCut(kept);
      const digest = digestOf(found);
      if (seen.has(digest)) continue;
      seen.add(digest);
      rmSync(join(folder, name), { recursive: true, force: true });
      layOut(found, folder);
      const { code, err } = await run(argvOf(folder, name), { version });
      const place = `after call ${index + 1}, ${call.call} ${call.path}, disk ${lot}`;
      if (code !== 0) wrong.push(`${place}: exit code ${code}: ${err.trim()}`);
      else if (JSON.stringify(outcome(folder, name)) !== expected) wrong.push(`${place}: other bits`);
    }
  }
  return { calls: calls.length, images: seen.size, wrong };
}
