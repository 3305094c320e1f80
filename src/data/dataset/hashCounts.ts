/** How often each hash has come, in a table of open addresses: no object for each, and a bound where one is set. */

export class HashCounts {
  private readonly keys: Float64Array;
  private readonly counts: Uint32Array;
  private readonly mask: number;
  private free: number;

  /** @param most different hashes that are counted; what comes when they are used up counts as new each time */
  constructor(most: number) {
    const slots = 2 ** Math.ceil(Math.log2(1.5 * most + 1));
    this.keys = new Float64Array(slots);
    this.counts = new Uint32Array(slots);
    this.mask = slots - 1;
    this.free = most;
  }

  /** How often it has come. */
  of(hash: number): number {
    return this.counts[this.slotOf(hash)]!;
  }

  /** Counts it. Returns how often it had come before. */
  add(hash: number): number {
    const slot = this.slotOf(hash);
    const before = this.counts[slot]!;
    if (before === 0) {
      if (this.free === 0) return 0;
      this.free--;
      this.keys[slot] = hash;
    }
    this.counts[slot] = before + 1;
    return before;
  }

  /** Where the hash is, or would be. */
  private slotOf(hash: number): number {
    const { keys, counts, mask } = this;
    let slot = hash & mask;
    while (counts[slot] !== 0 && keys[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }
}
