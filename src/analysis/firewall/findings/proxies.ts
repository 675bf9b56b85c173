import { type Finding, finding } from '../../finding.ts';
import type { GuardEvidence, GuardRule } from '../guard-evidence.ts';

/** True where something before the host accepted the SYN in its name. */
export function isProxied({ tests, signs }: Pick<GuardEvidence, 'tests' | 'signs'>): boolean {
  return tests.syn.reason === 'syn-ack' && (signs.length > 0 || hasNoWindow(tests));
}

/** No stack offers window 0 in a SYN-ACK; a SYN proxy does, to hold back data (nf_synproxy_core.c). */
function hasNoWindow({ syn }: GuardEvidence['tests']): boolean {
  return syn.reason === 'syn-ack' && syn.reply?.tcp?.header.window === 0;
}

const HOLDS_BACK = 'The SYN-ACK offers window 0, as SYN proxies do to hold back data until they have asked the server';
const FROM_ELSEWHERE =
  "The SYN-ACK does not come from where the host's other answers do: a proxy before the host accepts the connection, or other ports are forwarded to machines behind it";

/** A SYN proxy: the server learns of a connection only when the client has acknowledged. */
export const synProxy: GuardRule = {
  description: 'a SYN proxy answers for the host',
  find: (evidence: GuardEvidence): readonly Finding[] =>
    hasNoWindow(evidence.tests) ? [proxied('syn-proxy', evidence, HOLDS_BACK)] : [],
};

/** Any other SYN-ACK that is not the host's: a transparent proxy, a load balancer, a tar pit. */
export const ttlMismatch: GuardRule = {
  description: 'the SYN-ACK comes from elsewhere than the host',
  find: (evidence: GuardEvidence): readonly Finding[] =>
    isProxied(evidence) && !hasNoWindow(evidence.tests) ? [proxied('ttl-mismatch', evidence, FROM_ELSEWHERE)] : [],
};

function proxied(code: 'syn-proxy' | 'ttl-mismatch', { tests, signs }: GuardEvidence, says: string): Finding {
  const { reply } = tests.syn;
  const reasons = signs.length === 0 ? '' : ` (${signs.map(({ text }) => text).join('; ')})`;
  const received = `ttl ${reply?.ip.ttl ?? 0} win ${reply?.tcp?.header.window ?? 0}`;
  return finding(code, 'likely', `${says}${reasons}.`, { received });
}
