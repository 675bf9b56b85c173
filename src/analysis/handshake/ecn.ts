import type { Connection } from '../../probe/connection/connection.ts';
import { type Investigation, isAnswered } from '../../probe/handshake/investigation.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { type Answer, found, plain, remarked } from './answer.ts';
import { heard, sent, synAckOf, trialsOf } from './exchange.ts';

/** What became of the offer to use ECN (RFC 3168, 6.1.1). */
export type EcnOutcome = 'negotiated' | 'refused' | 'reflected' | 'cleared' | 'dropped';

const CONGESTION_EXPERIENCED = 3;
const BOTH = TcpFlag.ECE | TcpFlag.CWR;

/** The outcome; null when ECN was not asked for, or when it cannot be told. */
export function ecn(investigation: Investigation): Answer<EcnOutcome | null> {
  if (!investigation.plan.ecn) return plain(null);
  const asked = trialsOf(investigation, 'asked', 'with-ecn-again').find(({ connection }) => synAckOf(connection) !== null);
  const synAck = asked === undefined ? null : synAckOf(asked.connection);
  if (asked === undefined || synAck === null) return unanswered(investigation);
  const bits = synAck.segment.header.flags & BOTH;
  if (bits === TcpFlag.ECE) return agreed(asked.connection);
  if (bits === BOTH)
    return remarked(
      'reflected',
      'The SYN-ACK carries ECE and CWR, both flags as they were sent: something mirrors them and does not support ECN.',
    );
  return remarked(
    'refused',
    'ECN is not used: the host refuses it, or ECE and CWR were cleared on the path; from one end these look alike.',
  );
}

/** Data was marked CE: every ACK from then on must carry ECE. */
function agreed(connection: Connection): Answer<EcnOutcome> {
  const marked = sent(connection, 'data').find(({ packet }) => packet.ip.ecn === CONGESTION_EXPERIENCED);
  if (marked === undefined) return remarked('negotiated', 'ECN is negotiated: the SYN-ACK carries ECE.');
  const later = heard(connection, 'ack', 'data', 'fin').filter(
    ({ ack }) => ack !== null && ack >= (marked.seq ?? 0) + marked.length,
  );
  if (later.length === 0)
    return remarked('negotiated', 'ECN is negotiated; whether marks arrive is unknown, because the data was not acknowledged.');
  if (later.some(({ segment }) => (segment.header.flags & TcpFlag.ECE) !== 0))
    return remarked('negotiated', 'ECN is negotiated and works: data that was marked CE was acknowledged with ECE.');
  return found('cleared', 'ecn-cleared', {
    certainty: 'likely',
    direction: 'forward',
    sent: 'CE',
    detail:
      'ECN is negotiated, but data that was marked CE was acknowledged without ECE, which RFC 3168 (6.1.3) asks for: ' +
      "a device on the path clears IP's ECN field, so congestion is never signalled.",
  });
}

function unanswered(investigation: Investigation): Answer<EcnOutcome | null> {
  const without = trialsOf(investigation, 'without-ecn')[0];
  const again = trialsOf(investigation, 'with-ecn-again')[0];
  if (without === undefined || !isAnswered(without.connection) || again === undefined) return plain(null);
  return found('dropped', 'ecn-blocked', {
    certainty: 'likely',
    direction: 'forward',
    detail:
      'SYNs that ask for ECN are dropped: with ECE and CWR there was no answer, without them there was one, and with them again none, each time with all retries.',
  });
}
