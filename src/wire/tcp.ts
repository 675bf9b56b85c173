import { type Address, readAddress } from './address.ts';
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { foldChecksum, onesSum } from './checksum.ts';
import { shortage, type Decoded, type TcpHeader, type TcpSegment } from './decoded.ts';
import { FAMILIES, type Family } from './family.ts';
import { IpProtocol, ipHeaderLength, Ipv4Offset } from './ipv4.ts';
import { decodeOptions, MAX_OPTION_BYTES } from './tcp-options.ts';

/** Bytes of a TCP header without options (RFC 9293, 3.1). */
export const TCP_HEADER_BYTES = 20;

/** The MSS that fills packets of `mtu` bytes: IP and TCP options are not counted (RFC 9293, 3.7.1). */
export function mssOfMtu(mtu: number, family: Family): number {
  return mtu - FAMILIES[family].headerBytes - TCP_HEADER_BYTES;
}

/** Bytes of the packet whose segment, options included, is as long as the MSS. */
export function mtuOfMss(mss: number, family: Family): number {
  return mss + FAMILIES[family].headerBytes + TCP_HEADER_BYTES;
}

/** Where the fields of the header stand (RFC 9293, 3.1). */
export const TcpOffset = {
  SOURCE_PORT: 0,
  DESTINATION_PORT: 2,
  SEQ: 4,
  ACK: 8,
  DATA_OFFSET: 12,
  FLAGS: 13,
  WINDOW: 14,
  CHECKSUM: 16,
  URGENT: 18,
} as const;

/** Fields of a header to write; its checksum is left 0. */
export interface TcpHeaderFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  /** TcpFlag bits, 9 of them. */
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  /** The 3 bits between data offset and AE. */
  readonly reserved: number;
  /** A multiple of 4 bytes, at most 40. */
  readonly options: Uint8Array;
}

/**
 * The TCP segment that starts `bytes`, with views into them. `announced` is its length by IP, more than
 * `bytes.length` when the capture was cut: then `optionBytes` may be short and the last option `malformed`.
 */
export function decodeTcp(bytes: Uint8Array, announced: number = bytes.length): Decoded<TcpSegment> {
  const short = shortage('tcp', bytes, TCP_HEADER_BYTES);
  if (short !== null) return { ok: false, defect: short };
  const headerLength = tcpHeaderLength(bytes, 0);
  if (headerLength < TCP_HEADER_BYTES || headerLength > announced) {
    const message = `data offset says ${headerLength} bytes of header`;
    const needed = Math.max(headerLength, TCP_HEADER_BYTES);
    return { ok: false, defect: { layer: 'tcp', message, offset: TcpOffset.DATA_OFFSET, needed, had: announced } };
  }
  const header = readTcpHeader(bytes, headerLength);
  return { ok: true, value: { header, payload: bytes.subarray(headerLength), payloadLength: announced - headerLength } };
}

/** The header length that the data offset at `offset + 12` announces, 0 to 60. */
export function tcpHeaderLength(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset + TcpOffset.DATA_OFFSET] as number) >>> 4) * 4;
}

/** The 9 control bits of the header at `offset`. */
export function tcpFlags(bytes: Uint8Array, offset: number): number {
  return readU16(bytes, offset + TcpOffset.DATA_OFFSET) & 0x1ff;
}

/** Writes a header with checksum 0 at `offset`; returns its length. RangeError if options do not fit. */
export function writeTcpHeader(into: Uint8Array, offset: number, fields: TcpHeaderFields): number {
  const { options } = fields;
  if (options.length > MAX_OPTION_BYTES || options.length % 4 !== 0)
    throw new RangeError(`TCP options of ${options.length} bytes`);
  const headerLength = TCP_HEADER_BYTES + options.length;
  writeU16(into, offset + TcpOffset.SOURCE_PORT, fields.sourcePort);
  writeU16(into, offset + TcpOffset.DESTINATION_PORT, fields.destinationPort);
  writeU32(into, offset + TcpOffset.SEQ, fields.seq);
  writeU32(into, offset + TcpOffset.ACK, fields.ack);
  writeU16(into, offset + TcpOffset.DATA_OFFSET, (headerLength << 10) | ((fields.reserved & 7) << 9) | (fields.flags & 0x1ff));
  writeU16(into, offset + TcpOffset.WINDOW, fields.window);
  writeU16(into, offset + TcpOffset.CHECKSUM, 0);
  writeU16(into, offset + TcpOffset.URGENT, fields.urgentPointer);
  into.set(options, offset + TCP_HEADER_BYTES);
  return headerLength;
}

/** The header of `headerLength` bytes that starts `bytes`; only its options may be cut. */
export function readTcpHeader(bytes: Uint8Array, headerLength: number): TcpHeader {
  const optionBytes = bytes.subarray(TCP_HEADER_BYTES, headerLength);
  return {
    sourcePort: readU16(bytes, TcpOffset.SOURCE_PORT),
    destinationPort: readU16(bytes, TcpOffset.DESTINATION_PORT),
    seq: readU32(bytes, TcpOffset.SEQ),
    ack: readU32(bytes, TcpOffset.ACK),
    headerLength,
    reserved: ((bytes[TcpOffset.DATA_OFFSET] as number) >>> 1) & 7,
    flags: tcpFlags(bytes, 0),
    window: readU16(bytes, TcpOffset.WINDOW),
    checksum: readU16(bytes, TcpOffset.CHECKSUM),
    urgentPointer: readU16(bytes, TcpOffset.URGENT),
    options: decodeOptions(optionBytes),
    optionBytes,
  };
}

/** Running sum of the TCP pseudo-header (RFC 9293, 3.1); `tcpLength` is header plus payload. */
export function tcpPseudoSum(source: Address, destination: Address, tcpLength: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + IpProtocol.TCP + tcpLength;
}

/** Whether the TCP checksum of a whole IPv4 packet is right (RFC 9293, 3.1). Not for offloaded packets. */
export function hasRightTcpChecksum(packet: Uint8Array): boolean {
  const start = ipHeaderLength(packet, 0);
  const length = packet.length - start;
  const source = readAddress(packet, Ipv4Offset.SOURCE);
  const destination = readAddress(packet, Ipv4Offset.DESTINATION);
  return foldChecksum(onesSum(packet, start, length, tcpPseudoSum(source, destination, length))) === 0;
}
