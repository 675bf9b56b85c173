import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import { Answer, type PairTable, Phase } from './pair-table.ts';
import type { RtoTable } from '../rto-table.ts';
import type { Timing } from '../timing.ts';
import type { SessionPlan } from './session-plan.ts';

const DEFAULT_RETRIES = 2;
/** However lossy the path, a silent port gets no more SYNs than this by default. */
const MAX_ADAPTIVE_SYNS = 12;
/** Accepted probability that a run calls any open port filtered because all its SYNs were lost. */
const ACCEPTED_RISK = 0.01;
/** SYNs of known fate before the loss ratio is believed: this many, or fewer with MIN_LOSSES among them. */
const MIN_FATES = 50;
const MIN_FATES_WITH_LOSSES = 10;
const MIN_LOSSES = 4;

/** Least time for a contradicting answer, which takes about one more round trip. */
const MIN_OPEN_GRACE: Nanos = 10 * NANOS_PER_MS;
/** The same after an RST, which is forged more often. */
export const CLOSED_GRACE: Nanos = 20 * NANOS_PER_MS;
const SOFT_RETRY: Nanos = 100 * NANOS_PER_MS;
/** Most SYNs granted to a pair because the capture lost packets, or it might never end. */
const MAX_BONUS = 10;
const MAX_GRACE: Nanos = NANOS_PER_SECOND;

/**
 * How many SYNs a silent port gets: one more than `retries`. By default three, and more on a path that loses
 * packets, which answered retries show: the smallest n with pairs * loss^n < 1 %.
 */
export class RetryPolicy {
  readonly #fixed: number | null;
  readonly #pairs: number;
  #syns = DEFAULT_RETRIES + 1;
  #loss = 0;

  constructor(timing: Timing, pairs: number) {
    this.#fixed = timing.retries === null ? null : timing.retries + 1;
    this.#pairs = Math.max(1, pairs);
  }

  /** SYNs that a port gets before it is `filtered`. */
  get syns(): number {
    return this.#fixed ?? this.#syns;
  }

  /** The most SYNs that `syns` can become. */
  get most(): number {
    return this.#fixed ?? MAX_ADAPTIVE_SYNS;
  }

  learn(lossRatio: number, fatesKnown: number): void {
    const lossy = fatesKnown >= MIN_FATES_WITH_LOSSES && lossRatio * fatesKnown >= MIN_LOSSES;
    if (this.#fixed !== null || (fatesKnown < MIN_FATES && !lossy) || lossRatio === this.#loss) return;
    this.#loss = lossRatio;
    const needed = lossRatio <= 0 ? 0 : Math.ceil(Math.log(ACCEPTED_RISK / this.#pairs) / Math.log(Math.min(lossRatio, 0.99)));
    this.#syns = Math.max(DEFAULT_RETRIES + 1, Math.min(MAX_ADAPTIVE_SYNS, needed));
  }
}

/** How many SYNs a pair may use and how long each step may take, by what is known when it is asked. */
export class RetransmitPolicy {
  readonly retries: RetryPolicy;
  /** When the capture last reported lost packets. */
  captureLossAt: Nanos = -Infinity;
  readonly #pairs: PairTable;
  readonly #rto: RtoTable;
  /** RTT samples wanted from each pair. */
  readonly #count: number;

  constructor(pairs: PairTable, rto: RtoTable, { timing, order }: SessionPlan) {
    this.retries = new RetryPolicy(timing, order.length);
    this.#pairs = pairs;
    this.#rto = rto;
    this.#count = timing.count;
  }

  /** True when the pair has used all the SYNs that it may. */
  isExhausted(slot: number): boolean {
    return (this.#pairs.sent[slot] as number) >= this.#allowed(slot);
  }

  /** True after a local failure, or an ICMP error for the last SYN: only a late SYN-ACK could matter. */
  isSettledSoftly(slot: number): boolean {
    const { answer, phase } = this.#pairs;
    return answer[slot] === Answer.localIcmp || (phase[slot] === Phase.soft && this.isExhausted(slot));
  }

  /** Grants another SYN to a pair whose answer the capture may have lost; false when it gets none. */
  grantsAnother(slot: number): boolean {
    const pairs = this.#pairs;
    const bonus = pairs.bonus[slot] as number;
    const heard = pairs.lastSentAt(slot) > this.captureLossAt;
    if (heard || (pairs.answer[slot] as number) >= Answer.rst || bonus >= MAX_BONUS) return false;
    pairs.bonus[slot] = bonus + 1;
    return true;
  }

  /** How long the latest SYN of the pair may stay unanswered. */
  timeout(slot: number): Nanos {
    const pairs = this.#pairs;
    const target = pairs.target[slot] as number;
    const earlier = (pairs.sent[slot] as number) - 1;
    // SYNs granted after capture losses or challenge ACKs say nothing of the path: no back-off for them.
    const silent = Math.max(0, earlier - (pairs.bonus[slot] as number));
    if (earlier + 1 >= this.#allowed(slot)) {
      const sinceFirst = pairs.stampOf(slot, earlier) - pairs.stampOf(slot, 0);
      return this.#rto.lastTimeout(target, silent, sinceFirst >= 0 ? sinceFirst : Infinity);
    }
    return this.#rto.timeout(target, pairs.phase[slot] === Phase.sampling ? 0 : silent);
  }

  /** How long the first SYN of a pair of that target may stay unanswered. */
  firstTimeout(target: number): Nanos {
    return this.getsOneSyn ? this.#rto.onlyTimeout(target) : this.#rto.timeout(target, 0);
  }

  /** True when a silent pair gets one SYN and no more, unless the capture lost packets. */
  get getsOneSyn(): boolean {
    return this.retries.syns <= 1;
  }

  /** How many SYNs the pair may use in all. */
  #allowed(slot: number): number {
    const syns = this.retries.syns + (this.#pairs.bonus[slot] as number);
    return (this.#pairs.phase[slot] as number) >= Phase.answered ? syns * this.#count : syns;
  }

  /** How long after an ICMP error the next SYN leaves: sooner than after silence. */
  softRetry(slot: number): Nanos {
    const earlier = (this.#pairs.sent[slot] as number) - 1;
    return Math.max(SOFT_RETRY * 2 ** Math.min(earlier, 5), 2 * this.#rto.srtt(this.#pairs.target[slot] as number));
  }

  /** True where a pair that was reset after `rtt` waits for CLOSED_GRACE and no longer. */
  fitsClosedGrace(target: number, rtt: Nanos): boolean {
    return 2 * Math.max(rtt, this.#rto.srtt(target)) <= CLOSED_GRACE;
  }

  /** How long a decided pair waits for a contradicting answer. */
  grace(slot: number): Nanos {
    const least = this.#pairs.answer[slot] === Answer.synAck ? MIN_OPEN_GRACE : CLOSED_GRACE;
    return Math.min(MAX_GRACE, Math.max(least, 2 * this.#rto.srtt(this.#pairs.target[slot] as number)));
  }
}
