/**
 * Answers to rows that several processes share: block after block of rows is one's in turn, and the first process gets
 * the answers of all, in the rows' order.
 */
import { deserialize, serialize } from "node:v8";
import type { Peers, Transfer } from "../cluster/peers.ts";
import { hear, telling } from "../cluster/talk.ts";
import type { Problem } from "../support/errors.ts";

/** What came of one block. */
export interface Share {
  readonly text: Uint8Array;
  /** Bad rows. */
  readonly failed: number;
  /** What is wrong with the row at which answering ended; null: it went on. */
  readonly problem: Problem | null;
}

/** Answers that are sent ahead of the first process's hearing them. */
const mostAhead = 8;

export class Relay {
  private readonly sent: Transfer[][] = [];

  /** @param size rows of a block */
  constructor(
    private readonly peers: Peers,
    private readonly size: number,
  ) {}

  isOwn(row: number): boolean {
    return this.ownerOf(row) === this.peers.rank;
  }

  /** Rows from this one on that are one process's. */
  rowsLeft(row: number): number {
    return this.size - (row % this.size);
  }

  /** What another process answers to the block of a row; the first hears it. */
  async hear(row: number): Promise<Share> {
    return deserialize(await hear(this.peers, this.ownerOf(row))) as Share;
  }

  /** Sends the first process this one's answers. */
  async tell(share: Share): Promise<void> {
    this.sent.push(telling(this.peers, 0, serialize(share)));
    if (this.sent.length > mostAhead) await this.settleNext();
  }

  async settle(): Promise<void> {
    while (this.sent.length > 0) await this.settleNext();
  }

  private async settleNext(): Promise<void> {
    for (const transfer of this.sent.shift()!) await this.peers.settle(transfer);
  }

  private ownerOf(row: number): number {
    return Math.floor(row / this.size) % this.peers.size;
  }
}
