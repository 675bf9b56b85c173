import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';

/** Admits a fixed number a second, after a burst of one second's worth. */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: Nanos = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  /** Takes a token; false when there is none at `now`. */
  take(now: Nanos): boolean {
    const earned = (Math.max(0, now - this.#filledAt) * this.#perSecond) / NANOS_PER_SECOND;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned);
    this.#filledAt = Math.max(this.#filledAt, now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
