import type { DecodedPacket } from '../../../wire/decoded.ts';
import { formatTcpFlags } from '../../../wire/tcp-flags.ts';
import type { Certainty, Finding } from '../../finding.ts';
import { hopsInWords } from '../../reply.ts';
import { isLonely } from '../answered-by.ts';
import type { GuardEvidence, GuardRule } from '../guard-evidence.ts';
import { hopsOf } from '../port-tests.ts';

/** A reset that a device on the path sent: instead of the host, or in addition to its answer. */
export const rstInjected: GuardRule = {
  description: 'a device on the path, not the host, sent the reset',
  find(evidence: GuardEvidence): readonly Finding[] {
    const { syn } = evidence.tests;
    if (syn.reply === null) return [];
    if (syn.conflict !== null) return [contradiction(syn.reply, syn.conflict)];
    if (syn.reason !== 'rst') return [];
    if (evidence.signs.length > 0) return [foreign(syn.reply, evidence)];
    return isLonely(evidence.tests, evidence.facts) ? [lonely(syn.reply, evidence)] : [];
  },
};

function contradiction(reply: DecodedPacket, conflict: DecodedPacket): Finding {
  const reset = reply.tcp?.header.flags === undefined || (reply.tcp.header.flags & 4) === 0 ? conflict : reply;
  return finding(
    reset,
    'likely',
    'One SYN was answered with a SYN-ACK and with a reset, and a host gives one answer: a device on the path added one.',
  );
}

function foreign(reset: DecodedPacket, { signs }: GuardEvidence): Finding {
  const reasons = signs.map(({ text }) => text).join('; ');
  const detail = `The reset is not the host's (${reasons}): a device before it rejects the SYN, or other ports are forwarded to machines behind the one that answered here.`;
  return finding(reset, 'likely', detail);
}

function lonely(reset: DecodedPacket, { tests }: GuardEvidence): Finding {
  const detail =
    `The reset came from ${hopsInWords(hopsOf(reset))} away, while SYNs need TTL ${tests.answeringTtl} to be answered: a router that rejects with resets looks like this, and so does a ` +
    `reverse path that is shorter than the forward path; the host gave no other answer to compare with.`;
  return finding(reset, 'possible', detail);
}

function finding(reset: DecodedPacket, certainty: Certainty, detail: string): Finding {
  const header = reset.tcp?.header;
  const received = `${formatTcpFlags(header?.flags ?? 0)} ttl ${reset.ip.ttl} id ${reset.ip.id} win ${header?.window ?? 0}`;
  return { code: 'rst-injected', option: null, direction: 'unknown', sent: null, received, certainty, detail };
}
