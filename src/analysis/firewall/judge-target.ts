import type { RateEvidence, TargetEvidence } from '../../probe/firewall/firewall-plan.ts';
import type { TestResult } from '../../probe/firewall/firewall-test.ts';
import type { Finding } from '../finding.ts';
import { answeredBy, foreignSigns, isLonely } from './answered-by.ts';
import { findGuardFindings } from './find-guard-findings.ts';
import { isProxied } from './findings/proxies.ts';
import { rateLimitOf } from './findings/syn-rate-limited.ts';
import { classOf, type PortTests } from './port-tests.ts';
import { answerPosition, lastRouter, type Position } from './position.ts';
import { targetFacts, type TargetFacts } from './target-facts.ts';

/** How a port is guarded, as far as the tests show. */
export interface Guard {
  readonly port: number;
  readonly tests: readonly TestResult[];
  readonly policy: Policy;
  /** Of the usual SYN. */
  readonly reason: string;
  readonly stateful: boolean | null;
  /** Null where the port is not open, or where it cannot be told. */
  readonly proxy: boolean | null;
  readonly answeredBy: 'host' | 'middlebox' | null;
  /** Where the answer was made, or null. */
  readonly position: Position | null;
  /** For a silent port: the farthest router that its SYNs reached, or null. */
  readonly droppedAfter: Position | null;
  /** True where no port of the target answered by TCP: it may not exist. */
  readonly isMute: boolean;
  /** For a silent port: another, rejected at a later try, so that silence may be the limit on ICMP errors. */
  readonly rejectedLike: number | null;
  /** True for a reset that may be a router's or the host's, with nothing to compare it with. */
  readonly isLonely: boolean;
  /** The SYNs a second that pass, where a limit was looked for and found. */
  readonly rateLimit: number | null;
  readonly findings: readonly Finding[];
}

/** The verdicts about the asked ports, in ascending order. */
export function judgeTarget(evidence: TargetEvidence): readonly Guard[] {
  const facts = targetFacts(evidence);
  return facts.ports
    .filter(({ role }) => role === 'asked')
    .map((tests) => judgePort(tests, facts, evidence.rate))
    .toSorted((a, b) => a.port - b.port);
}

/** A port whose SYN was rejected with ICMP only when it was sent again. */
function limitedReject({ ports }: TargetFacts): number | null {
  return ports.find(({ syn }) => classOf(syn) === 'icmp' && (syn.answered ?? 1) > 1)?.port ?? null;
}

function judgePort(tests: PortTests, facts: TargetFacts, searched: RateEvidence | null): Guard {
  const by = answeredBy(tests, facts);
  const signs = foreignSigns(tests.syn, tests, facts);
  const rate = searched?.port === tests.port ? searched : null;
  const policy = policyOf(tests, by);
  return {
    port: tests.port,
    tests: tests.all,
    policy,
    reason: tests.syn.reason,
    stateful: isStateful(tests, facts),
    proxy: policy === 'open' ? isProxied({ tests, signs }) || (by === null ? null : false) : null,
    answeredBy: by,
    position: answerPosition(tests, facts),
    droppedAfter: policy === 'drop' ? lastRouter(tests, facts) : null,
    isMute: facts.baseline === null,
    rejectedLike: policy === 'drop' ? limitedReject(facts) : null,
    isLonely: isLonely(tests, facts),
    rateLimit: rateLimitOf(rate),
    findings: findGuardFindings({ tests, facts, signs, rate }),
  };
}

/** What becomes of an ordinary SYN; `error`: this host could not send it. */
export type Policy = 'open' | 'closed' | 'drop' | 'error' | 'reject-rst' | `reject-icmp-${string}`;

/** The policy of a port, given the origin of its answer. */
function policyOf({ syn }: PortTests, by: 'host' | 'middlebox' | null): Policy {
  const answer = classOf(syn);
  if (answer === 'icmp') return `reject-icmp-${syn.reason.slice('icmp-'.length)}`;
  if (answer === 'rst') return by === 'middlebox' ? 'reject-rst' : 'closed';
  return answer === 'silent' ? 'drop' : answer;
}

/**
 * True: SYNs pass and a bare ACK does not, on this port or, where they agree, on others of the host. False:
 * the host answered a stray ACK. Null: the evidence, such as silence to both, does not tell.
 */
function isStateful(tests: PortTests, facts: TargetFacts): boolean | null {
  const own = ownState(tests, facts);
  if (own !== null) return own;
  const others = new Set(facts.ports.map((one) => ownState(one, facts)));
  return others.has(true) && !others.has(false) ? true : null;
}

function ownState(tests: PortTests, facts: TargetFacts): boolean | null {
  const ack = tests.of('ack');
  // Where a reset may be a router's, neither it nor its absence shows what passed.
  if (ack === undefined || classOf(ack) === 'error' || isLonely(tests, facts)) return null;
  // A reset that a filter sent does not show that the SYN passed.
  const isHostsReset = (test: TestResult): boolean => classOf(test) === 'rst' && foreignSigns(test, tests, facts).length === 0;
  if (isHostsReset(ack)) return false;
  return classOf(tests.syn) === 'open' || isHostsReset(tests.syn) ? true : null;
}
