import { findOption } from '../../wire/tcp-options.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { optionsOf, synAckOf } from '../reply.ts';

/** `proven`. Data in a SYN-ACK is legal (RFC 9293, 3.4), and expected after Fast Open (RFC 7413, 4.2). */
export const payloadInSynAck: FindingRule = {
  description: 'the SYN-ACK carries data',
  find(evidence: Evidence): readonly Finding[] {
    const bytes = synAckOf(evidence.reply)?.payloadLength ?? 0;
    if (bytes === 0 || sentFastOpenData(evidence)) return [];
    const detail =
      `The SYN-ACK carries ${bytes} ${bytes === 1 ? 'byte' : 'bytes'} of data, which ordinary servers do not send before the handshake is complete: ` +
      `a tar pit, a device that answers for the host, or an unusual stack; which of them cannot be told from here.`;
    return [finding('payload-in-syn-ack', 'proven', detail, { received: bytes })];
  },
};

function sentFastOpenData({ sent }: Evidence): boolean {
  return findOption(optionsOf(sent), 'tfo') !== undefined && (sent?.tcp?.payloadLength ?? 0) > 0;
}
