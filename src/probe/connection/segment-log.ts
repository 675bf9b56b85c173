import type { DecodedPacket, IcmpMessage } from '../../wire/decoded.ts';
import { readU16 } from '../../wire/bytes.ts';
import { Ipv4Offset, packetExtent } from '../../wire/ipv4.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import type { Posted } from '../session/transmit-queue.ts';
import type { ConnectionNote, SegmentNote } from './segment-note.ts';

/** Bytes of a packet that are kept: all headers, and the start of the payload. */
const KEPT_BYTES = 640;
/** A peer that sends more than this is still answered, but no longer written down. */
const MOST_NOTES = 4096;

/** Writes down everything that passes on a connection. */
export class SegmentLog {
  readonly notes: ConnectionNote[] = [];

  /** `place`: the number of notes before a segment was acted on: it stands before what it caused. */
  add(note: ConnectionNote, place: number = this.notes.length): void {
    if (this.notes.length < MOST_NOTES) this.notes.splice(place, 0, note);
  }

  /** A segment of ours. Its time is looked up when it is asked for: the capture may correct it. */
  sent(posted: Posted, fields: Pick<SegmentNote, 'sense' | 'state' | 'seq' | 'ack' | 'window' | 'length'>): void {
    const packet = decodedCopy(posted.bytes, 0, posted.bytes.length);
    if (packet?.tcp === null || packet === null) return;
    this.add({
      kind: 'out',
      packet,
      segment: packet.tcp,
      posted,
      isMerged: false,
      ...fields,
      get at(): Nanos | null {
        return posted.sentAt;
      },
    });
  }
}

/** The IP packet in `bytes[offset ... offset+length]`, decoded from a copy of its start; null: unreadable. */
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
