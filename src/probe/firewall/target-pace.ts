import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { AnswerKind, FirewallTest } from './firewall-test.ts';

/** The shortest wait once the host's round trip is known, and while only routers have answered. */
const LEAST_WAIT: Nanos = 200 * NANOS_PER_MS;
const LEAST_WAIT_BY_ROUTERS: Nanos = 400 * NANOS_PER_MS;
/** The longest wait after slow answers, unless the user's time-out is longer. */
const MOST_WAIT: Nanos = 3000 * NANOS_PER_MS;
/** Time-outs after which a router has found a host unreachable. */
const ABSENCE = 3.3;
/** Time between SYNs to a silent port where others are rejected: Linux limits ICMP errors to one a second. */
const ICMP_PACE: Nanos = 1100 * NANOS_PER_MS;

/** How long the answers of one target are waited for. */
export class TargetPace {
  /** True once a SYN was rejected with ICMP: silence may then be a limit on such errors. */
  rejects = false;
  readonly #timeout: Nanos;
  #isLimited = false;
  #slowestTcp: Nanos = 0;
  #slowestIcmp: Nanos = 0;

  constructor(timeout: Nanos) {
    this.#timeout = timeout;
  }

  /**
   * Until when to listen to a silent target whose first packet left at `sentAt`: a router sends three ARP
   * requests, a second apart, before it reports a host unreachable (net/ipv4/arp.c). 0 once the target has
   * answered.
   */
  listensUntil(sentAt: Nanos): Nanos {
    return this.#slowestTcp > 0 || this.rejects ? 0 : sentAt + ABSENCE * this.#timeout;
  }

  /** Takes the round trip of a packet's first answer. Errors but an expired TTL may have waited for ARP. */
  noteRoundTrip(kind: AnswerKind, rtt: Nanos): void {
    if (kind === 'syn-ack' || kind === 'rst') this.#slowestTcp = Math.max(this.#slowestTcp, rtt);
    else if (kind === 'expired') this.#slowestIcmp = Math.max(this.#slowestIcmp, rtt);
  }

  /**
   * Takes an ICMP error to a usual SYN; `isRetry` when its port's first SYN had none, which shows a rate
   * limit. True for the first sign of one.
   */
  noteRejection(isRetry: boolean): boolean {
    this.rejects = true;
    if (!isRetry || this.#isLimited) return false;
    this.#isLimited = true;
    return true;
  }

  /**
   * The wait for the latest packet of `test`: the full time-out for first SYNs, as the host may be farther
   * away.
   */
  wait(test: FirewallTest): Nanos {
    const usual = this.#usualWait();
    if (!isFirstSyn(test) || test.answerKind !== null) return usual;
    const sent = test.testPackets.length;
    if (sent >= test.allowance) return Math.max(usual, this.#timeout - test.sendingTime);
    return this.rejects && sent > 1 ? Math.max(ICMP_PACE, usual) : usual;
  }

  #usualWait(): Nanos {
    const [byHost, byRouters] = [4 * this.#slowestTcp, 8 * this.#slowestIcmp];
    const least = byHost > 0 ? LEAST_WAIT : LEAST_WAIT_BY_ROUTERS;
    const wait = Math.max(byHost > 0 ? byHost : byRouters, Math.min(this.#timeout, least));
    return byHost > 0 || byRouters > 0 ? Math.min(wait, Math.max(this.#timeout, MOST_WAIT)) : this.#timeout;
  }
}

/** Whether a test is a port's usual SYN and no repetition. */
export function isFirstSyn({ spec }: FirewallTest): boolean {
  return spec.kind === 'syn' && spec.round === 1;
}
