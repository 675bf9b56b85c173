import type { Nanos } from '../../wire/numbers.ts';

const INITIAL_CAPACITY = 1024;
const NO_NUMBERS = new Int32Array(0);
/** Most pairs that the ring holds: four seconds of a million first SYNs a second. */
const MAX_CAPACITY = 2 ** 22;

/** What has become of a pair of the ring: nothing was heard of it, an RST was, or it has left. */
export const Fate = { open: 0, grace: 1, settled: 2 } as const;

/**
 * Pairs that have had their first SYN and no other, in the order in which the SYNs left: 13 bytes each. A
 * position is that of the pair in the PairOrder. A place is an index into the arrays: the position modulo
 * their length, which names a pair until the next `push`.
 */
export class InFlightRing {
  /** Position of the next pair to be probed. */
  head = 0;
  /** Pairs before this position have left. */
  tail = 0;
  /** SYNs that count as in flight: of open pairs at `#inFlightFrom` or later. */
  inFlight = 0;
  #inFlightFrom = 0;
  /** No pair before this position is open. */
  #firstOpen = 0;
  /** Numbers in ResetGrace, by place; allocated when the first pair gets one. */
  #graceNumbers: Int32Array = NO_NUMBERS;
  /** Positions of the SYNs that the capture should show next. Two threads may be sending, each in order. */
  #nextSeen = 0;
  #nextSeenOther = 0;
  #mask: number;
  #sentAt: Float64Array;
  #nonces: Int32Array;
  #fates: Uint8Array;

  /** With room for `expected` pairs: growing later takes time, and V8 answers it with a full collection. */
  constructor(expected: number = 0) {
    let capacity = INITIAL_CAPACITY;
    while (capacity < expected && capacity < MAX_CAPACITY) capacity *= 2;
    this.#mask = capacity - 1;
    this.#sentAt = new Float64Array(capacity);
    this.#nonces = new Int32Array(capacity);
    this.#fates = new Uint8Array(capacity);
  }

  /** How many pairs may be added before old ones leave. */
  get room(): number {
    return MAX_CAPACITY - (this.head - this.tail);
  }

