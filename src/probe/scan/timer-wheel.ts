import type { Nanos } from '../../wire/numbers.ts';

/** One tick: a millisecond. Timers fire up to one tick late, never early. */
const TICK: Nanos = 1_000_000;
const BUCKETS = 4096;
const MASK = BUCKETS - 1;
const NONE = -1;

/**
 * A hashed timing wheel (Varghese and Lauck, 1987): one timer for each slot number, 20 bytes a slot. Timers
 * beyond the wheel's span stay for another turn.
 */
export class TimerWheel {
  readonly #heads: Int32Array = new Int32Array(BUCKETS).fill(NONE);
  #next: Int32Array = new Int32Array(0);
  #previous: Int32Array = new Int32Array(0);
  #bucket: Int32Array = new Int32Array(0);
  #due: Float64Array = new Float64Array(0);
  #tick = 0;
  #armed = 0;
  /** No timer is due in a tick before this one. */
  #earliest = Infinity;

  constructor(capacity: number) {
    this.grow(capacity);
  }

  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void {
    this.#next = grown(this.#next, capacity);
    this.#previous = grown(this.#previous, capacity);
    this.#bucket = grown(this.#bucket, capacity);
    const due = new Float64Array(capacity);
    due.set(this.#due);
    this.#due = due;
  }

  /** Sets the slot's timer, replacing an earlier one. */
  set(slot: number, due: Nanos): void {
    if (this.#bucket[slot] !== NONE) this.cancel(slot);
    this.#due[slot] = due;
    const tick = Math.max(this.#tick, Math.ceil(due / TICK));
    const bucket = tick & MASK;
    const head = this.#heads[bucket] as number;
    this.#next[slot] = head;
    this.#previous[slot] = NONE;
    if (head !== NONE) this.#previous[head] = slot;
    this.#heads[bucket] = slot;
    this.#bucket[slot] = bucket;
    if (tick < this.#earliest) this.#earliest = tick;
    this.#armed++;
  }

  cancel(slot: number): void {
    const bucket = this.#bucket[slot] as number;
    if (bucket === NONE) return;
    const next = this.#next[slot] as number;
    const previous = this.#previous[slot] as number;
    if (previous === NONE) this.#heads[bucket] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    this.#bucket[slot] = NONE;
    this.#armed--;
  }

  /** Takes one slot whose timer is due at `now`, or -1 when none is left. */
  expire(now: Nanos): number {
    const current = Math.floor(now / TICK);
    while (this.#tick <= current) {
      if (this.#armed === 0) {
        this.#tick = current;
        return NONE;
      }
      const slot = this.#takeDue(now);
      if (slot !== NONE) return slot;
      if (this.#tick === current) return NONE;
      this.#tick++;
    }
    return NONE;
  }

  /** A time at or before which nothing is due; Infinity when no timer is set. */
  nextDue(): Nanos {
    if (this.#armed === 0) return Infinity;
    if (this.#earliest <= this.#tick) this.#earliest = this.#findEarliest();
    return this.#earliest * TICK;
  }

  #takeDue(now: Nanos): number {
    let slot = this.#heads[this.#tick & MASK] as number;
    while (slot !== NONE) {
      const following = this.#next[slot] as number;
      if ((this.#due[slot] as number) <= now) {
        this.cancel(slot);
        return slot;
      }
      slot = following;
    }
    return NONE;
  }

  /** A bucket may hold only timers of a later turn: then the answer is early, which is allowed. */
  #findEarliest(): number {
    if (this.#dueThisTick()) return this.#tick;
    for (let step = 1; step <= MASK; step++) {
      if (this.#heads[(this.#tick + step) & MASK] !== NONE) return this.#tick + step;
    }
    return this.#tick + 1;
  }

  #dueThisTick(): boolean {
    let slot = this.#heads[this.#tick & MASK] as number;
    while (slot !== NONE) {
      if (Math.ceil((this.#due[slot] as number) / TICK) <= this.#tick) return true;
      slot = this.#next[slot] as number;
    }
    return false;
  }
}

function grown(old: Int32Array, capacity: number): Int32Array {
  const array = new Int32Array(capacity).fill(NONE);
  array.set(old);
  return array;
}
