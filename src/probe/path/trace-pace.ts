import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';

const FIRST_WINDOW = 12;
const WIDEST_WINDOW = 24;
/** Routers generate ICMP errors at low priority. */
const LEAST_TIMEOUT: Nanos = 150 * NANOS_PER_MS;
/** For copies of answers that are still in flight. */
const LEAST_SETTLING: Nanos = 10 * NANOS_PER_MS;
/** Later hops are farther away than those that have answered. */
const RTT_FACTOR = 3;
const MOST_DOUBLINGS = 6;
/** Limits a time-out to this multiple of the longest round trip, so that one slow router delays little. */
const MOST_RTTS = 1.5;

/** How many probes of a trace are in flight at once, and how long each is waited for. */
export class TracePace {
  window: number = FIRST_WINDOW;
  readonly #firstTimeout: Nanos;
  readonly #attempts: number;
  #longestRtt: Nanos = 0;

  /** `firstTimeout` holds while no round trip is known, and always for the first of a TTL's `attempts`. */
  constructor(firstTimeout: Nanos, attempts: number) {
    this.#firstTimeout = firstTimeout;
    this.#attempts = attempts;
  }

  onAnswer(rtt: Nanos): void {
    this.#longestRtt = Math.max(this.#longestRtt, rtt);
    this.onFate();
  }

  /** A probe was answered or given up: silence is filtering, not congestion. */
  onFate(): void {
    this.window = Math.min(WIDEST_WINDOW, this.window + 1);
  }

  /** After `earlier` unanswered probes; at most the first time-out, unless a round trip is longer. */
  timeout(earlier: number): Nanos {
    if (this.#longestRtt === 0) return this.#firstTimeout;
    const doubled = 2 ** Math.min(earlier, MOST_DOUBLINGS);
    const wanted = Math.max(LEAST_TIMEOUT, RTT_FACTOR * this.#longestRtt) * doubled;
    const isLast = earlier >= this.#attempts - 1;
    const left = isLast ? this.#firstTimeout - LEAST_TIMEOUT * (doubled - 1) : 0;
    return Math.min(Math.max(wanted, left), Math.max(LEAST_TIMEOUT, this.#firstTimeout, MOST_RTTS * this.#longestRtt));
  }

  /** How long to wait for stragglers once every probe in flight may have been answered. */
  get settling(): Nanos {
    return Math.max(LEAST_SETTLING, 2 * this.#longestRtt);
  }
}
