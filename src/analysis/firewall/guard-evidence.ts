import type { RateEvidence } from '../../probe/firewall/firewall-plan.ts';
import type { Finding, FindingCode } from '../finding.ts';
import type { Sign } from './answered-by.ts';
import type { PortTests } from './port-tests.ts';
import type { TargetFacts } from './target-facts.ts';

/** Everything that the findings about one port's guard are drawn from. */
export interface GuardEvidence {
  readonly tests: PortTests;
  readonly facts: TargetFacts;
  /** Why the answer to the usual SYN is not the host's; empty when it may be. */
  readonly signs: readonly Sign[];
  /** The search for a rate limit on this port, or null. */
  readonly rate: RateEvidence | null;
}

/** Findings from comparing the tests of a port and its target. */
export type GuardFindingCode = Extract<
  FindingCode,
  | 'rst-injected'
  | 'ttl-mismatch'
  | 'syn-proxy'
  | 'every-port-open'
  | 'syn-rate-limited'
  | 'checksum-not-verified'
  | 'option-blocked'
  | 'bare-syn-blocked'
  | 'ecn-blocked'
  | 'ecn-reflected'
  | 'payload-blocked'
>;

/** One kind of finding: pure, total, empty on a clean path. */
export interface GuardRule {
  /** For documentation. */
  readonly description: string;
  readonly find: (evidence: GuardEvidence) => readonly Finding[];
}
