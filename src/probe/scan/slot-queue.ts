/** A first-in, first-out queue of slot numbers. Allocates only when it grows, by doubling. */
export class SlotQueue {
  #ring: Int32Array = new Int32Array(1024);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(slot: number): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size++) & (this.#ring.length - 1)] = slot;
  }

  /** Takes the oldest slot; -1 when empty. */
  shift(): number {
    if (this.#size === 0) return -1;
    const slot = this.#ring[this.#head] as number;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return slot;
  }

  #grow(): void {
    const larger = new Int32Array(this.#ring.length * 2);
    for (let i = 0; i < this.#size; i++) larger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)] as number;
    this.#ring = larger;
    this.#head = 0;
  }
}
