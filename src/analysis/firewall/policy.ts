import type { PortTests } from './port-tests.ts';
import { classOf } from './port-tests.ts';

/** What becomes of an ordinary SYN; `error` is one that this host could not send. */
export type Policy = 'open' | 'closed' | 'drop' | 'error' | 'reject-rst' | `reject-icmp-${string}`;

/** The policy of a port, given who answered. */
export function policyOf({ syn }: PortTests, by: 'host' | 'middlebox' | null): Policy {
  const answer = classOf(syn);
  if (answer === 'icmp') return `reject-icmp-${syn.reason.slice('icmp-'.length)}`;
  if (answer === 'rst') return by === 'middlebox' ? 'reject-rst' : 'closed';
  return answer === 'silent' ? 'drop' : answer;
}
