import { UNSPECIFIED } from '../../wire/address.ts';
import { encodeTcpPacket } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';

/** A cooked header (LINKTYPE_LINUX_SLL) of an IPv4 packet, all other fields zero. */
const COOKED_HEADER = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00]);
const PORT = 1;

/** A SYN that was never sent. */
export const REHEARSED_SYN: Uint8Array = segment(TcpFlag.SYN);

/** Frames as the capture would show that SYN and its answer. */
export const REHEARSED_FRAMES: readonly Uint8Array[] = [framed(REHEARSED_SYN), framed(segment(TcpFlag.SYN | TcpFlag.ACK))];

function segment(flags: number): Uint8Array {
  return encodeTcpPacket({
    source: UNSPECIFIED,
    destination: UNSPECIFIED,
    sourcePort: PORT,
    destinationPort: PORT,
    seq: 0,
    flags,
  });
}

function framed(packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(COOKED_HEADER.length + packet.length);
  frame.set(COOKED_HEADER);
  frame.set(packet, COOKED_HEADER.length);
  return frame;
}
