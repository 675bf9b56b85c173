/** How many records may wait for a slow reader before the run begins no new probes. */
const HIGH_WATER = 4096;

/** Records on their way from the run to its reader: nothing is lost, and a reader that lags is noticed. Handed over many at a time: a promise for each would cost more than the record. */
export class RecordQueue<T> {
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

  /** All records that wait, at least one, in order; null after the last. Throws the error of `end` instead of null. One reader at a time. */
  async take(): Promise<readonly T[] | null> {
    while (this.#items.length === 0) {
      if (this.#ended && this.#error !== null) throw this.#error;
      if (this.#ended) return null;
      // oxlint-disable-next-line no-await-in-loop -- one wait for each signal
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = null;
    if (wake !== null) wake();
  }
}
