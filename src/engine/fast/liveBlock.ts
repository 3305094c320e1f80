/** Memory that pending commands may still change. */
import type { Block } from "../matrix.ts";
import type { Region } from "./machine.ts";

/** A block that is always up to date: accessing its numbers runs the pending commands first. */
export class LiveBlock<Values extends { readonly buffer: ArrayBufferLike }> implements Block<Values> {
  readonly address: number;
  private view: Values | null = null;

  constructor(
    private readonly backend: { flush(): void },
    private readonly region: Region,
    readonly length: number,
    private readonly Values: TypedArray<Values>,
  ) {
    this.address = region.address;
  }

  get host(): Values {
    this.backend.flush();
    const buffer = this.region.buffer();
    if (this.view?.buffer !== buffer) {
      this.view = new this.Values(buffer, this.region.offset, this.length);
    }
    return this.view!;
  }
}

interface TypedArray<Values> {
  new (buffer: ArrayBufferLike, offset: number, length: number): Values;
}
