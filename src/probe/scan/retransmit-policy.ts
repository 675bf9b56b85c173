import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import { Answer, type PairTable, Phase } from './pair-table.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { RtoTable } from '../rto-table.ts';

/** A contradicting answer comes within about one more round trip; these hold where the RTT is tiny. An RST is the likelier forgery. */
const MIN_LINGER_OPEN: Nanos = 10 * NANOS_PER_MS;
/** The same for a closed port. */
export const LINGER_CLOSED: Nanos = 20 * NANOS_PER_MS;
const SOFT_RETRY: Nanos = 100 * NANOS_PER_MS;
/** A capture that loses packets without end must not keep a pair for ever. */
const MAX_BONUS = 10;
const MAX_LINGER: Nanos = NANOS_PER_SECOND;

/** How many SYNs a pair may use and how long each step of it may take, by what is known at the moment of asking. */
export class RetransmitPolicy {
  /** Until when the capture is known to have lost packets. */
  deafAt: Nanos = -Infinity;
  readonly #pairs: PairTable;
  readonly #rto: RtoTable;
  readonly #policy: RetryPolicy;
  readonly #count: number;

  /** `count`: RTT samples wanted from each pair. */
  constructor(pairs: PairTable, rto: RtoTable, { policy, count }: { readonly policy: RetryPolicy; readonly count: number }) {
    this.#pairs = pairs;
    this.#rto = rto;
    this.#policy = policy;
    this.#count = count;
  }

  /** True when the pair has used all the SYNs that it may. */
  isExhausted(slot: number): boolean {
    return (this.#pairs.sent[slot] as number) >= this.#allowed(slot);
  }

  /** A failure of this host, or an ICMP error for the last SYN: nothing more to wait for than a late SYN-ACK. */
  isSettledSoftly(slot: number): boolean {
    const { answer, phase } = this.#pairs;
    return answer[slot] === Answer.localIcmp || (phase[slot] === Phase.soft && this.isExhausted(slot));
  }

  /** True for a pair whose final answer may be among what the capture lost: it gets one more SYN than it otherwise may. */
  grantsAnother(slot: number): boolean {
    const pairs = this.#pairs;
    const bonus = pairs.bonus[slot] as number;
    const heard = pairs.stampOf(slot, (pairs.sent[slot] as number) - 1) > this.deafAt;
    if (heard || (pairs.answer[slot] as number) >= Answer.rst || bonus >= MAX_BONUS) return false;
    pairs.bonus[slot] = bonus + 1;
    return true;
  }

  /** How long the latest SYN of the pair may stay unanswered, by what is known of its target now. */
  timeout(slot: number): Nanos {
    const pairs = this.#pairs;
    const target = pairs.target[slot] as number;
    const earlier = (pairs.sent[slot] as number) - 1;
    // SYNs that were granted because of the capture or an old connection say nothing of the path: no back-off for those.
    const silent = Math.max(0, earlier - (pairs.bonus[slot] as number));
    if (earlier + 1 >= this.#allowed(slot)) {
      const sinceFirst = pairs.stampOf(slot, earlier) - pairs.stampOf(slot, 0);
      return this.#rto.lastTimeout(target, silent, sinceFirst >= 0 ? sinceFirst : Infinity);
    }
    return this.#rto.timeout(target, pairs.phase[slot] === Phase.sampling ? 0 : silent);
  }

  /** How long the first SYN of a pair of that target may stay unanswered. */
  firstTimeout(target: number): Nanos {
    return this.onlyOne ? this.#rto.onlyTimeout(target) : this.#rto.timeout(target, 0);
  }

  /** True when a silent pair gets one SYN and no more, unless the capture was deaf. */
  get onlyOne(): boolean {
    return this.#policy.syns <= 1;
  }

  /** How many SYNs the pair may use in all. */
  #allowed(slot: number): number {
    const syns = this.#policy.syns + (this.#pairs.bonus[slot] as number);
    return (this.#pairs.phase[slot] as number) >= Phase.answered ? syns * this.#count : syns;
  }

  /** How long after an ICMP error the next SYN leaves: the path has spoken, so the time-out for silence need not pass. */
  softRetry(slot: number): Nanos {
    const earlier = (this.#pairs.sent[slot] as number) - 1;
    return Math.max(SOFT_RETRY * 2 ** Math.min(earlier, 5), 2 * this.#rto.srtt(this.#pairs.target[slot] as number));
  }

  /** True where a pair that was reset after `rtt` waits for LINGER_CLOSED and no longer. */
  lingersShortly(target: number, rtt: Nanos): boolean {
    return 2 * Math.max(rtt, this.#rto.srtt(target)) <= LINGER_CLOSED;
  }

  /** How long a decided pair waits for an answer that contradicts the first. */
  linger(slot: number): Nanos {
    const least = this.#pairs.answer[slot] === Answer.synAck ? MIN_LINGER_OPEN : LINGER_CLOSED;
    return Math.min(MAX_LINGER, Math.max(least, 2 * this.#rto.srtt(this.#pairs.target[slot] as number)));
  }
}
