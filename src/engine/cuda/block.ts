/** Memory of a card: out of the host's sight, but for a copy where somebody asks for it. */
import type { Block } from "../matrix.ts";

/** Bytes of a card's memory. Whoever holds a place keeps them from being freed. */
export interface Place {
  readonly address: number;
}

export interface TypedArray<Values> {
  new (buffer: ArrayBuffer, offset?: number, length?: number): Values;
  readonly BYTES_PER_ELEMENT: number;
}

export class CardBlock<Values> implements Block<Values> {
  readonly address: number;
  /** The copy, once somebody has asked for it. */
  mirror: Values | null = null;

  constructor(
    private readonly backend: { mirrored(block: CardBlock<Values>): Values },
    readonly place: Place,
    readonly length: number,
    readonly Values: TypedArray<Values>,
  ) {
    this.address = place.address;
  }

  /** A copy of what is there; what is changed in it is there before the next verb. For tests: it moves all numbers. */
  get host(): Values {
    return this.backend.mirrored(this);
  }
}
