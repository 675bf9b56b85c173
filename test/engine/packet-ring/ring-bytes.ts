/** A captured packet as a test wants the kernel to have put it into a ring. */
export interface RingFrame {
  readonly packet: Uint8Array;
  readonly seconds: number;
  readonly nanos: number;
  /** sll_pkttype (packet(7)). */
  readonly packetType: number;
}

const BLOCK_HEADER = 48;
/** Where SOCK_DGRAM has the packet: tpacket3_hdr and sockaddr_ll, 68 bytes, aligned to 16, and 16 more for a link header that is not there (af_packet.c). */
const NETWORK = 96;
const STATUS = 8;
const USER = 1;

/** Lays a TPACKET_V3 block out at `offset` as the kernel does, host byte order, and hands it over. */
export function writeBlock(ring: ArrayBuffer, offset: number, frames: readonly RingFrame[]): void {
  const words = new Uint32Array(ring);
  const halves = new Uint16Array(ring);
  const bytes = new Uint8Array(ring);
  let at = offset + BLOCK_HEADER;
  words.set([1, BLOCK_HEADER, 0, frames.length, BLOCK_HEADER], offset / 4);
  frames.forEach(({ packet, seconds, nanos, packetType }, index) => {
    const length = Math.ceil((NETWORK + packet.length) / 8) * 8;
    const isLast = index === frames.length - 1;
    words.set([isLast ? 0 : length, seconds, nanos, packet.length, packet.length, USER], at / 4);
    halves.set([NETWORK, NETWORK], at / 2 + 12);
    // sockaddr_ll: AF_PACKET, ETH_P_IP, an interface, an Ethernet's hardware type, the direction.
    halves.set([17, 8, 2, 0, 1], at / 2 + 24);
    bytes[at + 58] = packetType;
    bytes.set(packet, at + NETWORK);
    at += length;
  });
  words[(offset + STATUS) / 4] = USER;
}

/** True while the block at `offset` waits for its reader. */
export function isHandedOver(ring: ArrayBuffer, offset: number): boolean {
  return new Uint32Array(ring)[(offset + STATUS) / 4] === USER;
}
