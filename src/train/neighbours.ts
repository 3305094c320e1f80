/** What this process reaches of those on its machine: their gradients and weights, in their own memory. */
import type { Peers } from "../cluster/peers.ts";
import { consult } from "../cluster/talk.ts";
import type { Kernels } from "../engine/kernels.ts";
import { Matrix } from "../engine/matrix.ts";

/** What a process has that others may reach; each matrix is a block of its own. */
export interface Reachable {
  /** The vectors in which its nodes of the tree over shards end, in order. */
  readonly wholes: readonly Matrix[];
  /** Where it wants the root of the tree. */
  readonly into: Matrix;
  readonly theta: Matrix;
}

/** By process; null: this one itself, or one that has to be sent messages. */
export type Neighbours = readonly (Reachable | null)[];

interface Names {
  readonly wholes: readonly string[];
  readonly into: string;
  readonly theta: string;
}

/** Processes that reach each other, both ways. All call it together. */
export async function findNeighbours(k: Kernels, peers: Peers, own: Reachable): Promise<Neighbours> {
  const names = await consult(peers, namesOf(k, peers, own), (all) => all);
  const reached = names.map((name, rank) =>
    name && names[peers.rank] && rank !== peers.rank ? reach(k, peers, rank, name) : null,
  );
  const all = await consult(
    peers,
    reached.map((one) => one !== null),
    (all) => all,
  );
  return reached.map((one, rank) => (all[rank]![peers.rank] ? one : null));
}

function namesOf({ backend }: Kernels, { shared }: Peers, { wholes, into, theta }: Reachable): Names | null {
  if (!shared || !backend.floatsAt) return null;
  const names = [into, theta, ...wholes].map(({ host }) => shared.nameOf(host.buffer));
  if (names.some((name) => name === null)) return null;
  const [ofInto, ofTheta, ...ofWholes] = names as [string, string, ...string[]];
  return { into: ofInto, theta: ofTheta, wholes: ofWholes };
}

function reach({ backend }: Kernels, { shared }: Peers, rank: number, names: Names): Reachable | null {
  const known = new Map<string, Matrix>();
  for (const name of [names.into, names.theta, ...names.wholes]) {
    if (known.has(name)) continue;
    const memory = shared!.reach(rank, name);
    if (!memory) return null;
    const block = backend.floatsAt!(memory);
    known.set(name, new Matrix(block, 0, 1, block.length));
  }
  const of = (name: string) => known.get(name)!;
  return { into: of(names.into), theta: of(names.theta), wholes: names.wholes.map(of) };
}
