import type { Nanos } from '../../src/wire/numbers.ts';

/**
 * A binary min-heap of events by time; events of the same time leave in the order of entry.
 * Keys are in typed arrays, so a push allocates nothing but the event.
 */
export class EventQueue<T> {
  #times = new Float64Array(1024);
  #orders = new Float64Array(1024);
  readonly #items: T[] = [];
  #pushed = 0;

  get size(): number {
    return this.#items.length;
  }

  /** Time of the next event; Infinity when there is none. */
  get nextAt(): Nanos {
    return this.#items.length === 0 ? Infinity : (this.#times[0] as number);
  }

  push(at: Nanos, item: T): void {
    const index = this.#items.length;
    if (index === this.#times.length) this.#grow();
    this.#items.push(item);
    this.#times[index] = at;
    this.#orders[index] = this.#pushed++;
    this.#rise(index);
  }

  /** Removes and returns the next event; undefined when there is none. */
  pop(): T | undefined {
    const top = this.#items[0];
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    this.#items.pop();
    this.#sink(0);
    return top;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const orders = new Float64Array(times.length);
    times.set(this.#times);
    orders.set(this.#orders);
    this.#times = times;
    this.#orders = orders;
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#times[a] as number) - (this.#times[b] as number);
    return difference === 0 ? (this.#orders[a] as number) < (this.#orders[b] as number) : difference < 0;
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(start: number): void {
    const size = this.#items.length;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) return;
      if (child + 1 < size && this.#before(child + 1, child)) child++;
      if (!this.#before(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #swap(a: number, b: number): void {
    const time = this.#times[a] as number;
    const order = this.#orders[a] as number;
    const item = this.#items[a] as T;
    this.#times[a] = this.#times[b] as number;
    this.#orders[a] = this.#orders[b] as number;
    this.#items[a] = this.#items[b] as T;
    this.#times[b] = time;
    this.#orders[b] = order;
    this.#items[b] = item;
  }
}
