import type { TestKind } from '../../probe/firewall/battery.ts';
import { answeringTtl, smallestAnswered, type TtlResult, type TtlResults } from '../../probe/firewall/distance.ts';
import type { TestResult } from '../../probe/firewall/firewall-test.ts';
import { hopsOfTtl, type PortEvidence } from '../../probe/firewall/port-case.ts';
import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';

/** The class of an answer, from nothing to a connection. */
export type AnswerClass = 'error' | 'silent' | 'icmp' | 'rst' | 'open';

/** The tests of one port, by kind. */
export class PortTests {
  readonly port: number;
  readonly role: PortEvidence['role'];
  readonly all: readonly TestResult[];

  constructor({ port, role, tests }: PortEvidence) {
    this.port = port;
    this.role = role;
    this.all = tests;
  }

  /** The test of that kind and round; undefined when it was not completed. */
  of(kind: TestKind, round: number = 1): TestResult | undefined {
    return this.all.find((test) => test.kind === kind && test.round === round);
  }

  /** The test with the usual SYN. */
  get syn(): TestResult {
    return this.of('syn') as TestResult;
  }

  /** The TTL that a SYN needs to be answered as the usual one was; null when unknown. */
  get answeringTtl(): number | null {
    return answeringTtl(this.#ttlResults);
  }

  /** The smallest TTL known to suffice for it. */
  get sufficientTtl(): number | null {
    return smallestAnswered(this.#ttlResults);
  }

  get #ttlResults(): TtlResults {
    const limited = this.all.filter(({ ttl }) => ttl !== null);
    return new Map(limited.map((test) => [test.ttl as number, ttlResult(test, this.syn.reason)]));
  }

  /** The SYNs whose TTL ran out, and the routers that reported it. */
  get expired(): readonly { readonly ttl: number; readonly address: Address }[] {
    return this.all.flatMap((test) => {
      const { ttl, reply } = test;
      return ttl !== null && reply !== null && isExpiry(reply) ? [{ ttl, address: reply.ip.source }] : [];
    });
  }
}

/** Answers that count as different. Silence and an ICMP error are alike: errors are limited. */
export type Contrast = 'error' | 'blocked' | 'rst' | 'open';

/** The contrast that a test counts as. */
export function contrastOf(test: Pick<TestResult, 'reason'>): Contrast {
  const answer = classOf(test);
  return answer === 'silent' || answer === 'icmp' ? 'blocked' : answer;
}

/** The class of a test's answer. */
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

/** Hops to the sender of `packet`, by its remaining TTL: the routers between, plus one. */
export function hopsOf(packet: DecodedPacket): number {
  return hopsOfTtl(packet.ip.ttl);
}

function isExpiry({ icmp }: DecodedPacket): boolean {
  return icmp?.type === 11 && icmp.code === 0;
}

/** An answer other than the usual SYN's, such as an injected reset, tells nothing about the distance. */
function ttlResult({ reply, reason }: TestResult, usual: string): TtlResult {
  if (reply === null) return 'silent';
  if (isExpiry(reply)) return 'expired';
  return reason === usual ? 'answered' : 'silent';
}
