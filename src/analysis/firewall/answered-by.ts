import type { TestResult } from '../../probe/firewall/firewall-test.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import { hopsInWords } from '../reply.ts';
import { hopsOf, type PortTests, tcpReplyOf } from './port-tests.ts';
import type { TargetFacts } from './target-facts.ts';

/** Why an answer is not the host's. */
export interface Sign {
  readonly kind: 'other-address' | 'out-of-reach' | 'nearer' | 'unchecked';
  readonly text: string;
}

/**
 * Signs that a device before the host gave `test` of a port its answer. Each is enough: ordinary stacks and
 * paths show none. Delay and IP IDs are no signs: they differ between ports of one host too.
 */
export function foreignSigns(test: TestResult, tests: PortTests, facts: TargetFacts): readonly Sign[] {
  const { reply } = test;
  if (reply === null || test.kind === 'syn-ttl') return [];
  if (reply.ip.source !== facts.target) return [{ kind: 'other-address', text: 'it comes from another address' }];
  if (facts.forwards) return [];
  const signs = [nearer(reply, facts), test.kind === 'syn' ? outOfReach(tests, facts) : null].filter((sign) => sign !== null);
  return signs.length === 0 && test.kind === 'syn' ? unchecked(tests, facts) : signs;
}

/** The origin of the answer to a port's usual SYN; null when there was none, or when it cannot be told. */
export function answeredBy(tests: PortTests, facts: TargetFacts): 'host' | 'middlebox' | null {
  const { syn } = tests;
  if (syn.reply === null || syn.reason.startsWith('send-error')) return null;
  if (foreignSigns(syn, tests, facts).length > 0) return 'middlebox';
  return isLonely(tests, facts) || ignoresChecksums(tests) ? null : 'host';
}

/**
 * A reset over fewer hops than the SYN needs, as a router's own would be, with no other answer of the host
 * to compare it with. A shorter reverse path looks the same.
 */
export function isLonely(tests: PortTests, facts: TargetFacts): boolean {
  if (tests.syn.reason !== 'rst' || !isShort(tests, facts) || foreignSigns(tests.syn, tests, facts).length > 0) return false;
  const hops = hopsOf(tests.syn.reply as DecodedPacket);
  return !facts.ports.some(({ syn }) => syn.reason === 'syn-ack' && syn.reply !== null && hopsOf(syn.reply) === hops);
}

/** A SYN with a wrong checksum got the same answer: from no host, unless a network card skipped the check. */
function ignoresChecksums(tests: PortTests): boolean {
  const spoilt = tests.of('syn-badsum');
  const reply = tcpReplyOf(spoilt);
  const usual = tcpReplyOf(tests.syn);
  return reply !== null && usual !== null && spoilt?.reason === tests.syn.reason && hopsOf(reply) === hopsOf(usual);
}

/** Whether the answer came over fewer hops than the SYN needs, from where a router is known to be. */
function isShort({ syn, answeringTtl }: PortTests, { routers, forwards, baseline, hostTtl }: TargetFacts): boolean {
  if (syn.reply === null || forwards) return false;
  const hops = hopsOf(syn.reply);
  // An answer from as far away as another port's needs the same TTL.
  const needed = answeringTtl ?? (hops === baseline?.hops ? hostTtl : null);
  return needed !== null && hops < needed && routers.has(hops);
}

function nearer(reply: DecodedPacket, { baseline }: TargetFacts): Sign | null {
  const hops = hopsOf(reply);
  if (baseline === null || hops >= baseline.hops) return null;
  const text = `it arrived with TTL ${reply.ip.ttl}, ${hopsInWords(baseline.hops - hops)} nearer than TTL ${baseline.ttl} from port ${baseline.port}`;
  return { kind: 'nearer', text };
}

function outOfReach({ sufficientTtl }: PortTests, { expiredAt }: TargetFacts): Sign | null {
  if (sufficientTtl === null || expiredAt < sufficientTtl) return null;
  const text = `a SYN of TTL ${sufficientTtl} is answered, while on another port one of TTL ${expiredAt} expired before the host`;
  return { kind: 'out-of-reach', text };
}

function unchecked(tests: PortTests, facts: TargetFacts): readonly Sign[] {
  if (!ignoresChecksums(tests) || !isShort(tests, facts)) return [];
  return [{ kind: 'unchecked', text: 'it came over fewer hops than the SYN needs, and a wrong checksum is answered too' }];
}
