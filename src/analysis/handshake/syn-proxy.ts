import type { Connection } from '../../probe/connection/connection.ts';
import type { Investigation } from '../../probe/handshake/investigation.ts';
import { formatHops, hopDistance } from '../reply.ts';
import { type Answer, answer, found, inOneSentence } from './answer.ts';
import { connectionsFor, heard, milliseconds, synAckOf, type TimedSegment } from './exchange.ts';

/** What does not fit a host that answers for itself. */
interface Sign {
  readonly text: string;
  readonly certainty: 'likely' | 'possible';
}

/**
 * Whether something before the host answers the SYN for it. Such a proxy does not know the host's window yet,
 * so it offers 0 and opens it later (net/netfilter/nf_synproxy_core.c); later packets come from farther away.
 * `likely`: no stack offers window 0 in a SYN-ACK and then another. Null without an established connection.
 */
export function synProxy(investigation: Investigation): Answer<boolean | null> {
  const connections = connectionsFor(investigation, 'asked', 'second-look');
  const signs = connections.map(signsOf).find((texts) => texts.length > 0);
  if (signs === undefined) return answer(connections.some(({ establishedAt }) => establishedAt !== null) ? false : null);
  const certainty = signs.some((sign) => sign.certainty === 'likely') ? 'likely' : 'possible';
  const detail =
    `${inOneSentence(signs.map(({ text }) => text))}: a SYN proxy seems to answer in front of the host, ` +
    `and its SYN-ACK does not show that the host is up.`;
  return found(true, 'syn-proxy', { certainty, detail });
}

function signsOf(connection: Connection): readonly Sign[] {
  const synAck = synAckOf(connection);
  return synAck === null ? [] : [...windowSigns(connection, synAck), ...distanceSigns(connection, synAck)];
}

function windowSigns(connection: Connection, synAck: TimedSegment): readonly Sign[] {
  if (synAck.window !== 0) return [];
  const update = heard(connection, 'window-update', 'ack').find(({ window }) => window > 0);
  if (update === undefined) return [{ text: 'The SYN-ACK offered window 0', certainty: 'possible' }];
  const after = milliseconds(update.at - synAck.at).toFixed(2);
  const text = `The SYN-ACK offered window 0, and an update to ${update.window} came ${after} ms later`;
  return [{ text, certainty: 'likely' }];
}

/** Resets are left out: many stacks send them with another TTL. */
function distanceSigns(connection: Connection, synAck: TimedSegment): readonly Sign[] {
  const near = synAck.packet.ip.ttl;
  const later = heard(connection, 'ack', 'window-update', 'data', 'fin');
  const far = later.map(({ packet }) => packet.ip.ttl).find((ttl) => hopDistance(ttl) !== hopDistance(near));
  if (far === undefined) return [];
  const text = `The SYN-ACK came with TTL ${near}, about ${formatHops(near)} away, and what followed with TTL ${far}, about ${formatHops(far)}`;
  return [{ text, certainty: 'likely' }];
}
