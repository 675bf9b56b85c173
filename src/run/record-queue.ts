/** How many records may wait for a slow reader before the run begins no new probes. */
const HIGH_WATER = 4096;

/** Records on their way from the run to whoever iterates: nothing is lost, and a reader that lags is noticed. */
export class RecordQueue<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #error: unknown = null;

  /** True while the reader lags so far behind that the run should hold. */
  get congested(): boolean {
    return this.#items.length > HIGH_WATER;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#signal();
  }

  /** No more records; a non-null `error` is thrown to the reader after the last one. */
  end(error: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#signal();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const batch = this.#items;
      this.#items = [];
      yield* batch;
      if (this.#items.length > 0) continue;
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== null) throw this.#error;
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = null;
    if (wake !== null) wake();
  }
}
