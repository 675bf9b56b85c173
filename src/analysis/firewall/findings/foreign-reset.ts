import type { DecodedPacket } from '../../../wire/decoded.ts';
import { type Finding, finding } from '../../finding.ts';
import { hopsInWords, resetInWords, resetOf } from '../../reply.ts';
import { isLonely } from '../answered-by.ts';
import type { GuardEvidence, GuardRule } from '../guard-evidence.ts';
import { hopsOf } from '../port-tests.ts';

const CONTRADICTION =
  'One SYN was answered with a SYN-ACK and with a reset, and a host gives one answer: a device on the path added one.';

/** A reset that a device on the path sent: instead of the host, or in addition to its answer. */
export const rstInjected: GuardRule = {
  description: 'a device on the path, not the host, sent the reset',
  find({ tests, facts, signs }: GuardEvidence): readonly Finding[] {
    const { reply, conflict, reason } = tests.syn;
    if (reply === null) return [];
    if (conflict !== null) return [likely(resetOf(reply) === null ? conflict : reply, CONTRADICTION)];
    if (reason !== 'rst') return [];
    if (signs.length === 0) return isLonely(tests, facts) ? [lonely(reply, tests.answeringTtl)] : [];
    const reasons = signs.map(({ text }) => text).join('; ');
    const detail = `The reset is not the host's (${reasons}): a device before it rejects the SYN, or other ports are forwarded to machines behind the one that answered here.`;
    return [likely(reply, detail)];
  },
};

function likely(reset: DecodedPacket, detail: string): Finding {
  return finding('rst-injected', 'likely', detail, { received: resetInWords(reset) });
}

function lonely(reset: DecodedPacket, answeringTtl: number | null): Finding {
  const detail =
    `The reset came from ${hopsInWords(hopsOf(reset))} away, while SYNs need TTL ${answeringTtl} to be answered: a router that rejects with resets looks like this, and so does a ` +
    `reverse path that is shorter than the forward path; the host gave no other answer to compare with.`;
  return finding('rst-injected', 'possible', detail, { received: resetInWords(reset) });
}
