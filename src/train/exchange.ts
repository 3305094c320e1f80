/**
 * What processes found put together, in the order of the tree over shards: every process does a share of every stretch,
 * as soon as it has arrived, and sends the result to all. Messages go on while the backward pass does.
 */
import { channels, type Peers, type Transfer, type Values } from "../cluster/peers.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { Matrix } from "../engine/matrix.ts";
import type { Bucket } from "./buckets.ts";
import { type Node, partOf, planMerges, wholeNodes } from "./shardTree.ts";

/** Floats: shorter stretches are one process's, as two messages cost more than they save. */
const worthParting = 2 ** 12;
/** Floats of a cache line, so that no two processes' shares meet in one. */
const line = 16;

/** Takes the second node's mean into the first's. */
export type MergeNodes = (into: Matrix, from: Matrix, left: Node, right: Node) => void;

/** What is put together. */
interface Exchanged {
  readonly shards: number;
  /** This process's nodes and their vectors, all of one length. */
  readonly wholes: readonly { readonly node: Node; readonly vector: Matrix }[];
  /** Where the root of the tree is wanted. */
  readonly into: Matrix;
  readonly buckets: readonly Bucket[];
}

interface Message {
  readonly peer: number;
  readonly stretch: Matrix;
}

/** Of one bucket. */
interface Plan {
  readonly partsOut: readonly Message[];
  readonly partsIn: readonly Message[];
  readonly merges: readonly { into: Matrix; from: Matrix; left: Node; right: Node }[];
  /** Where the merges end, and where the result is wanted. */
  readonly root: Matrix | null;
  readonly result: Matrix | null;
  readonly resultOut: readonly Message[];
  readonly resultIn: readonly Message[];
  /** Under way. */
  readonly sent: Transfer[];
  readonly awaited: Transfer[];
}

export class Exchange {
  private readonly plans: readonly Plan[];
  /** Buckets whose parts are under way, whose share has been merged, and whose results have been asked for. */
  private posted = 0;
  private merged = 0;
  private asked = 0;
  private readonly results: Transfer[] = [];

  constructor(
    private readonly k: Kernels,
    private readonly peers: Peers,
    private readonly exchanged: Exchanged,
    private readonly merge: MergeNodes,
  ) {
    this.plans = exchanged.buckets.map((bucket, number) => this.plan(bucket, number));
  }

  /** The next bucket's parts are complete in this process's vectors: sends them to those who merge them. */
  post(): void {
    const { peers } = this;
    const plan = this.plans[this.posted++]!;
    for (const { peer, stretch } of plan.partsIn)
      plan.awaited.push(peers.receive(peer, channels.parts, valuesIn(stretch)));
    for (const { peer, stretch } of plan.partsOut)
      plan.sent.push(peers.send(peer, channels.parts, valuesIn(stretch)));
    this.advance();
  }

  /** Goes on with what has arrived by now; waits for nothing. */
  advance(): void {
    while (this.merged < this.posted && areOver(this.plans[this.merged]!.awaited)) this.mergeNext();
    while (this.asked < this.posted && areOver(this.plans[this.asked]!.sent)) this.askNext();
  }

  /** Resolves when the root of the tree is here. All buckets are posted. */
  async finish(): Promise<void> {
    while (this.merged < this.posted) {
      await this.settle(this.plans[this.merged]!.awaited);
      this.advance();
    }
    while (this.asked < this.posted) {
      await this.settle(this.plans[this.asked]!.sent);
      this.advance();
    }
    await this.settle(this.results);
    for (const { sent, awaited } of this.plans) sent.length = awaited.length = 0;
    this.results.length = this.posted = this.merged = this.asked = 0;
  }

  private async settle(transfers: readonly Transfer[]): Promise<void> {
    for (const transfer of transfers) await this.peers.settle(transfer, () => this.advance());
  }

  /** This process's share of the next bucket, and its result on the way to all. */
  private mergeNext(): void {
    const { merges, root, result, resultOut } = this.plans[this.merged++]!;
    for (const { into, from, left, right } of merges) this.merge(into, from, left, right);
    if (root !== null && result !== null && root !== result) this.k.copy(result, root);
    for (const { peer, stretch } of resultOut)
      this.results.push(this.peers.send(peer, channels.results, valuesIn(stretch)));
  }

  /** Others' results may come: what they overwrite has been sent. */
  private askNext(): void {
    for (const { peer, stretch } of this.plans[this.asked++]!.resultIn)
      this.results.push(this.peers.receive(peer, channels.results, valuesIn(stretch)));
  }

  private plan(bucket: Bucket, number: number): Plan {
    const { k, peers } = this;
    const { shards, wholes, into } = this.exchanged;
    const { rank, size } = peers;
    const others = Array.from({ length: size }, (_, peer) => peer).filter((peer) => peer !== rank);
    const cut = (M: Matrix, { first, end }: Node) => M.view(1, end - first, first);
    const mine = shareOf(rank, size, bucket, number);
    const theirs = others.flatMap((peer) => {
      const share = shareOf(peer, size, bucket, number);
      return share ? [{ peer, share }] : [];
    });
    const partsOut = theirs.flatMap(({ peer, share }) =>
      wholes.map(({ vector }) => ({ peer, stretch: cut(vector, share) })),
    );
    const resultIn = theirs.map(({ peer, share }) => ({ peer, stretch: cut(into, share) }));
    const rest = { sent: [], awaited: [], partsOut, resultIn };
    if (mine === null) return { ...rest, partsIn: [], merges: [], root: null, result: null, resultOut: [] };

    const places: { node: Node; stretch: Matrix }[] = wholes.map(({ node, vector }) => ({
      node,
      stretch: cut(vector, mine),
    }));
    const partsIn = others.flatMap((peer) =>
      wholeNodes(shards, partOf(peer, size, shards)).map((node) => {
        const stretch = node.first === 0 ? cut(into, mine) : k.matrix(1, mine.end - mine.first);
        places.push({ node, stretch });
        return { peer, stretch };
      }),
    );
    const merges: Plan["merges"][number][] = [];
    const at = planMerges(
      { first: 0, end: shards },
      (node) => {
        const found = places.findIndex(
          (place) => place.node.first === node.first && place.node.end === node.end,
        );
        return found < 0 ? null : found;
      },
      ({ into, from, left, right }) =>
        merges.push({ into: places[into]!.stretch, from: places[from]!.stretch, left, right }),
    );
    const result = cut(into, mine);
    const root = places[at]!.stretch;
    const isThere = root.block === result.block && root.offset === result.offset;
    return {
      ...rest,
      partsIn,
      merges,
      root: isThere ? result : root,
      result,
      resultOut: others.map((peer) => ({ peer, stretch: result })),
    };
  }
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
