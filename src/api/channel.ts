/** What is told one after the other, taken at the taker's own pace. */
export class Channel<T> {
  private readonly waiting: T[] = [];
  private ended: { readonly error: unknown } | "done" | null = null;
  private wake: () => void = () => {};
  private drained: () => void = () => {};

  /** @param replaces whether a value makes the one before it old, if nobody has taken that yet */
  constructor(private readonly replaces: (value: T, before: T) => boolean = () => false) {}

  put(value: T): void {
    const last = this.waiting.length - 1;
    if (last >= 0 && this.replaces(value, this.waiting[last]!)) this.waiting[last] = value;
    else this.waiting.push(value);
    this.wake();
  }

  /** Resolves when all has been taken. */
  async empty(): Promise<void> {
    if (this.waiting.length > 0)
      await new Promise<void>((resolve) => {
        this.drained = resolve;
      });
  }

  end(): void {
    this.ended ??= "done";
    this.wake();
  }

  /** What has been told before is taken first. */
  fail(error: unknown): void {
    this.ended ??= { error };
    this.wake();
  }

  async *take(): AsyncGenerator<T, void> {
    while (true) {
      while (this.waiting.length > 0) yield this.waiting.shift()!;
      this.drained();
      if (this.waiting.length > 0) continue;
      if (this.ended === "done") return;
      if (this.ended !== null) throw this.ended.error;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
