import type { Connection } from '../../probe/connection/connection.ts';
import type { Investigation } from '../../probe/handshake/investigation.ts';
import { formatHops, hopDistance } from '../reply.ts';
import { type Answer, found, plain, remarked } from './answer.ts';
import { heard, milliseconds, sent, synAckOf, trialsOf } from './exchange.ts';

/** Whether the peer reset an established connection: true, false, or null where none was established. */
export function resetAfterAck(investigation: Investigation): Answer<boolean | null> {
  const established = trialsOf(investigation, 'asked').filter(({ connection }) => connection.establishedAt !== null);
  if (established.length === 0) return plain(null);
  const reset = established.map(({ connection }) => connection).find((connection) => connection.ending?.kind === 'reset-by-peer');
  const rst = reset === undefined ? undefined : heard(reset, 'rst')[0];
  const synAck = reset === undefined ? null : synAckOf(reset);
  if (reset === undefined || rst === undefined || synAck === null) return plain(false);
  const when = whenReset(reset);
  if (hopDistance(rst.packet.ip.ttl) === hopDistance(synAck.packet.ip.ttl)) return remarked(true, ordinary(when));
  return found(true, 'rst-injected', {
    certainty: 'likely',
    received: `R ttl ${rst.packet.ip.ttl}`,
    detail:
      `The connection was reset ${when}, by a packet with TTL ${rst.packet.ip.ttl}, about ${formatHops(rst.packet.ip.ttl)} away, where the SYN-ACK had come with ` +
      `TTL ${synAck.packet.ip.ttl}, about ${formatHops(synAck.packet.ip.ttl)}: one of the two is from a device on the path.`,
  });
}

function ordinary(when: string): string {
  return when.endsWith('ACK')
    ? `The connection was reset ${when}, before any data was sent: a proxy or load balancer whose backend is gone, an access rule, or a host that resets when its accept queue is full.`
    : `The connection was reset ${when}: the application, or a proxy in front of it, refused what was sent.`;
}

function whenReset(connection: Connection): string {
  const rst = heard(connection, 'rst')[0];
  const [fin] = sent(connection, 'fin');
  const [data] = sent(connection, 'data');
  const [ack] = sent(connection, 'ack');
  const after = (since: number): string => `${milliseconds((rst?.at ?? since) - since).toFixed(2)} ms after`;
  if (rst !== undefined && data !== undefined && data.at < rst.at) return `${after(data.at)} our data`;
  if (rst !== undefined && fin !== undefined && fin.at < rst.at) return `${after(fin.at)} our FIN`;
  return ack === undefined ? 'right after the handshake' : `${after(ack.at)} our ACK`;
}
