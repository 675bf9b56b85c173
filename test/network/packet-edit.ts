import { writeAddress, type Address } from '../../src/wire/address.ts';
import { readU16, writeU16, writeU32 } from '../../src/wire/bytes.ts';
import { internetChecksum } from '../../src/wire/checksum.ts';
import { Ipv4Offset } from '../../src/wire/ipv4.ts';
import { TCP_HEADER_BYTES, TcpOffset } from '../../src/wire/tcp.ts';
import type { TcpOption } from '../../src/wire/decoded.ts';
import { encodeOptions } from '../../src/wire/tcp-options.ts';
import { isTcp, payloadOffsetOf, tcpChecksumOf, transportOf, ttlOf, type Packet } from './packet.ts';

/** "Don't fragment" in the first byte of the fragment word. */
const DF = 0x40;

/** Writers of header fields, for `edited`. */
export const set = {
  source: (bytes: Uint8Array, value: Address): void => writeAddress(bytes, Ipv4Offset.SOURCE, value),
  destination: (bytes: Uint8Array, value: Address): void => writeAddress(bytes, Ipv4Offset.DESTINATION, value),
  trafficClass: (bytes: Uint8Array, value: number): void => writeU8(bytes, Ipv4Offset.TOS, value),
  ipId: (bytes: Uint8Array, value: number): void => writeU16(bytes, Ipv4Offset.ID, value),
  df: (bytes: Uint8Array, value: boolean): void =>
    writeU8(bytes, Ipv4Offset.FRAGMENT, ((bytes[Ipv4Offset.FRAGMENT] as number) & ~DF) | (value ? DF : 0)),
  ttl: (bytes: Uint8Array, value: number): void => writeU8(bytes, Ipv4Offset.TTL, value),
  sourcePort: (bytes: Uint8Array, value: number): void => writeU16(bytes, transportOf(bytes), value),
  destinationPort: (bytes: Uint8Array, value: number): void =>
    writeU16(bytes, transportOf(bytes) + TcpOffset.DESTINATION_PORT, value),
  seq: (bytes: Uint8Array, value: number): void => writeU32(bytes, transportOf(bytes) + TcpOffset.SEQ, value),
  ack: (bytes: Uint8Array, value: number): void => writeU32(bytes, transportOf(bytes) + TcpOffset.ACK, value),
  flags: (bytes: Uint8Array, value: number): void => writeU8(bytes, transportOf(bytes) + TcpOffset.FLAGS, value),
  window: (bytes: Uint8Array, value: number): void => writeU16(bytes, transportOf(bytes) + TcpOffset.WINDOW, value),
  urgentPointer: (bytes: Uint8Array, value: number): void => writeU16(bytes, transportOf(bytes) + TcpOffset.URGENT, value),
  /** The 3 bits between data offset and AE. */
  reserved: (bytes: Uint8Array, value: number): void => {
    const at = transportOf(bytes) + TcpOffset.DATA_OFFSET;
    writeU8(bytes, at, ((bytes[at] as number) & 0xf1) | ((value & 7) << 1));
  },
} as const;

function writeU8(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
}

/**
 * A copy changed by `change`, with checksums as after a middlebox's incremental update (RFC 1624): a TCP
 * checksum that was wrong stays wrong.
 */
export function edited(packet: Packet, change: (bytes: Uint8Array) => void): Packet {
  const wrong = isTcp(packet) && tcpChecksumOf(packet) !== 0;
  const copy = packet.slice();
  change(copy);
  return sealed(copy, wrong);
}

/** A copy with other TCP options, padded with EOL to 32 bits; at most 40 bytes. */
export function withOptions(packet: Packet, options: readonly TcpOption[]): Packet {
  const encoded = encodeOptions(options);
  const tcp = transportOf(packet);
  const header = TCP_HEADER_BYTES + ((encoded.length + 3) & ~3);
  const payload = packet.subarray(payloadOffsetOf(packet));
  const copy = new Uint8Array(tcp + header + payload.length);
  copy.set(packet.subarray(0, tcp + TCP_HEADER_BYTES));
  copy.set(encoded, tcp + TCP_HEADER_BYTES);
  copy.set(payload, tcp + header);
  copy[tcp + TcpOffset.DATA_OFFSET] = ((header / 4) << 4) | ((packet[tcp + TcpOffset.DATA_OFFSET] as number) & 0x0f);
  writeU16(copy, Ipv4Offset.TOTAL_LENGTH, copy.length);
  return sealed(copy, tcpChecksumOf(packet) !== 0);
}

/** A copy with the TTL decremented and the IP checksum updated (RFC 1141). */
export function oneHopOlder(packet: Packet): Packet {
  const copy = packet.slice();
  copy[Ipv4Offset.TTL] = ttlOf(packet) - 1;
  const sum = readU16(packet, Ipv4Offset.CHECKSUM) + 0x0100;
  writeU16(copy, Ipv4Offset.CHECKSUM, (sum & 0xffff) + (sum >>> 16));
  return copy;
}

/** Fills in the checksums of a new packet; `wrong` gives a TCP checksum that does not verify. */
export function sealed(bytes: Uint8Array, wrong: boolean = false): Packet {
  writeU16(bytes, Ipv4Offset.CHECKSUM, 0);
  writeU16(bytes, Ipv4Offset.CHECKSUM, internetChecksum(bytes, 0, transportOf(bytes)));
  if (!isTcp(bytes)) return bytes;
  const field = transportOf(bytes) + TcpOffset.CHECKSUM;
  writeU16(bytes, field, 0);
  const right = tcpChecksumOf(bytes);
  writeU16(bytes, field, wrong ? right ^ 0x5555 : right);
  return bytes;
}
