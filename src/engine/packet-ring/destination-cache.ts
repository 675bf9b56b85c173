/** Places, a power of two: a /16 fills half of them. 1 MiB in all. */
const PLACES_LOG2 = 17;
const PLACES = 1 << PLACES_LOG2;
/** Places that one destination may stand in; when all are taken the first is given away. */
const REACH = 8;
const EMPTY = 0;
/** 2^32 divided by the golden ratio: multiplying by it spreads neighbouring addresses (Knuth, 6.4). */
const GOLDEN = 0x9e3779b1;

/** A small number for each destination, in bounded memory: what does not fit is forgotten. */
export class DestinationCache {
  readonly #keys = new Uint32Array(PLACES);
  readonly values: Int32Array = new Int32Array(PLACES);

  /** The place of `destination`, any word but 0; a new one begins with `value`. Valid until the next call. */
  place(destination: number, value: number): number {
    const start = Math.imul(destination, GOLDEN) >>> (32 - PLACES_LOG2);
    let at = start;
    for (let tries = 0; tries < REACH; tries++) {
      at = (start + tries) & (PLACES - 1);
      const key = this.#keys[at] as number;
      if (key === destination) return at;
      if (key === EMPTY) return this.#take(at, destination, value);
    }
    return this.#take(start, destination, value);
  }

  clear(): void {
    this.#keys.fill(EMPTY);
  }

  #take(at: number, destination: number, value: number): number {
    this.#keys[at] = destination;
    this.values[at] = value;
    return at;
  }
}
