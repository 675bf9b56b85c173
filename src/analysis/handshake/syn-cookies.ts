import type { Connection } from '../../probe/connection/connection.ts';
import type { Investigation } from '../../probe/handshake/investigation.ts';
import { type Answer, answer, found, inOneSentence } from './answer.ts';
import { connectionsFor, heard, milliseconds, sent, synAckOf } from './exchange.ts';

/** By then every usual stack has repeated its SYN-ACK: after 1 s, older ones after 3 s (RFC 6298, 2.1). */
const LONG_ENOUGH_MS = 3300;

/**
 * Whether the host keeps no state: with cookies it cannot repeat its SYN-ACK, nor keep most options without
 * timestamps (RFC 4987, 3.6; net/ipv4/syncookies.c). Null when neither could be seen.
 */
export function synCookies(investigation: Investigation): Answer<boolean | null> {
  const connections = connectionsFor(investigation, 'asked', 'without-timestamps');
  const forgets = forgetsOptions(investigation);
  if (connections.some((connection) => heard(connection, 'syn-ack-again').length > 0)) return answer(false);
  const silence = investigation.plan.ack ? null : longestSilence(connections);
  const isSilent = silence !== null && silence >= LONG_ENOUGH_MS;
  const quiet = isSilent ? [`The SYN-ACK was not sent again in ${seconds(silence)} without an ACK`] : [];
  if (forgets === true) return cookies(...quiet, 'It negotiates wscale and SACK with timestamps, and neither without them');
  if (!isSilent) return unseen(silence, forgets);
  if (forgets === null) return cookies(...quiet);
  return answer(
    false,
    `The SYN-ACK was not sent again in ${seconds(silence)}, but the host does keep state: without timestamps its options are the same, which SYN cookies could not keep.`,
  );
}

function cookies(...signs: readonly string[]): Answer<boolean> {
  const detail = `${inOneSentence(signs)}: the host, or a SYN proxy in front of it, answers with SYN cookies and keeps no state for the SYN.`;
  return found(true, 'syn-cookies', { certainty: 'likely', detail });
}

function unseen(silenceMs: number | null, forgets: boolean | null): Answer<boolean | null> {
  if (silenceMs === null) return answer(null);
  if (forgets === false) return answer(false);
  return answer(
    null,
    `No SYN-ACK was sent again in ${seconds(silenceMs)}; that tells nothing before 3 s have passed (--observe 4000).`,
  );
}

/** From an unacknowledged SYN-ACK to our reset; null without one. */
function longestSilence(connections: readonly Connection[]): number | null {
  const silences = connections.flatMap((connection) => {
    const synAck = synAckOf(connection);
    const end = sent(connection, 'rst')[0];
    return synAck === null || end === undefined ? [] : [milliseconds(end.at - synAck.at)];
  });
  return silences.length === 0 ? null : Math.max(...silences);
}

/** Whether wscale and SACK are negotiated with timestamps only; null when that cannot be compared. */
function forgetsOptions(investigation: Investigation): boolean | null {
  const [asked] = connectionsFor(investigation, 'asked');
  const [without] = connectionsFor(investigation, 'without-timestamps');
  const [full, bare] = [asked?.agreement, without?.agreement];
  if (!full || !bare || !full.timestamps || !full.isScaled || !full.sack) return null;
  return !bare.isScaled && !bare.sack;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
