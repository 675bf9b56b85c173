import { findOption } from '../../wire/tcp-options.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import { optionsOf, synAckOf } from '../reply.ts';

/**
 * `proven`: the bytes are there. Data in a SYN-ACK is legal (RFC 9293, 3.4); after Fast Open data it is
 * expected (RFC 7413, 4.2) and no finding.
 */
export const payloadInSynAck: FindingRule = {
  description: 'the SYN-ACK carries data',
  find(evidence: Evidence): readonly Finding[] {
    const segment = synAckOf(evidence.reply);
    if (segment === null || segment.payloadLength === 0 || sentFastOpenData(evidence)) return [];
    return [describe(segment.payloadLength)];
  },
};

function sentFastOpenData({ sent }: Evidence): boolean {
  return findOption(optionsOf(sent), 'tfo') !== undefined && (sent?.tcp?.payloadLength ?? 0) > 0;
}

function describe(bytes: number): Finding {
  return {
    code: 'payload-in-syn-ack',
    option: null,
    direction: 'unknown',
    sent: null,
    received: bytes,
    certainty: 'proven',
    detail:
      `The SYN-ACK carries ${bytes} ${bytes === 1 ? 'byte' : 'bytes'} of data, which ordinary servers do not send before the handshake is complete: ` +
      `a tar pit, a device that answers for the host, or an unusual stack; which of them cannot be told from here.`,
  };
}
