import type { Connection } from '../../probe/connection/connection.ts';
import { type Investigation, isAnswered } from '../../probe/handshake/investigation.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { type Answer, answer, found } from './answer.ts';
import { connectionsFor, heard, sent, synAckOf } from './exchange.ts';

/** What became of the offer to use ECN (RFC 3168, 6.1.1). */
export type EcnOutcome = 'negotiated' | 'refused' | 'reflected' | 'cleared' | 'dropped';

const CONGESTION_EXPERIENCED = 3;
const BOTH = TcpFlag.ECE | TcpFlag.CWR;

/** The outcome; null when ECN was not asked for, or when it cannot be told. */
export function ecn(investigation: Investigation): Answer<EcnOutcome | null> {
  if (!investigation.plan.ecn) return answer(null);
  const asked = connectionsFor(investigation, 'asked', 'with-ecn-again').find((one) => synAckOf(one) !== null);
  if (asked === undefined) return unanswered(investigation);
  const bits = (synAckOf(asked)?.segment.header.flags ?? 0) & BOTH;
  if (bits === TcpFlag.ECE) return agreed(asked);
  if (bits === BOTH)
    return answer(
      'reflected',
      'The SYN-ACK carries ECE and CWR, both flags as they were sent: something mirrors them and does not support ECN.',
    );
  return answer(
    'refused',
    'ECN is not used: the host refuses it, or ECE and CWR were cleared on the path; from one end these look alike.',
  );
}

/** Data was marked CE: every ACK from then on must carry ECE. */
function agreed(connection: Connection): Answer<EcnOutcome> {
  const marked = sent(connection, 'data').find(({ packet }) => packet.ip.ecn === CONGESTION_EXPERIENCED);
  if (marked === undefined) return answer('negotiated', 'ECN is negotiated: the SYN-ACK carries ECE.');
  const end = (marked.seq ?? 0) + marked.length;
  const later = heard(connection, 'ack', 'data', 'fin').filter(({ ack }) => ack !== null && ack >= end);
  if (later.length === 0)
    return answer('negotiated', 'ECN is negotiated; whether marks arrive is unknown, because the data was not acknowledged.');
  if (later.some(({ segment }) => (segment.header.flags & TcpFlag.ECE) !== 0))
    return answer('negotiated', 'ECN is negotiated and works: data that was marked CE was acknowledged with ECE.');
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
  const [without] = connectionsFor(investigation, 'without-ecn');
  const [again] = connectionsFor(investigation, 'with-ecn-again');
  if (without === undefined || !isAnswered(without) || again === undefined) return answer(null);
  return found('dropped', 'ecn-blocked', {
    certainty: 'likely',
    direction: 'forward',
    detail:
      'SYNs that ask for ECN are dropped: with ECE and CWR there was no answer, without them there was one, and with them again none, each time with all retries.',
  });
}
