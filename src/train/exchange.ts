/**
 * What processes found put together, in the order of the tree over shards: every process does a share of every stretch,
 * as soon as it has arrived, and gives the result to all. Of weights' gradients it moves the weights as well, and these
 * are the result. Messages go on while the backward pass does; on one machine processes read and write each other's
 * memory, and tell each other when.
 */
import { channels, type Peers, type Transfer, type Values } from "../cluster/peers.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Bucket } from "./buckets.ts";
import { findNeighbours, type Neighbours } from "./neighbours.ts";
import { type Node, partOf, planMerges, wholeNodes } from "./shardTree.ts";

/** Floats: shorter stretches are one process's, as two messages cost more than they save. */
const worthParting = 2 ** 12;
/** Floats of a cache line, so that no two processes' shares meet in one. */
const line = 16;
/** Floats that a thread merges, moves and gives to others in one go: then they are in its cache from the first to the last. */
const pieceOfThread = 2 ** 16;

/** Takes the second node's mean into the first's. */
export type MergeNodes = (into: Matrix, from: Matrix, left: Node, right: Node) => void;
/** Plans the step of θ from element `first` up to `end` along its gradient. */
export type PlanMove = (first: number, end: number, gradient: Matrix) => () => void;

/** What is put together. */
interface Exchanged {
  readonly shards: number;
  /** This process's nodes and their vectors, all of one length. */
  readonly wholes: readonly { readonly node: Node; readonly vector: Matrix }[];
  /** Where the root of the tree is wanted; of weights that are moved it is not, unless asked for. */
  readonly into: Matrix;
  readonly theta: Matrix;
  readonly buckets: readonly Bucket[];
  readonly merge: MergeNodes;
  /** null: nothing but gradients is put together. */
  readonly mover: PlanMove | null;
}

interface Message {
  readonly peer: number;
  readonly stretch: Matrix;
}

/** Of one bucket. */
interface Plan {
  readonly layer: number;
  /** The stretches that processes do; null: none. */
  readonly shares: readonly (Node | null)[];
  /** Messages with numbers; neighbours need none. */
  readonly partsOut: readonly Message[];
  readonly partsIn: readonly Message[];
  /** What is done with this process's share, in order. */
  readonly work: readonly (() => void)[];
  /** This process's share of the root, and of where it is wanted; null: it has none. */
  readonly root: Matrix | null;
  readonly result: Matrix;
  /** Whether the result is weights. */
  readonly isMoved: boolean;
  /** Under way. */
  readonly sent: Transfer[];
  readonly awaited: Transfer[];
}

/** A message that says but that something is done. */
const signal = new Float32Array(0);

export class Exchange {
  /** Elements of θ, from the first, that are moved here. */
  readonly moved: number;
  private neighbours: Neighbours | null = null;
  private plans: readonly Plan[] = [];
  /**
   * Buckets whose parts are complete; whose layers read their weights no more; whose share has been merged; and whose
   * results have been asked for.
   */
  private posted = 0;
  private released = 0;
  private merged = 0;
  private asked = 0;
  private readonly results: Transfer[] = [];
  private readonly others: readonly number[];

  constructor(
    private readonly k: Kernels,
    private readonly peers: Peers,
    private readonly exchanged: Exchanged,
  ) {
    const { buckets, mover } = exchanged;
    this.moved = mover ? Math.max(0, ...buckets.filter(isWeights).map(({ end }) => end)) : 0;
    this.others = Array.from({ length: peers.size }, (_, peer) => peer).filter((peer) => peer !== peers.rank);
  }

  get isOpen(): boolean {
    return this.neighbours !== null;
  }

  /** Finds out who can be reached how, and plans: before the first update. */
  async open(): Promise<void> {
    const { wholes, into, theta, buckets } = this.exchanged;
    const own = { wholes: wholes.map(({ vector }) => vector), into, theta };
    this.neighbours = await findNeighbours(this.k, this.peers, own);
    this.plans = buckets.map((bucket, number) => this.plan(bucket, number));
  }

  /** The next bucket's parts are complete in this process's vectors: sends them to those who merge them. */
  post(): void {
    const { peers } = this;
    const plan = this.plans[this.posted++]!;
    for (const { peer, stretch } of plan.partsIn)
      plan.awaited.push(peers.receive(peer, channels.parts, valuesIn(stretch)));
    for (const { peer, stretch } of plan.partsOut)
      plan.sent.push(peers.send(peer, channels.parts, valuesIn(stretch)));
  }

