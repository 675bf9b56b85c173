import type { DecodedPacket, IcmpMessage } from '../../wire/decoded.ts';
import { readU16 } from '../../wire/bytes.ts';
import { Ipv4Offset, packetExtent } from '../../wire/ipv4.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import type { Posted } from '../session/transmit-queue.ts';
import type { ConnectionNote, IcmpNote, SegmentNote } from './segment-note.ts';

/** Bytes of a packet that are kept: all headers, and the start of the payload. */
const KEPT_BYTES = 640;
/** A peer that sends more than this is still answered, but no longer written down. */
const MOST_NOTES = 4096;

/** What is known of a segment of the peer's. */
export type ReceivedFields = Omit<SegmentNote, 'kind' | 'posted' | 'packet' | 'segment'> & { readonly at: Nanos };

/** What is known of one of ours. */
export type SentFields = Omit<SegmentNote, 'kind' | 'posted' | 'packet' | 'segment' | 'at' | 'isMerged'>;

/** Writes down everything that passes on a connection. */
export class SegmentLog {
  readonly #notes: ConnectionNote[] = [];

  get notes(): readonly ConnectionNote[] {
    return this.#notes;
  }

  /** Segments and errors written down so far. */
  get size(): number {
    return this.#notes.length;
  }

  /** `place`: the log's size before the segment was acted on, so that it stands before what it caused. */
  received(place: number, packet: DecodedPacket, fields: ReceivedFields): void {
    if (packet.tcp === null) return;
    this.#add({ kind: 'in', packet, segment: packet.tcp, posted: null, ...fields }, place);
  }

  /** Its time is looked up when it is asked for: the capture may correct it. */
  sent(posted: Posted, fields: SentFields): void {
    const packet = decodedCopy(posted.bytes, 0, posted.bytes.length);
    if (packet?.tcp === null || packet === null) return;
    const { tcp: segment } = packet;
    this.#add({
      kind: 'out',
      packet,
      segment,
      posted,
      isMerged: false,
      ...fields,
      get at(): Nanos | null {
        return posted.sentAt;
      },
    });
  }

  icmp(message: IcmpMessage, fields: Omit<IcmpNote, 'kind' | 'message' | 'from'>): void {
    this.#add({ kind: 'icmp', message, from: fields.packet.ip.source, ...fields });
  }

  #add(note: ConnectionNote, place: number = this.#notes.length): void {
    if (this.#notes.length < MOST_NOTES) this.#notes.splice(place, 0, note);
  }
}

/**
 * The IP packet in `bytes[offset ... offset+length]`, decoded from a copy of its start; null without a
 * readable IP header.
 */
export function decodedCopy(bytes: Uint8Array, offset: number, length: number): DecodedPacket | null {
  const announced = length < Ipv4Offset.ID ? 0 : readU16(bytes, offset + Ipv4Offset.TOTAL_LENGTH);
  const kept = Math.min(packetExtent(announced, length), KEPT_BYTES);
  const decoded = decodePacket(bytes.slice(offset, offset + kept));
  return decoded.ok ? decoded.value : null;
}

const ICMP_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;

/** Next-hop MTU of "fragmentation needed" (RFC 1191, 4); null for other errors, and where it is 0. */
export function nextHopMtu({ type, code, rest }: IcmpMessage): number | null {
  const mtu = rest & 0xffff;
  return type === ICMP_UNREACHABLE && code === FRAGMENTATION_NEEDED && mtu > 0 ? mtu : null;
}
