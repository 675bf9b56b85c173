import type { Nanos } from '../../../src/wire/numbers.ts';

/** The one timer of a connection (RFC 6298, 5), for segments in flight and for a closed window; it doubles, and has an end. */
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

  /** Runs from now, unless it runs; for as long as its time-out, unless it is named. */
  start(now: Nanos, timeout: Nanos = this.#timeout): void {
    if (this.#deadline === Infinity) this.#deadline = now + timeout;
  }

  stop(): void {
    this.#deadline = Infinity;
  }

  /** The peer is alive: stopped, and short again. */
  restart(): void {
    this.stop();
    this.#timeout = this.#first;
    this.#tries = 0;
  }

  /** Its time came: false when the last retry is used, else it may be started again, twice as long. */
  expire(): boolean {
    this.stop();
    this.#timeout *= 2;
    return this.#tries++ < this.#retries;
  }
}