  /** The backward pass of a layer is over, and of those above it: what has been posted of them may be moved. */
  release(layer: number): void {
    const { peers } = this;
    for (; this.released < this.posted && this.plans[this.released]!.layer >= layer; this.released++) {
      const { shares, awaited, sent } = this.plans[this.released]!;
      for (const peer of this.others) {
        if (!this.neighbours![peer]) continue;
        if (shares[peers.rank]) awaited.push(peers.receive(peer, channels.parts, signal));
        if (shares[peer]) sent.push(this.tell(peer, channels.parts));
      }
    }
  }

  /** Goes on with what has arrived by now; waits for nothing. */
  advance(): void {
    while (this.merged < this.released && areOver(this.plans[this.merged]!.awaited)) this.mergeNext();
    while (this.asked < this.released && areOver(this.plans[this.asked]!.sent)) this.askNext();
  }

  /** Resolves when the root of the tree is here, and moved weights are. All buckets are posted and released. */
  async finish(): Promise<void> {
    while (this.merged < this.released) {
      await this.settle(this.plans[this.merged]!.awaited);
      this.advance();
    }
    while (this.asked < this.released) {
      await this.settle(this.plans[this.asked]!.sent);
      this.advance();
    }
    await this.settle(this.results);
    for (const { sent, awaited } of this.plans) sent.length = awaited.length = 0;
    this.results.length = this.posted = this.released = this.merged = this.asked = 0;
  }

  /** What each process knows of its share of θ, in all of them: of a matrix shaped as θ. All call it together. */
  async gather(M: Matrix): Promise<void> {
    const { peers } = this;
    for (const { shares, isMoved } of this.plans) {
      if (!isMoved) continue;
      const transfers = this.others.flatMap((peer) => {
        const [mine, theirs] = [shares[peers.rank], shares[peer]];
        return [
          ...(theirs ? [peers.receive(peer, channels.results, valuesIn(cut(M, theirs)))] : []),
          ...(mine ? [peers.send(peer, channels.results, valuesIn(cut(M, mine)))] : []),
        ];
      });
      await this.settle(transfers);
    }
  }

  /** The latest update's gradient of what is moved, where the root of the tree is wanted. All call it together. */
  async gatherGradient(): Promise<void> {
    const { peers, k } = this;
    const { into } = this.exchanged;
    for (const { shares, root, isMoved } of this.plans) {
      if (!isMoved || !root) continue;
      const wanted = cut(into, shares[peers.rank]!);
      if (!isSame(wanted, root)) k.copy(wanted, root);
    }
    await this.gather(into);
  }

  private async settle(transfers: readonly Transfer[]): Promise<void> {
    for (const transfer of transfers) await this.peers.settle(transfer, () => this.advance());
  }

  /** This process's share of the next bucket, and its result on the way to all. */
  private mergeNext(): void {
    const { work, root, result, shares } = this.plans[this.merged++]!;
    const { peers } = this;
    if (!root) return;
    for (const step of work) step();
    for (const peer of this.others) {
      if (this.neighbours![peer]) this.results.push(this.tell(peer, channels.results));
      else this.results.push(peers.send(peer, channels.results, valuesIn(cut(result, shares[peers.rank]!))));
    }
  }

  /** Others' results may come: what they overwrite has been sent, and is read no more. */
  private askNext(): void {
    const { result, shares } = this.plans[this.asked++]!;
    for (const peer of this.others) {
      const share = shares[peer];
      if (!share) continue;
      const values = this.neighbours![peer] ? signal : valuesIn(cut(result, share));
      this.results.push(this.peers.receive(peer, channels.results, values));
    }
  }

  /** That all that is enqueued here is done. */
  private tell(peer: number, channel: (typeof channels)["parts" | "results"]): Transfer {
    valuesIn(this.exchanged.into);
    return this.peers.send(peer, channel, signal);
  }

  private plan(bucket: Bucket, number: number): Plan {
    const { peers, others } = this;
    const { wholes, into, theta, mover } = this.exchanged;
    const isMoved = mover !== null && bucket.isWeights;
    const result = isMoved ? theta : into;
    const shares = Array.from({ length: peers.size }, (_, peer) => shareOf(peer, peers.size, bucket, number));
    const partsOut = others.flatMap((peer) => {
      const share = shares[peer];
      if (!share || this.neighbours![peer]) return [];
      return wholes.map(({ vector }) => ({ peer, stretch: cut(vector, share) }));
    });
    const rest = { layer: bucket.layer, shares, partsOut, result, isMoved, sent: [], awaited: [] };
    const mine = shares[peers.rank];
    if (!mine) return { ...rest, partsIn: [], work: [], root: null };
    const { places, partsIn } = this.placesOf(mine);
    const { merges, root } = this.mergesOf(places);
    return { ...rest, partsIn, root, work: this.workOn(mine, merges, root, isMoved) };
  }

