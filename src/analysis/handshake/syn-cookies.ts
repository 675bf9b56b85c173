import type { Connection } from '../../probe/connection/connection.ts';
import type { Investigation } from '../../probe/handshake/investigation.ts';
import { findOption } from '../../wire/tcp-options.ts';
import { type Answer, found, plain, remarked } from './answer.ts';
import { heard, milliseconds, sent, synAckOf, trialsOf } from './exchange.ts';

/** Every usual stack has repeated an unacknowledged SYN-ACK after so long: Linux, BSDs and Windows after 1 s, older ones after 3 s (RFC 6298, 2.1). */
const LONG_ENOUGH_MS = 3300;
/** Bits of TSval in which Linux' SYN cookies keep the options (TSBITS in net/ipv4/syncookies.c). */
const OPTION_BITS = 64;
/** So many connections with the same bits happen by chance once in 262,144 times. */
const ENOUGH_CLOCKS = 4;

/**
 * Whether the host keeps nothing of a SYN that it has answered. With cookies it cannot repeat its SYN-ACK, and its timestamps do not tell the time in their
 * last six bits: they hold the options. True, false, or null where neither could be seen.
 */
export function synCookies(investigation: Investigation): Answer<boolean | null> {
  const connections = trialsOf(investigation, 'asked').map(({ connection }) => connection);
  if (connections.some((connection) => heard(connection, 'syn-ack-again').length > 0)) return plain(false);
  const frozen = frozenClock(connections);
  const silence = investigation.plan.ack ? null : longestSilence(connections);
  if (frozen === null && (silence === null || silence < LONG_ENOUGH_MS)) return unseen(connections, silence);
  const signs = [
    ...(silence === null || silence < LONG_ENOUGH_MS
      ? []
      : [`The SYN-ACK was not sent again in ${(silence / 1000).toFixed(1)} s without an ACK`]),
    ...(frozen === null ? [] : [frozen]),
    ...bareOptions(connections[0]),
  ];
  const detail = `${signs.join('; ')}: the host, or a SYN proxy in front of it, answers with SYN cookies and remembers nothing of the SYN.`;
  return found(true, 'syn-cookies', { certainty: 'likely', detail });
}

function unseen(connections: readonly Connection[], silenceMs: number | null): Answer<null> {
  if (silenceMs === null || connections.every((connection) => synAckOf(connection) === null)) return plain(null);
  return remarked(
    null,
    `No SYN-ACK was sent again in ${(silenceMs / 1000).toFixed(1)} s; that says nothing before 3 s have passed (--observe 4000).`,
  );
}

/** From a SYN-ACK that was not acknowledged to our reset; null without one. */
function longestSilence(connections: readonly Connection[]): number | null {
  const silences = connections.flatMap((connection) => {
    const synAck = synAckOf(connection);
    const end = sent(connection, 'rst')[0];
    return synAck === null || end === undefined ? [] : [milliseconds(end.at - synAck.at)];
  });
  return silences.length === 0 ? null : Math.max(...silences);
}

/** Clocks that agree in their last bits although they were read at different times. */
function frozenClock(connections: readonly Connection[]): string | null {
  const clocks = connections.flatMap((connection) => {
    const synAck = synAckOf(connection);
    const value = synAck === null ? undefined : findOption(synAck.segment.header.options, 'ts')?.value;
    return synAck === null || value === undefined ? [] : [{ at: synAck.at, value }];
  });
  const bits = new Set(clocks.map(({ value }) => value % OPTION_BITS));
  const moments = new Set(clocks.map(({ at }) => Math.round(milliseconds(at))));
  if (clocks.length < ENOUGH_CLOCKS || bits.size > 1 || moments.size < ENOUGH_CLOCKS) return null;
  return `The last six bits of TSval were the same in ${clocks.length} SYN-ACKs at different times, where a clock would have moved`;
}

/** Without timestamps cookies have no place for options (RFC 4987, 3.6). */
function bareOptions(connection: Connection | undefined): readonly string[] {
  const synAck = connection === undefined ? null : synAckOf(connection);
  const syn = connection === undefined ? undefined : sent(connection, 'syn')[0];
  if (synAck === null || syn === undefined) return [];
  const has = (options: typeof synAck.segment.header.options, name: 'wscale' | 'sackOK' | 'ts'): boolean =>
    findOption(options, name) !== undefined;
  const offered = syn.segment.header.options;
  const given = synAck.segment.header.options;
  const isBare =
    has(offered, 'wscale') && has(offered, 'sackOK') && !has(given, 'ts') && !has(given, 'wscale') && !has(given, 'sackOK');
  return isBare ? ['it carries neither wscale nor SACK, which cookies without timestamps cannot keep'] : [];
}
