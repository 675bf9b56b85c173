import { type Finding, finding } from '../../finding.ts';
import type { GuardEvidence, GuardRule } from '../guard-evidence.ts';
import { tcpReplyOf } from '../port-tests.ts';

/** `proven`: the answer shows that the SYN with the wrong checksum was received. */
export const checksumNotVerified: GuardRule = {
  description: 'a SYN whose checksum is wrong was answered',
  find({ tests }: GuardEvidence): readonly Finding[] {
    const test = tests.of('syn-badsum');
    const reply = tcpReplyOf(test);
    if (test === undefined || reply === null) return [];
    const detail =
      'A SYN with a wrong TCP checksum was answered. Hosts drop it (RFC 9293, 3.1): what answered does not verify checksums, as devices that forge answers do not.';
    const received = `${test.reason} ttl ${reply.ip.ttl}`;
    return [finding('checksum-not-verified', 'proven', detail, { direction: 'forward', sent: 'wrong TCP checksum', received })];
  },
};
