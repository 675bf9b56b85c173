import type { Finding } from '../finding.ts';
import { bareSynBlocked, ecnBlocked, ecnReflected, optionBlocked, payloadBlocked } from './findings/blocked.ts';
import { checksumNotVerified } from './findings/checksum-not-verified.ts';
import { everyPortOpen } from './findings/every-port-open.ts';
import { rstInjected } from './findings/foreign-reset.ts';
import { synProxy, ttlMismatch } from './findings/proxies.ts';
import { synRateLimited } from './findings/syn-rate-limited.ts';
import type { GuardEvidence, GuardFindingCode, GuardRule } from './guard-evidence.ts';

/** Every finding of `firewall`, in the order of reports. A code without its line does not compile. */
export const GUARD_FINDING_TABLE: Readonly<Record<GuardFindingCode, GuardRule>> = {
  'rst-injected': rstInjected,
  'syn-proxy': synProxy,
  'ttl-mismatch': ttlMismatch,
  'every-port-open': everyPortOpen,
  'checksum-not-verified': checksumNotVerified,
  'option-blocked': optionBlocked,
  'bare-syn-blocked': bareSynBlocked,
  'ecn-blocked': ecnBlocked,
  'ecn-reflected': ecnReflected,
  'payload-blocked': payloadBlocked,
  'syn-rate-limited': synRateLimited,
};

/** Everything that the evidence of one port shows; empty on a clean path. */
export function findGuardFindings(evidence: GuardEvidence): readonly Finding[] {
  return Object.values(GUARD_FINDING_TABLE).flatMap((rule) => rule.find(evidence));
}
