import { type Nanos, NANOS_PER_MS, NANOS_PER_SECOND } from '../../wire/numbers.ts';
import type { SystemCalls } from '../linux/system-calls.ts';

const REVIEW_EVERY: Nanos = 250 * NANOS_PER_MS;
/** A larger move means that the wall clock was set; a smaller one is an error of measuring. */
const STEP: Nanos = NANOS_PER_MS;
/** A stamp older than this is more likely to be of another reckoning. */
const OLDEST: Nanos = NANOS_PER_SECOND;
const MEASUREMENTS = 16;

/**
 * Puts the kernel's stamps (CLOCK_REALTIME) on the transport's monotonic clock; they differ by a constant
 * until the wall clock is set. Nanoseconds are counted from a second near the beginning, so that doubles are
 * exact.
 */
export class KernelClock {
  readonly #wall: Pick<SystemCalls, 'realTime'>;
  readonly #now: () => Nanos;
  readonly #time = new BigInt64Array(2);
  readonly #base: number;
  /** Wall clock less transport's clock; before the wall clock was last set, and since. */
  #before: Nanos;
  #since: Nanos;
  #nextReview: Nanos;

  constructor(wall: Pick<SystemCalls, 'realTime'>, now: () => Nanos) {
    this.#wall = wall;
    this.#now = now;
    wall.realTime(this.#time);
    this.#base = Number(this.#time[0]);
    this.#since = this.#measure();
    this.#before = this.#since;
    this.#nextReview = now() + REVIEW_EVERY;
  }

  /**
   * When a packet was stamped that was found at `now`. A stamp from before the wall clock was set is
   * understood too, where it would otherwise lie in the future or more than a second back.
   */
  at(seconds: number, nanos: number, now: Nanos): Nanos {
    const wall = (seconds - this.#base) * NANOS_PER_SECOND + nanos;
    const at = wall - this.#since;
    if (at <= now && at > now - OLDEST) return at;
    const other = wall - this.#before;
    return other <= now && other > now - OLDEST ? other : Math.min(at, now);
  }

  /** Checks whether the wall clock was set: four times a second, and when a stamp cannot be true. */
  review(seconds: number, nanos: number, now: Nanos): void {
    const at = (seconds - this.#base) * NANOS_PER_SECOND + nanos - this.#since;
    if (now < this.#nextReview && at <= now + STEP && at > now - OLDEST) return;
    this.#nextReview = now + REVIEW_EVERY;
    const measured = this.#measure();
    if (Math.abs(measured - this.#since) <= STEP) return;
    this.#before = this.#since;
    this.#since = measured;
  }

  /** The wall clock is read between two readings of the other; the closest pair is the truest. */
  #measure(): Nanos {
    let narrowest = Infinity;
    let difference = 0;
    for (let turn = 0; turn < MEASUREMENTS; turn++) {
      const from = this.#now();
      this.#wall.realTime(this.#time);
      const to = this.#now();
      if (to - from >= narrowest) continue;
      narrowest = to - from;
      const wall = (Number(this.#time[0]) - this.#base) * NANOS_PER_SECOND + Number(this.#time[1]);
      difference = wall - Math.round((from + to) / 2);
    }
    return difference;
  }
}
