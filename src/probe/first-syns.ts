import type { Nanos } from '../wire/numbers.ts';

const INITIAL_CAPACITY = 1024;
/** Most first SYNs whose fate may be open at once: four seconds of a million a second. */
const MAX_CAPACITY = 2 ** 22;

const Fate = { open: 0, settled: 1 } as const;

/**
 * Pairs whose first and only SYN so far has no answer yet, in the order in which the SYNs left: 13 bytes each, written one after the other. Nearly
 * all that a fast scan has in flight stands here; a pair moves to the PairTable when something comes back for it or its time is up.
 * Positions are those of the PairOrder; a place names a pair until the next `push`.
 */
export class FirstSyns {
  /** Position of the next pair to be probed. */
  head = 0;
  /** Position of the oldest pair whose fate is open; `head` when there is none. */
  tail = 0;
  /** Pairs that count as in flight: sent at or after `#landed`, fate open. */
  inFlight = 0;
  #landed = 0;
  /** Position of the SYN that the capture is expected to show next. */
  #nextSeen = 0;
  #mask = INITIAL_CAPACITY - 1;
  /** Place of `head`. */
  #next = 0;
  #sentAt: Float64Array = new Float64Array(INITIAL_CAPACITY);
  #nonces: Int32Array = new Int32Array(INITIAL_CAPACITY);
  #fates: Uint8Array = new Uint8Array(INITIAL_CAPACITY);

  /** How many may be added before old ones leave. */
  get room(): number {
    return MAX_CAPACITY - (this.head - this.tail);
  }

  /** The pair at `head` gets its first SYN, made with that nonce, at `at`. Returns its place. Not without `room`. */
  push(nonce: number, at: Nanos): number {
    if (this.head - this.tail > this.#mask) this.#grow();
    const place = this.#next;
    this.#nonces[place] = nonce;
    this.#sentAt[place] = at;
    this.#fates[place] = Fate.open;
    this.#next = (place + 1) & this.#mask;
    this.head++;
    this.inFlight++;
    return place;
  }

  /** The same for the first `count` of many nonces. */
  pushMany(nonces: Int32Array, count: number, at: Nanos): void {
    while (this.head - this.tail + count > this.#mask + 1) this.#grow();
    const mask = this.#mask;
    const kept = this.#nonces;
    const sentAt = this.#sentAt;
    const fates = this.#fates;
    let place = this.#next;
    for (let index = 0; index < count; index++) {
      kept[place] = nonces[index] as number;
      sentAt[place] = at;
      fates[place] = Fate.open;
      place = (place + 1) & mask;
    }
    this.#next = place;
    this.head += count;
    this.inFlight += count;
  }

  /** Notes when the first `count` SYNs from `position` on left. */
  stampMany(position: number, stamps: Float64Array, count: number): void {
    const mask = this.#mask;
    const sentAt = this.#sentAt;
    let place = (this.#next - (this.head - position)) & mask;
    for (let index = 0; index < count; index++) {
      sentAt[place] = stamps[index] as number;
      place = (place + 1) & mask;
    }
  }

  /** The pair at `head` gets no SYN: its fate is known at `at`. */
  skip(at: Nanos): void {
    // Not in one expression: `push` may replace the array that it would have read before.
    const place = this.push(0, at);
    this.#fates[place] = Fate.settled;
    this.inFlight--;
  }

  /** Notes when the SYN at `place` left. */
  stamp(place: number, at: Nanos): void {
    this.#sentAt[place] = at;
  }

  /**
   * Notes when a captured SYN of ours left, if it is the one that is expected next: captures come in the order of sending, so that hardly one has to
   * be looked up. False when it is not that one.
   */
  stampNext(nonce: number, at: Nanos): boolean {
    const position = Math.max(this.#nextSeen, this.tail);
    const place = (this.#next - (this.head - position)) & this.#mask;
    if (position >= this.head || this.#nonces[place] !== nonce || this.#fates[place] !== Fate.open) return false;
    this.#sentAt[place] = at;
    this.#nextSeen = position + 1;
    return true;
  }

  /** Notes when the SYN at `place`, captured out of turn, left: the next one is expected after it. */
  stampSeen(place: number, at: Nanos): void {
    this.#sentAt[place] = at;
    this.#nextSeen = this.positionOf(place) + 1;
  }

  sentAt(place: number): Nanos {
    return this.#sentAt[place] as number;
  }

  nonce(place: number): number {
    return this.#nonces[place] as number;
  }

  /** The place of the pair at `position`, or -1 when its fate is not open here. */
  placeOf(position: number): number {
    if (position < this.tail || position >= this.head) return -1;
    const place = (this.#next - (this.head - position)) & this.#mask;
    return this.#fates[place] === Fate.open ? place : -1;
  }

  /** The position whose place that is. */
  positionOf(place: number): number {
    return this.head - (((this.#next - place - 1) & this.#mask) + 1);
  }

  /** The pair leaves. Returns whether it still counted as in flight. */
  take(place: number): boolean {
    this.#fates[place] = Fate.settled;
    const flying = this.positionOf(place) >= this.#landed;
    if (flying) this.inFlight--;
    return flying;
  }

  /** Place of the oldest pair whose fate is open, or -1. */
  oldest(): number {
    while (this.tail < this.head) {
      const place = (this.#next - (this.head - this.tail)) & this.#mask;
      if (this.#fates[place] === Fate.open) return place;
      this.tail++;
    }
    return -1;
  }

  /** What left before `time` is no longer in flight: answered, or lost, or about to be answered late. Returns how many of them have no answer. */
  land(time: Nanos): number {
    let silent = 0;
    this.#landed = Math.max(this.#landed, this.tail);
    while (this.#landed < this.head) {
      const place = (this.#next - (this.head - this.#landed)) & this.#mask;
      if (this.#fates[place] === Fate.open) {
        if ((this.#sentAt[place] as number) > time) break;
        silent++;
      }
      this.#landed++;
    }
    this.inFlight -= silent;
    return silent;
  }

  /** When the oldest that still counts as in flight left; Infinity when nothing does. */
  get oldestFlight(): Nanos {
    if (this.inFlight === 0) return Infinity;
    const first = Math.max(this.#landed, this.tail);
    return this.#sentAt[(this.#next - (this.head - first)) & this.#mask] as number;
  }

  /** Doubles: what is there is unrolled to the start of the new arrays. */
  #grow(): void {
    const count = this.#mask + 1;
    const split = this.#next;
    const unrolled = <T extends Float64Array | Int32Array | Uint8Array>(old: T, larger: T): T => {
      larger.set(old.subarray(split));
      larger.set(old.subarray(0, split), count - split);
      return larger;
    };
    this.#sentAt = unrolled(this.#sentAt, new Float64Array(count * 2));
    this.#nonces = unrolled(this.#nonces, new Int32Array(count * 2));
    this.#fates = unrolled(this.#fates, new Uint8Array(count * 2));
    this.#mask = count * 2 - 1;
    this.#next = count;
  }
}
