import type { Connection } from '../../probe/connection/connection.ts';
import type { ConnectionNote, ReceivedSense, SegmentNote, SentSense } from '../../probe/connection/segment-note.ts';
import type { Investigation, Purpose } from '../../probe/handshake/investigation.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { findOption } from '../../wire/tcp-options.ts';

/** A segment whose time is known. */
export type TimedSegment = SegmentNote & { readonly at: Nanos };

/** The notes of a connection in the order of time, without segments that have not left. */
export function inOrder({ notes }: Pick<Connection, 'notes'>): readonly (ConnectionNote & { readonly at: Nanos })[] {
  const timed = notes.filter((note): note is ConnectionNote & { readonly at: Nanos } => note.at !== null);
  return timed.toSorted((a, b) => a.at - b.at);
}

/** What the peer sent, in any of these senses. */
export function heard({ notes }: Pick<Connection, 'notes'>, ...senses: readonly ReceivedSense[]): readonly TimedSegment[] {
  return notes.filter((note): note is TimedSegment => note.kind === 'in' && note.at !== null && isOneOf(note.sense, senses));
}

/** What we sent, in any of these senses, as far as it has left. */
export function sent({ notes }: Pick<Connection, 'notes'>, ...senses: readonly SentSense[]): readonly TimedSegment[] {
  return notes.filter((note): note is TimedSegment => note.kind === 'out' && note.at !== null && isOneOf(note.sense, senses));
}

/** The first proven SYN-ACK, or null. */
export function synAckOf(connection: Pick<Connection, 'notes'>): TimedSegment | null {
  return heard(connection, 'syn-ack')[0] ?? null;
}

/** Milliseconds to the SYN-ACK or the refusing RST; null without, or when the answered SYN is unknown. */
export function synRttMs(connection: Pick<Connection, 'notes' | 'ending'>): number | null {
  const answer = synAckOf(connection) ?? (connection.ending?.kind === 'refused' ? heard(connection, 'rst')[0] : null);
  const syns = sent(connection, 'syn', 'syn-again');
  if (answer === null || answer === undefined) return null;
  const echo = findOption(answer.segment.header.options, 'ts')?.echo;
  const answered = syns.length === 1 ? syns[0] : syns.find((syn) => findOption(syn.segment.header.options, 'ts')?.value === echo);
  return answered === undefined ? null : milliseconds(answer.at - answered.at);
}

/** The connections made for any of these purposes. */
export function connectionsFor({ trials }: Investigation, ...purposes: readonly Purpose[]): readonly Connection[] {
  return trials.filter(({ purpose }) => purposes.includes(purpose)).map(({ connection }) => connection);
}

/** Nanoseconds in milliseconds. */
export function milliseconds(nanos: Nanos): number {
  return nanos / NANOS_PER_MS;
}

function isOneOf(sense: string, senses: readonly string[]): boolean {
  return senses.includes(sense);
}

/** How a connection ended: by the first FIN or RST. A FIN that the other side never gets ends nothing. */
export type ClosedBy = 'client-fin' | 'client-rst' | 'server-fin' | 'server-rst';

/** Null for one that was never established, or whose end was not seen. */
export function closedBy(connection: Connection): ClosedBy | null {
  if (connection.agreement === null) return null;
  if (connection.ending?.kind === 'no-response') return 'client-rst';
  for (const note of connection.notes) {
    if (note.kind === 'icmp') continue;
    const side = note.kind === 'out' ? 'client' : 'server';
    if (note.sense === 'fin') return `${side}-fin`;
    if (note.sense === 'rst') return `${side}-rst`;
  }
  return null;
}

/** How a peer repeated its SYN-ACK. */
export interface SynAckSchedule {
  /** Repetitions of the first. */
  readonly retransmits: number;
  /** Milliseconds from one to the next. */
  readonly intervalsMs: readonly number[];
}

/** Reads it from the capture's timestamps; null without a SYN-ACK. */
export function synAckSchedule(connection: Connection): SynAckSchedule | null {
  const first = synAckOf(connection);
  if (first === null) return null;
  const times = [first, ...heard(connection, 'syn-ack-again')].map(({ at }) => at).toSorted((a, b) => a - b);
  const intervalsMs = times.slice(1).map((at, index) => milliseconds(at - (times[index] as number)));
  return { retransmits: intervalsMs.length, intervalsMs };
}
