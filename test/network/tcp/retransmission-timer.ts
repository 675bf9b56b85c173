import type { Nanos } from '../../../src/wire/numbers.ts';

/**
 * The timer of a connection (RFC 6298, 5), for segments in flight and for a closed window, with exponential
 * backoff.
 */
export class RetransmissionTimer {
  readonly #first: Nanos;
  readonly #retries: number;
  #timeout: Nanos;
  #tries = 0;
  #deadline: Nanos = Infinity;

  constructor(timeout: Nanos, retries: number) {
    this.#first = this.#timeout = timeout;
    this.#retries = retries;
  }

  get deadline(): Nanos {
    return this.#deadline;
  }

  /** Starts the timer unless it runs. */
  start(now: Nanos, timeout: Nanos = this.#timeout): void {
    if (this.#deadline === Infinity) this.#deadline = now + timeout;
  }

  stop(): void {
    this.#deadline = Infinity;
  }

  /** After an acknowledgment: stops, and resets time-out and retries. */
  restart(): void {
    this.stop();
    this.#timeout = this.#first;
    this.#tries = 0;
  }

  /** After a time-out: doubles it; false when no retry is left. */
  expire(): boolean {
    this.stop();
    this.#timeout *= 2;
    return this.#tries++ < this.#retries;
  }
}
