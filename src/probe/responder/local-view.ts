import { errnoName } from '../../transport/errno.ts';
import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';
import { IPV4_HEADER_BYTES } from '../../wire/ipv4.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { Connection } from '../connection/connection.ts';
import type { Ending } from '../connection/connection-state.ts';
import type { ConnectionNote, SegmentNote } from '../connection/segment-note.ts';
import type { PortState } from '../verdict.ts';

/** The answer to a SYN, if any. */
export type LocalReply = 'syn-ack' | 'rst' | 'icmp' | null;

/** What this end alone saw of a connection. */
export interface LocalView {
  readonly state: PortState;
  /** In the words of port records. */
  readonly reason: string;
  readonly reply: LocalReply;
  /** The deciding packet and its sender; null when none came. */
  readonly packet: DecodedPacket | null;
  readonly from: Address | null;
  /** From the SYN to the SYN-ACK or RST; null when several SYNs left, since any may have been answered. */
  readonly rtt: Nanos | null;
  /** When the SYN left; null when it did not. */
  readonly sentAt: Nanos | null;
  /** The whole SYN-ACK as it arrived; null without one. */
  readonly synAck: Uint8Array | null;
}

/** Reads a CLOSED connection. */
export function localViewOf({ notes, ending }: Connection): LocalView {
  const synAck = synAckIn(notes);
  const rtt = roundTrip(notes);
  const sentAt = notes.find((note) => note.kind === 'out')?.at ?? null;
  if (synAck === undefined) return { ...unopened(notes, ending, rtt), sentAt };
  return { state: 'open', reason: 'syn-ack', reply: 'syn-ack', ...packetOf(synAck), rtt, sentAt, synAck: bytesOf(synAck) };
}

/** The SYN-ACK, even one that arrived after the connection had ended; undefined without one. */
export function synAckIn(notes: readonly ConnectionNote[]): SegmentNote | undefined {
  const senses = ['syn-ack', 'syn-ack-again'];
  return notes.find((note): note is SegmentNote => note.kind === 'in' && senses.includes(note.sense));
}

function unopened(notes: readonly ConnectionNote[], ending: Ending | null, rtt: Nanos | null): Omit<LocalView, 'sentAt'> {
  const nothing = { reply: null, packet: null, from: null, rtt: null, synAck: null } as const;
  if (ending?.kind === 'refused') {
    const reset = notes.find((note) => note.kind === 'in' && note.sense === 'rst');
    return { ...nothing, state: 'closed', reason: 'rst', reply: 'rst', ...packetOf(reset), rtt };
  }
  if (ending?.kind === 'unreachable') {
    const error = notes.findLast((note) => note.kind === 'icmp');
    const reason = formatIcmpReason(ending.type, ending.code);
    return { ...nothing, state: 'filtered', reason, reply: 'icmp', ...packetOf(error) };
  }
  if (ending?.kind === 'send-error') return { ...nothing, state: 'error', reason: `send-error:${errnoName(ending.errno)}` };
  return { ...nothing, state: 'filtered', reason: 'no-response' };
}

function packetOf(note: ConnectionNote | undefined): Pick<LocalView, 'packet' | 'from'> {
  return note === undefined ? { packet: null, from: null } : { packet: note.packet, from: note.packet.ip.source };
}

function roundTrip(notes: readonly ConnectionNote[]): Nanos | null {
  const syns = notes.filter((note) => note.kind === 'out' && (note.sense === 'syn' || note.sense === 'syn-again'));
  const answer = synAckIn(notes) ?? notes.find((note) => note.kind === 'in' && note.sense === 'rst');
  const [left, came] = [syns[0]?.at ?? null, answer?.at ?? null];
  return syns.length !== 1 || left === null || came === null ? null : Math.max(0, came - left);
}

/** The bytes that a segment was decoded from: the byte fields of a decoded packet are views into them. */
function bytesOf({ packet, segment }: SegmentNote): Uint8Array {
  const { options } = packet.ip;
  const start = options.byteOffset - IPV4_HEADER_BYTES;
  const end = segment.payload.byteOffset + segment.payload.length;
  return new Uint8Array(options.buffer.slice(start, end) as ArrayBuffer);
}
