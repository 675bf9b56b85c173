import { writeAddress, type Address } from '../../src/wire/address.ts';

/** The fields of a SYN that the engine contract checks. */
export interface SynFields {
  readonly source: Address;
  readonly target: Address;
  readonly sourcePort: number;
  readonly port: number;
  readonly seq: number;
}

const IP_HEADER = 20;
const TCP_HEADER = 24;

/**
 * Writes a SYN with `mss 1460` at `offset` and returns its length; independent of src/wire.
 */
export function writeSyn(bytes: Uint8Array, offset: number, syn: SynFields): number {
  const length = IP_HEADER + TCP_HEADER;
  const packet = bytes.subarray(offset, offset + length);
  const view = new DataView(packet.buffer, packet.byteOffset, length);
  packet.fill(0);
  view.setUint16(0, 0x4500);
  view.setUint16(2, length);
  view.setUint16(6, 0x4000);
  view.setUint16(8, 0x4006);
  writeAddress(packet, 12, syn.source);
  writeAddress(packet, 16, syn.target);
  view.setUint16(10, checksum(packet.subarray(0, IP_HEADER)));
  view.setUint16(20, syn.sourcePort);
  view.setUint16(22, syn.port);
  view.setUint32(24, syn.seq);
  view.setUint16(32, 0x6002);
  view.setUint16(34, 64240);
  view.setUint32(40, 0x020405b4);
  view.setUint16(36, checksum(withPseudoHeader(packet)));
  return length;
}

function withPseudoHeader(packet: Uint8Array): Uint8Array {
  const segment = packet.subarray(IP_HEADER);
  const bytes = new Uint8Array(12 + segment.length);
  bytes.set(packet.subarray(12, 20));
  bytes[9] = 6;
  bytes[11] = segment.length;
  bytes.set(segment, 12);
  return bytes;
}

/** RFC 1071 over an even number of bytes. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
