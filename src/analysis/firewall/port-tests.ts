import type { TestKind } from '../../probe/firewall/battery.ts';
import { answeringTtl, smallestAnswered, type TtlResult, type TtlResults } from '../../probe/firewall/distance.ts';
import type { TestResult } from '../../probe/firewall/firewall-test.ts';
import { hopsOfTtl, type PortEvidence } from '../../probe/firewall/port-case.ts';
import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';

/** What an answer amounts to, from nothing to a connection. */
export type AnswerClass = 'error' | 'silent' | 'icmp' | 'rst' | 'open';

/** The tests of one port, by what they ask. */
export class PortTests {
  readonly port: number;
  readonly role: PortEvidence['role'];
  readonly all: readonly TestResult[];

  constructor({ port, role, tests }: PortEvidence) {
    this.port = port;
    this.role = role;
    this.all = tests;
  }

  /** The test of that kind and round; undefined when it was not run to its end. */
  of(kind: TestKind, round: number = 1): TestResult | undefined {
    return this.all.find((test) => test.kind === kind && test.round === round);
  }

  /** The usual SYN's. */
  get syn(): TestResult {
    return this.of('syn') as TestResult;
  }

  /** TTL that a SYN needs to be answered as the usual one was; null when unknown. */
  get answeringTtl(): number | null {
    return answeringTtl(this.#ttlResults);
  }

  /** A TTL that suffices for it, the smallest known. */
  get sufficientTtl(): number | null {
    return smallestAnswered(this.#ttlResults);
  }

  get #ttlResults(): TtlResults {
    const limited = this.all.filter(({ ttl }) => ttl !== null);
    return new Map(limited.map((test) => [test.ttl as number, ttlResult(test, this.syn.reason)]));
  }

  /** Packets whose TTL ran out, with who said so. */
  get expired(): readonly Expiry[] {
    return this.all.flatMap((test) => {
      const { ttl, reply } = test;
      return ttl !== null && reply !== null && isExpiry(reply) ? [{ ttl, address: reply.ip.source }] : [];
    });
  }
}

/** The router at which a SYN of that TTL expired. */
export interface Expiry {
  readonly ttl: number;
  readonly address: Address;
}

/** How two answers may differ: silence and an ICMP error, which is limited and may fail to come, are alike. */
export type Contrast = 'error' | 'blocked' | 'rst' | 'open';

/** What a test is compared by. */
export function contrastOf(test: Pick<TestResult, 'reason'>): Contrast {
  const answer = classOf(test);
  return answer === 'silent' || answer === 'icmp' ? 'blocked' : answer;
}

/** What came of a test, in one word. */
export function classOf({ reason }: Pick<TestResult, 'reason'>): AnswerClass {
  if (reason === 'syn-ack' || reason === 'syn') return 'open';
  if (reason === 'rst') return 'rst';
  if (reason === 'no-response') return 'silent';
  return reason.startsWith('icmp-') ? 'icmp' : 'error';
}

/** The answer where it is a TCP segment, else null. */
export function tcpReplyOf(test: TestResult | undefined): DecodedPacket | null {
  const reply = test?.reply ?? null;
  return reply?.tcp === null ? null : reply;
}

/** Routers and one between here and whoever sent `packet`, by the TTL that is left of it. */
export function hopsOf(packet: DecodedPacket): number {
  return hopsOfTtl(packet.ip.ttl);
}

function isExpiry({ icmp }: DecodedPacket): boolean {
  return icmp?.type === 11 && icmp.code === 0;
}

/** Another answer than the usual SYN's, such as a reset that somebody injects, says nothing of the distance of whoever gave that. */
function ttlResult({ reply, reason }: TestResult, usual: string): TtlResult {
  if (reply === null) return 'silent';
  if (isExpiry(reply)) return 'expired';
  return reason === usual ? 'answered' : 'silent';
}
