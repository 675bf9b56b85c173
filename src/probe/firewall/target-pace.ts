import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { type Answer, FirewallTest } from './firewall-test.ts';

/** Least time to wait for an answer of a host whose round trip is known, and of one of whose path only routers have answered. */
const LEAST_WAIT: Nanos = 200 * NANOS_PER_MS;
const LEAST_WAIT_BY_ROUTERS: Nanos = 400 * NANOS_PER_MS;
/** However slow an answer was, nobody waits longer for the next, unless told to. */
const MOST_WAIT: Nanos = 3000 * NANOS_PER_MS;
/** Time-outs after which a router has found out that a host is not there. */
const ABSENCE = 3.3;
/** Time between SYNs to a silent port where others are rejected with ICMP: Linux sends one error a second once it has sent six (icmp(7), icmp_ratelimit). */
const ICMP_PACE: Nanos = 1100 * NANOS_PER_MS;

/** How long the answers of one target are waited for. */
export class TargetPace {
  /** True once a SYN was rejected with ICMP: silence may be the limit of whoever rejects. */
  rejects = false;
  /** True once a SYN was rejected that was not when it was first sent: there is such a limit. */
  isLimited = false;
  readonly #timeout: Nanos;
  #slowestTcp: Nanos = 0;
  #slowestIcmp: Nanos = 0;

  constructor(timeout: Nanos) {
    this.#timeout = timeout;
  }

  /** True once something answered by TCP. */
  get isAlive(): boolean {
    return this.#slowestTcp > 0;
  }

  /**
   * Until when a target that has said nothing is listened to, when the first packet to it left at `sentAt`: a router asks three times, a second apart, for a host that
   * is not there, and then says so (net/ipv4/arp.c).
   */
  patienceFor(sentAt: Nanos): Nanos {
    return this.isAlive || this.rejects ? 0 : sentAt + ABSENCE * this.#timeout;
  }

  /** Learns of the first answer to a packet, before its taker does. */
  learn({ kind, testPacket }: Answer, rtt: Nanos): void {
    if (kind === 'syn-ack' || kind === 'rst') this.#slowestTcp = Math.max(this.#slowestTcp, rtt);
    // Other errors may come late: a router asks three times for a neighbour before it calls a host unreachable.
    else if (kind === 'expired') this.#slowestIcmp = Math.max(this.#slowestIcmp, rtt);
    const { taker } = testPacket;
    if (kind !== 'icmp' || !(taker instanceof FirewallTest) || !isFirstSyn(taker)) return;
    this.rejects = true;
    this.isLimited ||= taker.answerKind === null && taker.testPackets[0] !== testPacket;
  }

  /** How long the latest packet of `test` is waited for. What answered so far may be nearer than the host: a port's first SYN has the time-out in full. */
  wait(test: FirewallTest): Nanos {
    const usual = this.#usualWait();
    if (!isFirstSyn(test) || test.answerKind !== null) return usual;
    const sent = test.testPackets.length;
    if (sent >= test.allowance) return Math.max(usual, this.#timeout - test.sendingTime);
    return this.rejects && sent > 1 ? Math.max(ICMP_PACE, usual) : usual;
  }

  #usualWait(): Nanos {
    const most = Math.max(this.#timeout, MOST_WAIT);
    if (this.#slowestTcp > 0) return Math.min(most, Math.max(4 * this.#slowestTcp, Math.min(this.#timeout, LEAST_WAIT)));
    if (this.#slowestIcmp > 0)
      return Math.min(most, Math.max(8 * this.#slowestIcmp, Math.min(this.#timeout, LEAST_WAIT_BY_ROUTERS)));
    return this.#timeout;
  }
}

/** Whether a test is that of a port's usual SYN, and no repetition. */
export function isFirstSyn({ spec }: FirewallTest): boolean {
  return spec.kind === 'syn' && spec.round === 1;
}
