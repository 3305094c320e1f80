/**
 * One writer per directory, without a lock that a killed process could leave closed.
 *
 * Everyone who wants the directory puts a claim there, an empty file whose name says who it is, and only
 * then looks at the claims of others: of two, at least one sees the other. Whoever sees none holds the
 * directory and says so by filling its claim; of several that claim at the same moment the first by name
 * stays and the others withdraw. Claims of ended processes count for nothing and are removed.
 */

import { closeSync, constants, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes, UserError } from "../support/errors.ts";
import { ioProblem, isMissing, removeIfThere } from "../support/files.ts";
import {
  formatIdentity,
  liveness,
  type ProcessIdentity,
  parseIdentity,
  thisProcess,
} from "../support/processes.ts";

export interface Lock {
  /** Gives the directory back; a second call does nothing. */
  release(): void;
}

/** Claims a directory for this process. Throws UserError(io) when another one has it. */
export function lockDirectory(directory: string): Lock {
  const own = claimPrefix + formatIdentity(thisProcess());
  const path = join(directory, own);
  try {
    // A process that claims twice would meet its own claim here.
    closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644));
  } catch (error) {
    const isOwn = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw isOwn ? inUse(directory, thisProcess()) : ioProblem(error, directory, "lock the directory");
  }
  try {
    settle(directory, own);
    writeFileSync(path, `${JSON.stringify(thisProcess())}\n`);
  } catch (error) {
    removeIfThere(path);
    throw ioProblem(error, directory, "lock the directory");
  }
  return { release: () => removeIfThere(path) };
}

/** Who holds a directory or wants it, ended processes of this host not counted. Throws UserError(io). */
export function holdersOf(directory: string): ProcessIdentity[] {
  try {
    return otherClaims(directory, "").map(({ identity }) => identity);
  } catch (error) {
    throw ioProblem(error, directory, "read");
  }
}

/** Takes a directory from processes of another host: only for who knows that they are gone. */
export function dropClaims(directory: string, host: string): void {
  for (const { name, identity } of otherClaims(directory, ""))
    if (identity.host === host) removeIfThere(join(directory, name));
}

const claimPrefix = ".nnt-lock-";

/** Claims settle in microseconds; a process stopped in between is not waited for longer than this. */
const patience = { rounds: 200, milliseconds: 10 };

/** Returns when nobody else has or wants the directory; throws when somebody has it, or comes first. */
function settle(directory: string, own: string): void {
  for (let round = 0; ; round++) {
    const rivals = otherClaims(directory, own);
    if (rivals.length === 0) return;
    const winner = rivals.find(({ isHeld, name }) => isHeld || name < own || round === patience.rounds);
    if (winner) throw inUse(directory, winner.identity, join(directory, winner.name));
    // All others claim too and come after: they withdraw as soon as they look.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, patience.milliseconds);
  }
}

interface Claim {
  readonly name: string;
  readonly identity: ProcessIdentity;
  readonly isHeld: boolean;
}

/** The claims of others, those of ended processes removed. */
function otherClaims(directory: string, own: string): Claim[] {
  const claims: Claim[] = [];
  for (const name of readdirSync(directory)) {
    const identity =
      name.startsWith(claimPrefix) && name !== own ? parseIdentity(name.slice(claimPrefix.length)) : null;
    if (!identity) continue;
    const path = join(directory, name);
    if (liveness(identity) === "dead") removeIfThere(path);
    else {
      const size = sizeOf(path);
      if (size !== null) claims.push({ name, identity, isHeld: size > 0 });
    }
  }
  return claims;
}

/** Null for a claim that was withdrawn since. */
function sizeOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function inUse(directory: string, { pid, host }: ProcessIdentity, claim?: string): UserError {
  const own = thisProcess();
  const isHere = host === own.host;
  const who = pid === own.pid && isHere ? "this process" : `process ${pid}`;
  return new UserError(exitCodes.io, {
    file: directory,
    message: `the directory is in use by ${who}${isHere ? "" : ` on host ${host}`}`,
    expected: "one training per directory",
    hint: isHere ? "wait for it, or choose another --out" : `if no nnt runs there any more, remove ${claim}`,
  });
}