  /** Where the nodes of all processes are, of this process's share; what has to arrive there first. */
  private placesOf(mine: Node): { places: readonly Place[]; partsIn: readonly Message[] } {
    const { k, peers, others } = this;
    const { shards, wholes, into } = this.exchanged;
    const places = wholes.map(({ node, vector }): Place => ({ node, stretch: cut(vector, mine) }));
    const partsIn: Message[] = [];
    for (const peer of others) {
      const neighbour = this.neighbours![peer];
      for (const [i, node] of wholeNodes(shards, partOf(peer, peers.size, shards)).entries()) {
        if (neighbour) {
          places.push({ node, stretch: cut(neighbour.wholes[i]!, mine) });
          continue;
        }
        const stretch = node.first === 0 ? cut(into, mine) : k.matrix(1, mine.end - mine.first);
        places.push({ node, stretch });
        partsIn.push({ peer, stretch });
      }
    }
    return { places, partsIn };
  }

  private mergesOf(places: readonly Place[]): { merges: readonly MergeOf[]; root: Matrix } {
    const merges: MergeOf[] = [];
    const at = planMerges(
      { first: 0, end: this.exchanged.shards },
      (node) => {
        const found = places.findIndex(
          (place) => place.node.first === node.first && place.node.end === node.end,
        );
        return found < 0 ? null : found;
      },
      ({ into, from, left, right }) =>
        merges.push({ into: places[into]!.stretch, from: places[from]!.stretch, left, right }),
    );
    return { merges, root: places[at]!.stretch };
  }

  /** Piece by piece: merged, moved or brought where it is wanted, and given to neighbours. */
  private workOn(
    mine: Node,
    merges: readonly MergeOf[],
    root: Matrix,
    isMoved: boolean,
  ): readonly (() => void)[] {
    const { k } = this;
    const { into, theta, merge, mover } = this.exchanged;
    const result = isMoved ? theta : into;
    const theirs = this.neighbours!.flatMap((one) => (one ? [isMoved ? one.theta : one.into] : []));
    const length = mine.end - mine.first;
    const most = pieceOfThread * k.backend.threads;
    return Array.from({ length: Math.ceil(length / most) }, (_, number) => {
      const piece = { first: number * most, end: Math.min(length, (number + 1) * most) };
      const inAll = { first: mine.first + piece.first, end: mine.first + piece.end };
      const [gradient, wanted] = [cut(root, piece), cut(result, inAll)];
      const cutMerges = merges.map((one) => ({
        ...one,
        into: cut(one.into, piece),
        from: cut(one.from, piece),
      }));
      const move = isMoved
        ? mover!(inAll.first, inAll.end, gradient)
        : () => isSame(wanted, gradient) || k.copy(wanted, gradient);
      const targets = theirs.map((M) => cut(M, inAll)).filter((M) => !isSame(M, gradient));
      return () => {
        for (const { into, from, left, right } of cutMerges) merge(into, from, left, right);
        move();
        for (const target of targets) k.copy(target, wanted);
      };
    });
  }
}

interface Place {
  readonly node: Node;
  readonly stretch: Matrix;
}

interface MergeOf {
  readonly into: Matrix;
  readonly from: Matrix;
  readonly left: Node;
  readonly right: Node;
}

const isWeights = (bucket: Bucket) => bucket.isWeights;

function cut(M: Matrix, { first, end }: Node): Matrix {
  return M.view(1, end - first, first);
}

function isSame(one: Matrix, other: Matrix): boolean {
  return one.block === other.block && one.offset === other.offset;
}

/** The stretch of a bucket that a process merges; null: none. */
function shareOf(rank: number, size: number, { first, end }: Bucket, number: number): Node | null {
  if (end - first < worthParting) return number % size === rank ? { first, end } : null;
  const lines = partOf(rank, size, Math.ceil((end - first) / line));
  const share = { first: first + line * lines.first, end: Math.min(end, first + line * lines.end) };
  return share.first < share.end ? share : null;
}

function areOver(transfers: readonly Transfer[]): boolean {
  return transfers.every((transfer) => transfer.isOver());
}

/** Live: what is enqueued is run first. */
function valuesIn(stretch: Matrix): Values {
  return stretch.host;
}
