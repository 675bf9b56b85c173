import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';

/** RFC 6298, 2. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;
/** RFC 6298 has 1 s; Linux has 200 ms (TCP_RTO_MIN). */
const MIN_RTO: Nanos = 200 * NANOS_PER_MS;
const MAX_RTO: Nanos = 60_000 * NANOS_PER_MS;

/** When to send again what was not acknowledged (RFC 6298), and how often that has happened. */
export class RetransmissionTimer {
  /** When to send again; Infinity while nothing waits. */
  due: Nanos = Infinity;
  /** Time-outs since the last acknowledgement of something new. */
  expiries = 0;
  /** Smoothed round trip, 0 while none is known. */
  srtt: Nanos = 0;
  #rttvar: Nanos = 0;
  #rto: Nanos;

  /** `initial`: the time-out before any round trip is known. */
  constructor(initial: Nanos) {
    this.#rto = initial;
  }

  get rto(): Nanos {
    return Math.min(MAX_RTO, this.#rto * 2 ** Math.min(this.expiries, 10));
  }

  /** Something left that must be acknowledged (5.1). */
  start(now: Nanos): void {
    if (this.due === Infinity) this.due = now + this.rto;
  }

  /** Something new was acknowledged (5.2, 5.3). */
  acknowledged(now: Nanos, isWaiting: boolean): void {
    this.expiries = 0;
    this.due = isWaiting ? now + this.rto : Infinity;
  }

  /** The time-out has passed (5.5, 5.6): doubles it. */
  expired(now: Nanos): void {
    this.expiries++;
    this.due = now + this.rto;
  }

  /** There is cause not to wait as long. */
  hasten(until: Nanos): void {
    this.due = Math.min(this.due, until);
  }

  stop(): void {
    this.due = Infinity;
  }

  /** A round trip that is not ambiguous (section 3). */
  sample(rtt: Nanos): void {
    if (this.srtt === 0) {
      this.srtt = Math.max(1, rtt);
      this.#rttvar = rtt / 2;
    } else {
      this.#rttvar = (1 - BETA) * this.#rttvar + BETA * Math.abs(this.srtt - rtt);
      this.srtt = (1 - ALPHA) * this.srtt + ALPHA * rtt;
    }
    this.#rto = Math.max(MIN_RTO, Math.round(this.srtt + K * this.#rttvar));
  }
}