  /** The pair at `head` gets its SYN, made from that nonce, at `at`. Returns its place. Needs `room`. */
  push(nonce: number, at: Nanos): number {
    if (this.head - this.tail > this.#mask) this.#grow();
    const place = this.head & this.#mask;
    this.#nonces[place] = nonce;
    this.#sentAt[place] = at;
    this.#fates[place] = Fate.open;
    this.head++;
    this.inFlight++;
    return place;
  }

  /** The same for the next `count` pairs. */
  pushMany(nonces: Int32Array, count: number, at: Nanos): void {
    while (this.head - this.tail + count > this.#mask + 1) this.#grow();
    const mask = this.#mask;
    const kept = this.#nonces;
    const sentAt = this.#sentAt;
    const fates = this.#fates;
    let place = this.head & mask;
    for (let index = 0; index < count; index++) {
      kept[place] = nonces[index] as number;
      sentAt[place] = at;
      fates[place] = Fate.open;
      place = (place + 1) & mask;
    }
    this.head += count;
    this.inFlight += count;
  }

  /**
   * Sets the send times of the pairs from `position` on to `stamps[from]` up to, not including, `stamps[to]`.
   * A capture's stamp stays: it is later, and exact.
   */
  stampMany(position: number, stamps: Float64Array, from: number, to: number): void {
    const mask = this.#mask;
    const sentAt = this.#sentAt;
    const gone = Math.max(0, this.tail - position);
    let place = (position + gone) & mask;
    for (let index = from + gone; index < to; index++) {
      sentAt[place] = Math.max(sentAt[place] as number, stamps[index] as number);
      place = (place + 1) & mask;
    }
  }

  /** The pair at `head` gets no SYN: it is settled at once. Returns its place. */
  skip(at: Nanos): number {
    // Not in one expression: `push` may replace the array that it would have read before.
    const place = this.push(0, at);
    this.#fates[place] = Fate.settled;
    this.inFlight--;
    return place;
  }

  /** Stamps a captured SYN if it is expected next, as most are; else returns false. */
  stampNext(nonce: number, at: Nanos): boolean {
    if (this.#isNext(this.#nextSeen, nonce)) return this.#seen(this.#nextSeen, at);
    if (!this.#isNext(this.#nextSeenOther, nonce)) return false;
    const other = this.#nextSeenOther;
    this.#nextSeenOther = this.#nextSeen;
    return this.#seen(other, at);
  }

  /** Stamps the SYN at `place`, which was captured out of turn: the next one is expected after it. */
  stampSeen(place: number, at: Nanos): void {
    this.#nextSeenOther = this.#nextSeen;
    this.#seen(this.positionOf(place), at);
  }

  #isNext(position: number, nonce: number): boolean {
    if (position < this.tail || position >= this.head) return false;
    const place = position & this.#mask;
    return this.#nonces[place] === nonce && this.#fates[place] === Fate.open;
  }

  #seen(position: number, at: Nanos): true {
    this.#sentAt[position & this.#mask] = at;
    this.#nextSeen = position + 1;
    return true;
  }

  sentAt(place: number): Nanos {
    return this.#sentAt[place] as number;
  }

  nonce(place: number): number {
    return this.#nonces[place] as number;
  }

  /** The place of the pair at `position` if it is open, else -1. */
  placeOf(position: number): number {
    const place = this.keptPlaceOf(position);
    return place >= 0 && this.#fates[place] === Fate.open ? place : -1;
  }

  /** The place of the pair at `position` if it is open or in grace, else -1. */
  keptPlaceOf(position: number): number {
    if (position < this.tail || position >= this.head) return -1;
    const place = position & this.#mask;
    return this.#fates[place] === Fate.settled ? -1 : place;
  }

  /** True for a pair that `beginGrace` was called for. */
  isInGrace(place: number): boolean {
    return this.#fates[place] === Fate.grace;
  }

  /** The position of the pair at `place`. */
  positionOf(place: number): number {
    return this.head - 1 - ((this.head - 1 - place) & this.#mask);
  }

  /** The pair leaves the ring. Returns whether its SYN still counted as in flight. */
  take(place: number): boolean {
    return this.#end(place, Fate.settled);
  }

  /** The open pair at `place` was answered by an RST, and is in ResetGrace under `number`. */
  beginGrace(place: number, number: number): void {
    if (this.#graceNumbers.length === 0) this.#graceNumbers = new Int32Array(this.#mask + 1);
    this.#graceNumbers[place] = number;
    this.#end(place, Fate.grace);
  }

  /** The number of a pair in grace. */
  graceNumber(place: number): number {
    return this.#graceNumbers[place] as number;
  }

  #end(place: number, fate: number): boolean {
    const wasInFlight = this.#fates[place] === Fate.open && this.positionOf(place) >= this.#inFlightFrom;
    this.#fates[place] = fate;
    if (wasInFlight) this.inFlight--;
    return wasInFlight;
  }

  /** Place of the oldest open pair, or -1. Drops settled pairs from the tail. */
  oldest(): number {
    while (this.tail < this.head && this.#fates[this.tail & this.#mask] === Fate.settled) this.tail++;
    this.#firstOpen = Math.max(this.#firstOpen, this.tail);
    while (this.#firstOpen < this.head) {
      const place = this.#firstOpen & this.#mask;
      if (this.#fates[place] === Fate.open) return place;
      this.#firstOpen++;
    }
    return -1;
  }

  /** SYNs that left at `time` or before no longer count as in flight. Returns how many have no answer. */
  expire(time: Nanos): number {
    let silent = 0;
    this.#inFlightFrom = Math.max(this.#inFlightFrom, this.tail);
    while (this.#inFlightFrom < this.head) {
      const place = this.#inFlightFrom & this.#mask;
      if (this.#fates[place] === Fate.open) {
        if ((this.#sentAt[place] as number) > time) break;
        silent++;
      }
      this.#inFlightFrom++;
    }
    this.inFlight -= silent;
    return silent;
  }

  /** When the oldest SYN that counts as in flight left; Infinity when none does. */
  get oldestInFlight(): Nanos {
    if (this.inFlight === 0) return Infinity;
    return this.#sentAt[Math.max(this.#inFlightFrom, this.tail) & this.#mask] as number;
  }

  /** Doubles the arrays; the pairs move to the places that their positions then have. */
  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const moved = <T extends Float64Array | Int32Array | Uint8Array>(old: T, larger: T): T => {
      for (let position = this.tail; position < this.head; position++) {
        larger[position & mask] = old[position & this.#mask] as number;
      }
      return larger;
    };
    this.#sentAt = moved(this.#sentAt, new Float64Array(mask + 1));
    this.#nonces = moved(this.#nonces, new Int32Array(mask + 1));
    this.#fates = moved(this.#fates, new Uint8Array(mask + 1));
    if (this.#graceNumbers.length > 0) this.#graceNumbers = moved(this.#graceNumbers, new Int32Array(mask + 1));
    this.#mask = mask;
  }
}
