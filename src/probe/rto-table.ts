import { NANOS_PER_MS, type Nanos } from '../wire/numbers.ts';

/** RFC 6298, 2: alpha 1/8, beta 1/4, K 4. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;
const MIN_RTO: Nanos = 100 * NANOS_PER_MS;
/** Least time-out for a target that has not answered: it may be farther away than those that have. */
const MIN_UNKNOWN_RTO: Nanos = 250 * NANOS_PER_MS;
const MAX_RTO: Nanos = 60_000 * NANOS_PER_MS;
/** Three ARP requests a second apart (neigh/default/mcast_solicit, retrans_time_ms), in initial time-outs. */
export const NEIGHBOUR_FAILURE = 3.2;
const MAX_GROUPS = 65_536;
/** Timers fire late, and so do loops. */
const SLACK: Nanos = 20 * NANOS_PER_MS;

/**
 * Retransmission time-outs by RFC 6298 for each target, from unambiguous RTTs: each answer names its SYN. A
 * target that has not answered starts from the RTTs of all others. Beyond 65,536, targets share estimators.
 */
export class RtoTable {
  readonly #initial: Nanos;
  readonly #groups: number;
  readonly #srtt: Float64Array;
  readonly #rttvar: Float64Array;
  readonly #slowest: Float64Array;

  /** `initial`: the time-out before any RTT is known. */
  constructor(targets: number, initial: Nanos) {
    this.#initial = initial;
    this.#groups = Math.max(1, Math.min(targets, MAX_GROUPS));
    this.#srtt = new Float64Array(this.#groups + 1);
    this.#rttvar = new Float64Array(this.#groups + 1);
    this.#slowest = new Float64Array(this.#groups + 1);
  }

  sample(target: number, rtt: Nanos): void {
    this.#update(this.#groupOf(target), rtt);
    this.#update(this.#groups, rtt);
  }

  /** Smoothed RTT of the target, or 0 when it has not answered. */
  srtt(target: number): Nanos {
    return this.#srtt[this.#groupOf(target)] as number;
  }

  /** How long to wait for the answer to a SYN after `earlier` others, if another may follow. */
  timeout(target: number, earlier: number): Nanos {
    return Math.min(MAX_RTO, this.#base(target) * (1 << Math.min(earlier, 10)));
  }

  /**
   * How long to wait after the last SYN, which left `sinceFirst` after the first: at least twice the slowest
   * RTT, and the initial time-out from the first on, since the answers may be a nearer device's. A silent
   * target gets that from the last on, and in all the time in which Linux finds that a neighbour is missing.
   */
  lastTimeout(target: number, earlier: number, sinceFirst: Nanos): Nanos {
    const group = this.#groupOf(target);
    const silent = Math.max(this.#initial, NEIGHBOUR_FAILURE * this.#initial - sinceFirst);
    const floor = this.#srtt[group] === 0 ? silent : Math.max(this.#initial - sinceFirst, 2 * (this.#slowest[group] as number));
    return Math.max(floor, 2 * (this.#slowest[this.#groups] as number), this.timeout(target, earlier));
  }

  /** `lastTimeout` of the only SYN, computed more quickly while no target has answered. */
  onlyTimeout(target: number): Nanos {
    return this.#srtt[this.#groups] === 0 ? NEIGHBOUR_FAILURE * this.#initial : this.lastTimeout(target, 0, 0);
  }

  /** The time-out that most targets have now. */
  typical(): Nanos {
    return this.#srtt[this.#groups] === 0 ? this.#initial : Math.max(MIN_RTO, this.#estimate(this.#groups));
  }

  /** When it is known of most SYNs whether they were lost: time-out, RTT of the answered retry, and slack. */
  typicalFate(): Nanos {
    const typical = this.typical();
    return typical + Math.min(typical, 2 * (this.#srtt[this.#groups] as number) + SLACK);
  }

  #groupOf(target: number): number {
    return target < this.#groups ? target : target % this.#groups;
  }

  #base(target: number): Nanos {
    const group = this.#groupOf(target);
    if (this.#srtt[group] !== 0) return Math.max(MIN_RTO, this.#estimate(group));
    if (this.#srtt[this.#groups] === 0) return this.#initial;
    return Math.min(this.#initial, Math.max(MIN_UNKNOWN_RTO, this.#estimate(this.#groups)));
  }

  #estimate(group: number): Nanos {
    return (this.#srtt[group] as number) + K * (this.#rttvar[group] as number);
  }

  #update(group: number, rtt: Nanos): void {
    const srtt = this.#srtt[group] as number;
    if (srtt === 0) {
      this.#srtt[group] = Math.max(1, rtt);
      this.#rttvar[group] = rtt / 2;
    } else {
      this.#rttvar[group] = (1 - BETA) * (this.#rttvar[group] as number) + BETA * Math.abs(srtt - rtt);
      this.#srtt[group] = Math.max(1, (1 - ALPHA) * srtt + ALPHA * rtt);
    }
    if (rtt > (this.#slowest[group] as number)) this.#slowest[group] = rtt;
  }
}
