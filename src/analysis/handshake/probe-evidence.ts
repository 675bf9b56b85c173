import type { Connection } from '../../probe/connection/connection.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import type { Evidence } from '../evidence.ts';
import { heard, sent, synAckOf, synRttMs } from './exchange.ts';

/** What `probe` would have known of the connection, for the findings that need no more than a SYN and its answer. */
export function probeEvidence(connection: Connection): Evidence {
  const rejected = rejectedBefore(connection);
  return {
    sent: sent(connection, 'syn')[0]?.packet ?? null,
    reply: replyTo(connection),
    conflict: null,
    rejected: rejected[0] ?? null,
    rejectedCount: rejected.length,
    rttMs: synRttMs(connection),
    host: null,
  };
}

function replyTo(connection: Connection): DecodedPacket | null {
  const reply = connection.ending?.kind === 'refused' ? heard(connection, 'rst')[0] : synAckOf(connection);
  return reply?.packet ?? null;
}

/** Replies to the SYN whose numbers did not prove them. */
function rejectedBefore(connection: Connection): readonly DecodedPacket[] {
  return heard(connection, 'not-believed', 'challenge-ack')
    .filter(({ state }) => state === 'SYN-SENT')
    .map(({ packet }) => packet);
}
