import type { Connection } from '../../probe/connection/connection.ts';
import type { Investigation } from '../../probe/handshake/investigation.ts';
import { type Answer, found, inOneSentence, plain, remarked } from './answer.ts';
import { heard, milliseconds, sent, synAckOf, trialsOf } from './exchange.ts';

/**
 * After this time every usual stack has repeated an unacknowledged SYN-ACK: Linux, BSDs and Windows after 1
 * s, older ones after 3 s (RFC 6298, 2.1).
 */
const LONG_ENOUGH_MS = 3300;

/**
 * Whether the host keeps no state for a SYN. With cookies it cannot repeat its SYN-ACK, and without
 * timestamps it has no room for the client's other options (RFC 4987, 3.6; net/ipv4/syncookies.c). True,
 * false, or null when neither could be seen.
 */
export function synCookies(investigation: Investigation): Answer<boolean | null> {
  const connections = trialsOf(investigation, 'asked', 'without-timestamps').map(({ connection }) => connection);
  const [without] = trialsOf(investigation, 'without-timestamps');
  const forgets = without === undefined ? null : forgetsOptions(investigation, without.connection);
  if (connections.some((connection) => heard(connection, 'syn-ack-again').length > 0)) return plain(false);
  const silence = investigation.plan.ack ? null : longestSilence(connections);
  const isSilent = silence !== null && silence >= LONG_ENOUGH_MS;
  const quiet = isSilent ? [`The SYN-ACK was not sent again in ${seconds(silence)} without an ACK`] : [];
  if (forgets === true) return cookies(...quiet, 'It negotiates wscale and SACK with timestamps, and neither without them');
  if (!isSilent) return unseen(silence, forgets);
  if (forgets === null) return cookies(...quiet);
  return remarked(
    false,
    `The SYN-ACK was not sent again in ${seconds(silence)}, but the host does keep state: without timestamps its options are the same, which SYN cookies could not keep.`,
  );
}

function cookies(...signs: readonly string[]): Answer<boolean> {
  const detail = `${inOneSentence(signs)}: the host, or a SYN proxy in front of it, answers with SYN cookies and keeps no state for the SYN.`;
  return found(true, 'syn-cookies', { certainty: 'likely', detail });
}

function unseen(silenceMs: number | null, forgets: boolean | null): Answer<boolean | null> {
  if (silenceMs === null) return plain(null);
  if (forgets === false) return plain(false);
  return remarked(
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
function forgetsOptions(investigation: Investigation, without: Connection): boolean | null {
  const [asked] = trialsOf(investigation, 'asked');
  const full = asked?.connection.agreement ?? null;
  const bare = without.agreement;
  if (full === null || bare === null || !full.timestamps || !full.isScaled || !full.sack) return null;
  return !bare.isScaled && !bare.sack;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
