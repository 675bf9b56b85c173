import type { Connection } from '../../probe/connection/connection.ts';
import type { Investigation } from '../../probe/handshake/investigation.ts';
import { formatHops, hopDistance } from '../reply.ts';
import { type Answer, answer, found } from './answer.ts';
import { connectionsFor, heard, milliseconds, sent, synAckOf, type TimedSegment } from './exchange.ts';

/** Whether the peer reset an established connection: true, false, or null where none was established. */
export function resetAfterAck(investigation: Investigation): Answer<boolean | null> {
  const established = connectionsFor(investigation, 'asked').filter(({ establishedAt }) => establishedAt !== null);
  if (established.length === 0) return answer(null);
  const reset = established.find(({ ending }) => ending?.kind === 'reset-by-peer');
  if (reset === undefined) return answer(false);
  const [rst] = heard(reset, 'rst');
  const synAck = synAckOf(reset);
  if (rst === undefined || synAck === null) return answer(false);
  const when = whenReset(reset, rst);
  const [late, early] = [rst.packet.ip.ttl, synAck.packet.ip.ttl];
  if (hopDistance(late) === hopDistance(early)) return answer(true, ordinary(when));
  return found(true, 'rst-injected', {
    certainty: 'likely',
    received: `R ttl ${late}`,
    detail:
      `The connection was reset ${when}, by a packet with TTL ${late}, about ${formatHops(late)} away, where the SYN-ACK had come with ` +
      `TTL ${early}, about ${formatHops(early)}: one of the two is from a device on the path.`,
  });
}

function ordinary(when: string): string {
  return when.endsWith('ACK')
    ? `The connection was reset ${when}, before any data was sent: a proxy or load balancer whose backend is gone, an access rule, or a host that resets when its accept queue is full.`
    : `The connection was reset ${when}: the application, or a proxy in front of it, refused what was sent.`;
}

function whenReset(connection: Connection, { at }: TimedSegment): string {
  const [fin] = sent(connection, 'fin');
  const [data] = sent(connection, 'data');
  const [ack] = sent(connection, 'ack');
  const after = (since: number): string => `${milliseconds(at - since).toFixed(2)} ms after`;
  if (data !== undefined && data.at < at) return `${after(data.at)} our data`;
  if (fin !== undefined && fin.at < at) return `${after(fin.at)} our FIN`;
  return ack === undefined ? 'right after the handshake' : `${after(ack.at)} our ACK`;
}
