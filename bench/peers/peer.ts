/** A peer as a process that answers one JSON line with another: seconds for a request, version first. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** Seconds per step or product of the request; null for what the peer cannot do. */
  ask(request: object): Promise<number | null>;
  close(): void;
}

/** Debian's, which its packages are for, before another that may be first in the path. */
export const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

const programs = {
  PyTorch: [python, "torch_steps.py"],
  "scikit-learn": [python, "sklearn_steps.py"],
  "TensorFlow.js": [process.execPath, "tfjs_steps.mjs"],
} as const;
export type PeerName = keyof typeof programs;
export const peerNames = Object.keys(programs) as PeerName[];

/**
 * OpenMP's threads spin while they wait; where a machine shares its cores that made PyTorch's two threads several times
 * slower than one. Sleeping they are at their best.
 */
export const peerEnvironment = { ...process.env, OMP_WAIT_POLICY: "passive" };

/** null where the peer is not installed. */
export async function openPeer(name: PeerName): Promise<Peer | null> {
  const [program, file] = programs[name];
  const child = spawn(program, [join(import.meta.dirname, file)], {
    stdio: ["pipe", "pipe", "ignore"],
    env: peerEnvironment,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    return done ? null : JSON.parse(value);
  };
  const hello = await answer();
  if (!hello) return null;
  return {
    name,
    version: hello.version,
    ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    },
    close: () => child.stdin.end(),
  };
}
