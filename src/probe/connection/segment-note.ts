import type { DecodedPacket, IcmpMessage, TcpSegment } from '../../wire/decoded.ts';
import type { Address } from '../../wire/address.ts';
import type { Nanos, Seq } from '../../wire/numbers.ts';
import type { Posted } from '../session/transmit-queue.ts';
import type { TcpState } from './connection-state.ts';

/** A TCP segment as it was captured. */
export interface ReceivedSegment {
  readonly at: Nanos;
  /** Decoded from a copy of its start: of its payload no more is kept. */
  readonly packet: DecodedPacket;
  readonly segment: TcpSegment;
  /** Payload bytes by the IP header, or as captured where that leaves it open. */
  readonly length: number;
  /** What was captured of the payload; valid during the call only. */
  readonly payload: Uint8Array;
}

/** An ICMP error as it was captured. */
export interface ReceivedError {
  readonly at: Nanos;
  readonly packet: DecodedPacket;
  readonly message: IcmpMessage;
  readonly quotedSeq: Seq;
  /** Bytes of the quoted packet, by its header. */
  readonly quotedLength: number;
}

/** Why a segment of ours was sent. `probe`: only to be answered, such as old bytes that measure the path. */
export type SentSense = 'syn' | 'syn-again' | 'ack' | 'data' | 'data-again' | 'fin' | 'fin-again' | 'rst' | 'probe';

/** What a segment of the peer's meant to us. */
export type ReceivedSense =
  | 'syn-ack'
  /** The same SYN-ACK once more. */
  | 'syn-ack-again'
  /** A SYN-ACK that acknowledges our SYN too, but with another ISN than the first. */
  | 'other-syn-ack'
  /** Acknowledges something new. */
  | 'ack'
  /** Acknowledges nothing new. */
  | 'ack-again'
  /** Acknowledges nothing new, and opens a window that was shut. */
  | 'window-update'
  | 'data'
  /** Bytes that had come before. */
  | 'data-again'
  /** Bytes with a gap before them. */
  | 'data-ahead'
  /** A FIN in its place, with or without bytes before it. */
  | 'fin'
  | 'fin-again'
  | 'rst'
  /** A bare ACK in answer to a SYN that it does not acknowledge: another connection (RFC 5961, 4). */
  | 'challenge-ack'
  /** A SYN without ACK. */
  | 'syn'
  /** On our ports, but its numbers prove nothing: not believed. */
  | 'not-believed';

/** One TCP segment as it passed. */
export interface SegmentNote extends Omit<ReceivedSegment, 'at' | 'payload'> {
  readonly kind: 'out' | 'in';
  /** When: for one of ours null until it has left. */
  readonly at: Nanos | null;
  readonly sense: SentSense | ReceivedSense;
  /** Our state once it had been dealt with. */
  readonly state: TcpState;
  /** Counted from the ISN of its sender, null while that is not known. */
  readonly seq: number | null;
  /** Counted from the ISN of its receiver; null without ACK, or while that ISN is not known. */
  readonly ack: number | null;
  /** The window in bytes. */
  readonly window: number;
  /** Longer than any segment that we allow: this host's network card or kernel merged several (GRO, LRO). */
  readonly isMerged: boolean;
  /** Of one of ours: what became of it; null for the peer's. */
  readonly posted: Posted | null;
}

/** One ICMP error about a packet of ours. */
export interface IcmpNote extends Omit<ReceivedError, 'quotedSeq'> {
  readonly kind: 'icmp';
  readonly state: TcpState;
  readonly from: Address;
  /** Position of the quoted segment, counted from our ISN. */
  readonly quotedSeq: number;
  /** Next-hop MTU of a 3/4, null where it names none (RFC 1191). */
  readonly mtu: number | null;
}

/** Everything that passed on a connection, in the order in which we learned of it. */
export type ConnectionNote = SegmentNote | IcmpNote;
