/** Who takes part in a sweep: a file per process, touched while it lives, so that other machines can tell. */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ioProblem, removeIfThere } from "../../support/files.ts";
import { formatIdentity, liveness, parseIdentity, thisProcess } from "../../support/processes.ts";

/** A process of another machine that has not been heard of for so long is gone. */
const patience = { secondsPerBeat: 5, secondsToBeGone: 60 };

export class Worker {
  readonly name = formatIdentity(thisProcess());
  private beaten = Number.NEGATIVE_INFINITY;
  private beats = 0;

  constructor(private readonly directory: string) {
    try {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, this.name), "");
    } catch (error) {
      throw ioProblem(error, directory, "write");
    }
  }

  /** Says that this process lives; to be called often. */
  beat(): void {
    if (performance.now() - this.beaten < 1000 * patience.secondsPerBeat) return;
    const path = join(this.directory, this.name);
    try {
      writeFileSync(path, `${++this.beats}\n`);
    } catch (error) {
      throw ioProblem(error, path, "write");
    }
    this.beaten = performance.now();
  }

  /** Whether a process that took part has ended: seen here, or by how old its file is. */
  isGone(name: string): boolean {
    const identity = parseIdentity(name);
    const state = identity === null ? "dead" : liveness(identity);
    if (state !== "unknown") return state === "dead";
    const theirs = statSync(join(this.directory, name), { throwIfNoEntry: false });
    const own = statSync(join(this.directory, this.name), { throwIfNoEntry: false });
    // Both times are of the file system's clock, whatever those of the machines say.
    return !theirs || !own || own.mtimeMs - theirs.mtimeMs > 1000 * patience.secondsToBeGone;
  }

  leave(): void {
    removeIfThere(join(this.directory, this.name));
  }
}
